"""Make the relation table equal WeCom's: full pass, callbacks, finished handovers (S62)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrm.contacts.model import GroupChat, Relation, RelationState, SyncResult
from scrm.contacts.ports import ContactRepository, CustomerSource


@dataclass(frozen=True, slots=True)
class ContactSync:
    """Use case: compare some members with WeCom and write only what differs.

    Callbacks may be lost (docs/wecom.md 2.6), so this pass is the truth and callbacks are the fast path.
    A row that a callback changed after ``started_at`` is newer than what was read and stays.
    """

    source: CustomerSource
    repository: ContactRepository

    def sync_members(self, userids: Sequence[str], started_at: datetime) -> SyncResult:
        """Repair relations and owned groups of these members (at most a few dozen at a time)."""
        found: dict[str, dict[str, Relation]] = {userid: {} for userid in userids}
        for relation in self.source.relations_of(userids):
            found.setdefault(relation.userid, {})[relation.external_userid] = replace(relation, changed_at=started_at)
        total = SyncResult()
        for userid in userids:
            total += self._repair_relations(userid, found[userid], started_at)
            total += self._repair_groups(userid, started_at)
        return total

    def _repair_relations(self, userid: str, found: dict[str, Relation], started_at: datetime) -> SyncResult:
        known = {relation.external_userid: relation for relation in self.repository.relations_of(userid)}
        differing = [found[customer] for customer in found if _differs(known.get(customer), found[customer])]
        stored = self.repository.put_relations(differing)
        removed = sum(
            self.repository.end_relation(userid, external_userid, started_at)
            for external_userid in known.keys() - found.keys()
        )
        return SyncResult(relations_seen=len(found), relations_stored=stored, relations_removed=removed)

    def _repair_groups(self, userid: str, started_at: datetime) -> SyncResult:
        known = {group.chat_id for group in self.repository.groups_of(userid)}
        found = set(self.source.groups_of(userid))
        for chat_id in sorted(found - known):
            self._store_group(chat_id, started_at)
        for chat_id in sorted(known - found):
            self._store_group(chat_id, started_at)
        return SyncResult(groups_seen=len(found), groups_stored=len(found - known), groups_removed=len(known - found))

    def _store_group(self, chat_id: str, at: datetime) -> None:
        group = self.source.group(chat_id)
        if group is None:
            self.repository.remove_group(chat_id)
        else:
            self.repository.put_group(replace(group, changed_at=at))


def _differs(known: Relation | None, found: Relation) -> bool:
    """WeCom's list shows a relation the customer deleted like any other: that mark of ours stays."""
    if known is None:
        return True
    if known.state is RelationState.DELETED_BY_CUSTOMER and found.since <= known.since:
        return False
    return known.state is not found.state or known.since != found.since


@dataclass(frozen=True, slots=True)
class ContactChanges:
    """Use case of the customer and group callbacks."""

    source: CustomerSource
    repository: ContactRepository

    def added(self, userid: str, external_userid: str, at: datetime, *, half: bool = False) -> None:
        state = RelationState.HALF_ADDED if half else RelationState.ACTIVE
        self.repository.put_relation(Relation(userid, external_userid, state, at, at))

    def deleted_by_member(self, userid: str, external_userid: str, at: datetime) -> None:
        self.repository.end_relation(userid, external_userid, at)

    def deleted_by_customer(self, userid: str, external_userid: str, at: datetime) -> None:
        """The relation becomes one-way: it still counts, but it cannot be transferred."""
        self.repository.put_relation(Relation(userid, external_userid, RelationState.DELETED_BY_CUSTOMER, at, at))

    def group_changed(self, chat_id: str, at: datetime) -> None:
        """Create, change of owner or name: read the group again, the event carries too little."""
        group: GroupChat | None = self.source.group(chat_id)
        if group is None:
            self.repository.remove_group(chat_id)
        else:
            self.repository.put_group(replace(group, changed_at=at))

    def group_dismissed(self, chat_id: str) -> None:
        self.repository.remove_group(chat_id)

    def taken_over(
        self, handover_userid: str, takeover_userid: str, external_userids: Sequence[str], at: datetime
    ) -> None:
        """A handover finished for these customers; the callbacks of the same fact may be lost."""
        self.repository.take_over(
            handover_userid,
            [Relation(takeover_userid, customer, RelationState.ACTIVE, at, at) for customer in external_userids],
        )
