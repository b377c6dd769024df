"""Tags that we gave ourselves at WeCom, which tells nobody of them: our own table learns it here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from scrm.contacts.model import Relation
from scrm.contacts.ports import Change, ContactRepository, ContactsBusyError

_ATTEMPTS: Final = 6


class Retagged(NamedTuple):
    """What changed about the tags of one customer."""

    external_userid: str
    add: tuple[str, ...]
    remove: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TagRecord:
    """Use case. A repeat writes nothing; whatever else the rows hold stays as it is."""

    repository: ContactRepository

    def record(self, userid: str, changes: Sequence[Retagged]) -> None:
        """At most 100, one for a customer. Raises ContactsBusyError."""
        for _ in range(_ATTEMPTS):
            rows = self.repository.read([(userid, each.external_userid) for each in changes]).relations
            known = ((rows.get((userid, each.external_userid)), each) for each in changes)
            after = [(row, _with_tags(row, each)) for row, each in known if row is not None]
            differing = [Change(None, (new,)) for old, new in after if old != new]
            if not differing or self.repository.write(differing):
                return
        raise ContactsBusyError


def _with_tags(row: Relation, change: Retagged) -> Relation:
    kept = [tag_id for tag_id in row.details.tag_ids if tag_id not in change.remove]
    tag_ids = tuple(dict.fromkeys([*kept, *change.add]))
    return replace(row, details=replace(row.details, tag_ids=tag_ids))
