"""Who is in a frozen audience already, whatever its size: told by whose turn it was, not by remembering everybody.

A customer is his owner's, so he could come twice only where he changed owners while the audience is frozen. Each
owner's change leaves a note in its own transaction (`scrm.audience.dossiers`); the few who came to an owner since the
freezing began are looked for with those from whom they came. Memory is 100 bytes for each owner.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from scrm.audience.ports import ArrivalNotes
from scrm.aws.snapshot_documents import BucketSnapshots, PartHead
from scrm.campaign.refusals import CampaignRefusedError
from scrm.homes import key_of

MOST_GROUPS: Final = 2_000_000  # 60 bytes each

# Clocks of two functions may differ by so much; who came before that is looked for in vain, which does no harm.
_MARGIN: Final = timedelta(minutes=5)
_MOST_HOMES: Final = 64  # that one customer may have passed meanwhile


class OncePerSnapshot(Protocol):
    """Who is in the snapshot so far."""

    def note(self, head: PartHead) -> None:
        """The part is written."""

    def has_owner(self, userid: str) -> bool:
        """Whether the owner had his turn."""

    def newcomers(
        self, userid: str, target_ids: Sequence[str], current: Mapping[str, Sequence[str]]
    ) -> tuple[str, ...]:
        """Those of the owner's who were nobody's else when it was that one's turn.

        ``current``: by owner, of the part that is not written yet. To be asked after the owner's were read.
        """


class FrozenOnce:
    """Implements `OncePerSnapshot` for customers. ``began_at`` is its moment: nobody was read before."""

    def __init__(self, snapshots: BucketSnapshots, notes: ArrivalNotes, snapshot_id: str, began_at: datetime) -> None:
        self._snapshots = snapshots
        self._notes = notes
        self._snapshot_id = snapshot_id
        self._since = began_at - _MARGIN
        self._parts: dict[str, int] = {}
        for head in snapshots.heads(snapshot_id):
            self.note(head)

    def note(self, head: PartHead) -> None:
        for owner in head.owners:
            self._parts[owner.userid] = head.number

    def has_owner(self, userid: str) -> bool:
        """Who moved to another branch meanwhile had his turn."""
        return userid in self._parts

    def newcomers(
        self, userid: str, target_ids: Sequence[str], current: Mapping[str, Sequence[str]]
    ) -> tuple[str, ...]:
        arrived = self._notes.arrived(userid, self._since)
        late = {one: homes for one in target_ids if (homes := arrived.get(one))}
        if not late:
            return tuple(target_ids)
        passed = {one: self._passed(one, userid, homes) for one, homes in late.items()}
        listed = self._listed({home for homes in passed.values() for home in homes}, current)
        return tuple(one for one in target_ids if not any(one in listed.get(home, ()) for home in passed.get(one, ())))

    def _passed(self, customer: str, userid: str, homes: Iterable[str]) -> set[str]:
        """Every home where he was since the freezing began."""
        found, asked = set[str](), [*homes]
        while asked and len(found) < _MOST_HOMES:
            home = asked.pop()
            if home not in found and home != userid:
                found.add(home)
                asked += self._notes.arrived(home, self._since).get(customer, ())
        return found

    def _listed(self, homes: Iterable[str], current: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
        found = {home: frozenset(current[home]) for home in homes if home in current}
        for number, userids in self._by_part(homes):
            of_part = self._snapshots.customers(self._snapshot_id, number, userids)
            found |= {userid: frozenset(customers) for userid, customers in of_part.items()}
        return found

    def _by_part(self, homes: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        parts: dict[int, list[str]] = {}
        for home in homes:
            if home in self._parts:
                parts.setdefault(self._parts[home], []).append(home)
        yield from sorted(parts.items())


class RememberedGroups:
    """Implements `OncePerSnapshot` for group chats, which leave no notes and are few: every one is remembered."""

    def __init__(self, snapshots: BucketSnapshots, snapshot_id: str) -> None:
        self._owners = set[str]()
        self._seen = set[bytes]()
        for head in snapshots.heads(snapshot_id):
            self.note(head)
            of_part = snapshots.customers(snapshot_id, head.number, [owner.userid for owner in head.owners])
            self._seen.update(key_of(chat_id) for chat_ids in of_part.values() for chat_id in chat_ids)

    def note(self, head: PartHead) -> None:
        self._owners.update(owner.userid for owner in head.owners)

    def has_owner(self, userid: str) -> bool:
        return userid in self._owners

    def newcomers(
        self,
        userid: str,  # noqa: ARG002
        target_ids: Sequence[str],
        current: Mapping[str, Sequence[str]],  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Raises CampaignRefusedError for more than can be remembered."""
        found = {key_of(chat_id): chat_id for chat_id in target_ids}
        new = tuple(chat_id for key, chat_id in found.items() if key not in self._seen)
        self._seen.update(found)
        if len(self._seen) > MOST_GROUPS:
            raise CampaignRefusedError(f"More than {MOST_GROUPS} group chats; make a campaign for each branch.")
        return new
