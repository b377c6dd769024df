"""A member whose userid WeCom changed: his rows move to the new name, late news of the old one follow them."""

from dataclasses import dataclass, replace
from datetime import datetime

from scrm.contacts import ownership
from scrm.contacts.model import Alias, Relation
from scrm.contacts.ports import ContactRepository
from scrm.contacts.writer import ITEMS_PER_WRITE, CustomerWriter, Wanted

# A moved customer is three items: his own, the old row and the new one.
CUSTOMERS_PER_STEP = ITEMS_PER_WRITE // 3
_LONGEST_CHAIN = 10


@dataclass(frozen=True, slots=True)
class NameBook:
    """Which userid a member goes by now."""

    repository: ContactRepository

    def current(self, *userids: str) -> tuple[str, ...]:
        """The present userids of these, through several renames."""
        names = list(userids)
        for _ in range(_LONGEST_CHAIN):
            aliases = self.repository.read(aliases=names).aliases
            following = [aliases[name].new_userid or name if name in aliases else name for name in names]
            if following == names:
                break
            names = following
        return tuple(names)


@dataclass(frozen=True, slots=True)
class Rename:
    """Use case: move everything from the old userid to the new one, some customers at a time."""

    repository: ContactRepository
    writer: CustomerWriter

    def step(self, old: str, new: str, at: datetime, after: str = "") -> str:
        """Move the next customers; where to go on, empty when everything is moved.

        The alias comes first, so that callbacks of the meantime go to the new name; a repeat finds nothing to move.
        """
        if not after:
            self.repository.put_alias(Alias(new, "", at))
            self.repository.put_alias(Alias(old, new, at))
        (target,) = NameBook(self.repository).current(old)
        if target == old:
            return ""
        if not after:
            self._move_groups(old, target)
        rows = self.repository.relations_after(old, after, CUSTOMERS_PER_STEP)
        self.writer.apply([_moved(row, target) for row in rows])
        return rows[-1].external_userid if len(rows) == CUSTOMERS_PER_STEP else ""

    def _move_groups(self, old: str, new: str) -> None:
        for group in list(self.repository.groups_of(old)):
            self.repository.put_group(replace(group, owner_userid=new))


def _moved(row: Relation, new: str) -> Wanted:
    return Wanted(
        row.external_userid,
        lambda customer: ownership.renamed(customer, row.userid, new),
        (row.userid, new),
        details_from={new: row.userid},
    )
