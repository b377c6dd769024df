"""A member gets another userid (update_user with NewUserID): the same person, no staff change."""

from dataclasses import dataclass, replace
from datetime import datetime

from scrm.node_paths import ROOT_PATH
from scrm.org.model import Alias, Member, MemberStatus
from scrm.org.ports import OrgRepository
from scrm.org.sync import status_after_change

_ATTEMPTS = 5


class RenameConflictError(Exception):
    """Others kept changing the member; the message should be tried later."""


@dataclass(frozen=True, slots=True)
class MemberRenames:
    """Use case of a rename; every step may be repeated, a killed one goes on where it was."""

    repository: OrgRepository

    def rename(self, old: str, new: str, at: datetime) -> str:
        """Everything known of ``old`` moves to ``new``; returns the userid the member has now.

        News about the old userid goes to the new one from then on. A rename that a later one took back changes nothing.
        """
        if old == new:
            return new
        back = self.repository.alias(new)
        if back is not None and back.renamed_at >= at:
            return self._current(new)
        if not self._move_row(old, new, at):
            return self._current(old)
        self._move_attributes(old, new)
        self._move_management(old, new)
        self._move_covers(old, new)
        return self._current(new)

    def _current(self, userid: str) -> str:
        member = self.repository.member(userid)
        return member.userid if member else userid

    def _move_row(self, old: str, new: str, at: datetime) -> bool:
        """False when the old userid has been renamed otherwise, later."""
        for _ in range(_ATTEMPTS):
            stored = self.repository.stored_members([old, new])
            known, there = stored.get(old), stored.get(new)
            if isinstance(known, Alias) and (known.new_userid == new or known.renamed_at > at):
                return known.new_userid == new
            before = known if isinstance(known, Member) else None
            after = there if isinstance(there, Member) else None
            if self.repository.put_alias(Alias(old, new, at), _renamed(before, after, new, at), after):
                return True
        raise RenameConflictError(f"member {new} is being changed by others; try again")

    def _move_attributes(self, old: str, new: str) -> None:
        there = self.repository.attributes(new)
        known = self.repository.attributes(old)
        # A row of the roster under the new userid is the bank's own word on it.
        if there.roster_at is None and known.roster_at is not None:
            self.repository.put_attributes({new: replace(known, told_as=known.told_as or old)})

    def _move_management(self, old: str, new: str) -> None:
        for node in self.repository.all_nodes():
            if node.manager_userid == old:
                renamed = replace(node, manager_userid=new, version=node.version + 1)
                # A writer who was faster read the address book, which has the new userid.
                self.repository.put_node(renamed, node.version)

    def _move_covers(self, old: str, new: str) -> None:
        known = self.repository.cover(old)
        if known is not None:
            there = self.repository.cover(new)
            if there is None or (there.said_at, there.event_id) < (known.said_at, known.event_id):
                self.repository.put_cover(replace(known, userid=new), there)
            self.repository.remove_cover(known)
        for cover in self.repository.covers_by(old):
            self.repository.put_cover(replace(cover, cover_userid=new), cover)


def _renamed(known: Member | None, there: Member | None, new: str, at: datetime) -> Member:
    """The member under the new userid: the newer row counts, its gaps are filled from the other one."""
    rows = sorted((row for row in (known, there) if row is not None), key=lambda row: row.changed_at, reverse=True)
    if not rows:
        return Member(new, "", "", ROOT_PATH, MemberStatus.NOT_ACTIVATED, serves_customers=False, changed_at=at)
    newer, placed = rows[0], next((row for row in rows if row.node_id), rows[0])
    return Member(
        userid=new,
        name=next((row.name for row in rows if row.name), ""),
        node_id=placed.node_id,
        node_path=placed.node_path,
        status=status_after_change(newer) if newer is known else newer.status,
        serves_customers=any(row.serves_customers for row in rows),
        changed_at=max(at, newer.changed_at),
        rejoined_at=next((row.rejoined_at for row in rows if row.rejoined_at), None),
    )
