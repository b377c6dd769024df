"""Audiences: all customers, or group chats, accountable to the members under a campaign's node, or those of a segment.

Frozen member by member from the relation table, part by part, so that a run which ends goes on where it stopped.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched, groupby
from typing import Final, Protocol

from scrm import clock, ids
from scrm.audience.lists import ListExpiredError
from scrm.audience.ports import ArrivalNotes
from scrm.audience.segments import UnknownSegmentError
from scrm.aws.snapshot_documents import BucketSnapshots, OwnerRow, PartHead
from scrm.campaign.campaign_ports import OwnerPart
from scrm.campaign.exclusions import Exclusions, Judged
from scrm.campaign.model import Audience, Campaign
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import Channel
from scrm.contacts.model import Customer, GroupChat, Relation, RelationState
from scrm.homes import key_of
from scrm.org.model import Member
from scrm.runtime.frozen_once import FrozenOnce, OncePerSnapshot, RememberedGroups
from scrm.runtime.known_segments import ALL_CUSTOMERS, check_assessed
from scrm.runtime.members_below import Staff, members_below
from scrm.runtime.segment_targets import SegmentTargets

NO_ACTIVE_OWNER: Final = "no_active_owner"
_SAMPLE: Final = 5
_OWNERS_PER_PART: Final = 100
_MEMBERS_PER_PART: Final = 500
_CUSTOMERS_PER_PART: Final = 20_000
_MOST_DIFFERING: Final = 2_000_000  # customers told apart in memory: 60 bytes each
_TOGETHER: Final = 1_000
_KEY_BYTES: Final = 8


class Relations(Protocol):
    """The relation table."""

    def relations_of(self, userid: str) -> Iterator[Relation]: ...

    def customers(self, external_userids: Sequence[str]) -> dict[str, Customer]: ...

    def groups_of(self, userid: str) -> Iterator[GroupChat]: ...


class OwnedAudience:
    """Implements `scrm.campaign.campaign_ports.Audiences` for everybody and for segments."""

    def __init__(
        self,
        staff: Staff,
        relations: Relations,
        exclusions: Exclusions,
        snapshots: BucketSnapshots,
        segments: SegmentTargets,
        notes: ArrivalNotes,
    ) -> None:
        self._staff = staff
        self._relations = relations
        self._exclusions = exclusions
        self._snapshots = snapshots
        self._segments = segments
        self._notes = notes

    def freeze(self, campaign: Campaign, at: datetime, has_time: Callable[[], bool]) -> Audience | None:
        snapshot_id = ids.derive("snap", campaign.campaign_id, clock.to_iso(at))
        head = self._snapshots.last_head(snapshot_id)
        once = self._once(campaign, snapshot_id, at) if head is None or head.next_after else None
        while once is not None and (head is None or head.next_after is not None):
            head = self._write_part(snapshot_id, campaign, at, head, once)
            once.note(head)
            if head.next_after is not None and not has_time():
                return None
        excluded = dict(sorted(head.excluded.items())) if head else {}
        candidates, owners, sample = (head.candidates, head.owner_count, head.sample) if head else (0, 0, ())
        return Audience(snapshot_id, candidates, candidates - sum(excluded.values()), owners, excluded, sample)

    def moved_percent(self, before: str, after: str) -> int:
        """Owners whose customers are the same on both sides are not read; of the others only who differs is kept."""
        known = {
            owner.userid: (owner.digest, head.number) for head in self._snapshots.heads(before) for owner in head.owners
        }
        differing = _Differing()
        for head in self._snapshots.heads(after):
            was = {owner.userid: known.pop(owner.userid, ("", -1)) for owner in head.owners}
            news = [owner.userid for owner in head.owners if was[owner.userid][0] != owner.digest]
            are = self._snapshots.customers(after, head.number, news) if news else {}
            were = self._of_parts(before, {userid: was[userid][1] for userid in news})
            for userid in news:
                differing.add(were.get(userid, ()), are.get(userid, ()))
        left = sorted(((userid, part) for userid, (_, part) in known.items()), key=lambda pair: pair[1])
        for part, userids in groupby(left, key=lambda pair: pair[1]):
            for customers in self._snapshots.customers(before, part, [userid for userid, _ in userids]).values():
                differing.add(customers, ())
        last = self._snapshots.last_head(before)
        total = last.candidates - last.left_out if last else 0
        return -(-100 * differing.count // max(total, 1))

    def _of_parts(self, snapshot_id: str, part_of: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
        by_part: dict[int, list[str]] = {}
        for userid, part in part_of.items():
            if part >= 0:
                by_part.setdefault(part, []).append(userid)
        found: dict[str, tuple[str, ...]] = {}
        for part, userids in by_part.items():
            found |= self._snapshots.customers(snapshot_id, part, userids)
        return found

    def _once(self, campaign: Campaign, snapshot_id: str, at: datetime) -> OncePerSnapshot:
        if campaign.definition.channel is Channel.GROUP:
            return RememberedGroups(self._snapshots, snapshot_id)
        return FrozenOnce(self._snapshots, self._notes, snapshot_id, at)

    def owners(self, snapshot_id: str) -> Iterator[OwnerPart]:
        for head in self._snapshots.heads(snapshot_id):
            for owner in head.owners:
                yield OwnerPart(owner.userid, owner.node_path, owner.customers, head.number, owner.needs)

    def customers(self, snapshot_id: str, part: int, userids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        return self._snapshots.customers(snapshot_id, part, userids)

    def _write_part(
        self, snapshot_id: str, campaign: Campaign, at: datetime, before: PartHead | None, once: OncePerSnapshot
    ) -> PartHead:
        """One more part. A customer who changes hands meanwhile is his first owner's alone."""
        part = _Part(before)
        content, targets_of = self._exclusions.content(campaign, at), self._targets(campaign, at)
        after = before.next_after if before else None
        for branch_id, member in members_below(self._staff, campaign.node_path, after):
            found = () if once.has_owner(member.userid) else tuple(dict.fromkeys(targets_of(member.userid)))
            target_ids = once.newcomers(member.userid, found, part.by_owner) if found else ()
            if not member.can_take_over:
                part.leave_out(len(target_ids))
            elif target_ids:
                part.add(member, target_ids, self._exclusions.judge(campaign, content, member.userid, target_ids, at))
            part.members += 1
            if part.is_full:
                return self._snapshots.put(snapshot_id, part.head((branch_id, member.userid)), part.customers)
        return self._snapshots.put(snapshot_id, part.head(None), part.customers)

    def _targets(self, campaign: Campaign, at: datetime) -> Callable[[str], Iterator[str]]:
        """A function from a member to his customers in the audience. Raises CampaignRefusedError."""
        definition = campaign.definition
        if definition.segment_id == ALL_CUSTOMERS:
            return lambda userid: self._targets_of(userid, definition.channel)
        try:
            segment = self._segments.segment(definition.segment_id, campaign.node_path, at)
            check_assessed(segment, definition)
            return self._segments.targets(segment, at)
        except ListExpiredError as expired:
            text = "The list of customers is not kept any more; bring it again, as a new version of the segment."
            raise CampaignRefusedError(text) from expired
        except UnknownSegmentError as unknown:
            text = "This node has no such segment; use one of its own, or of a node above it."
            raise CampaignRefusedError(text) from unknown

    def _targets_of(self, userid: str, channel: Channel) -> Iterator[str]:
        if channel is Channel.GROUP:
            yield from (group.chat_id for group in self._relations.groups_of(userid))
            return
        follows = (
            relation.external_userid
            for relation in self._relations.relations_of(userid)
            if relation.state is RelationState.ACTIVE
        )
        for some in batched(follows, _TOGETHER, strict=False):
            known = self._relations.customers(some)
            yield from (one for one in some if one in known and known[one].owner_userid == userid)


@dataclass(slots=True)
class _Part:
    """A part on its way."""

    before: PartHead | None
    owners: list[OwnerRow] = field(default_factory=list)
    customers: list[tuple[str, ...]] = field(default_factory=list)
    members: int = 0
    held: int = 0
    left_out: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    sample: list[str] = field(default_factory=list)

    @property
    def by_owner(self) -> dict[str, tuple[str, ...]]:
        return {owner.userid: customers for owner, customers in zip(self.owners, self.customers, strict=True)}

    @property
    def is_full(self) -> bool:
        many_owners = len(self.owners) == _OWNERS_PER_PART or self.members == _MEMBERS_PER_PART
        return many_owners or self.held >= _CUSTOMERS_PER_PART

    def leave_out(self, customers: int) -> None:
        """Nobody could send to them."""
        self.left_out += customers
        if customers:
            self.excluded[NO_ACTIVE_OWNER] += customers

    def add(self, owner: Member, target_ids: tuple[str, ...], judged: Judged) -> None:
        """The most pressing needs first, where there is any."""
        digest = hashlib.blake2b(" ".join(target_ids).encode(), digest_size=_KEY_BYTES).hexdigest()
        reasons, needs = judged.reasons, Counter[int]()
        if judged.needs:
            target_ids = tuple(sorted(target_ids, key=judged.rank_of, reverse=True))
            needs.update(map(judged.rank_of, target_ids))
        ranks = tuple(sorted(needs.items(), reverse=True))
        self.owners.append(OwnerRow(owner.userid, owner.node_path, len(target_ids), digest, ranks))
        self.customers.append(target_ids)
        self.held += len(target_ids)
        self.excluded.update(reasons.values())
        if len(self.sample) < _SAMPLE:
            self.sample += [one for one in target_ids if one not in reasons][: _SAMPLE - len(self.sample)]

    def head(self, next_after: tuple[str, str] | None) -> PartHead:
        before = self.before or PartHead(-1, (), None)
        chained = hashlib.sha256(" ".join([before.digest, *(owner.digest for owner in self.owners)]).encode())
        return PartHead(
            number=before.number + 1,
            owners=tuple(self.owners),
            next_after=next_after,
            candidates=before.candidates + self.held + self.left_out,
            left_out=before.left_out + self.left_out,
            owner_count=before.owner_count + len(self.owners),
            excluded=Counter(before.excluded) + self.excluded,
            sample=(*before.sample, *self.sample)[:_SAMPLE],
            digest=chained.hexdigest(),
        )


@dataclass(slots=True)
class _Differing:
    """Customers who are on one side only. Who changed hands is on both, with two owners.

    Beyond `_MOST_DIFFERING` nobody is remembered and everybody counts, so that a campaign rather waits for a person.
    """

    gone: set[bytes] = field(default_factory=set)
    come: set[bytes] = field(default_factory=set)
    beyond: int = 0

    def add(self, were: Sequence[str], are: Sequence[str]) -> None:
        before, after = set(were), set(are)
        for side, customers in ((self.gone, before - after), (self.come, after - before)):
            if len(self.gone) + len(self.come) + len(customers) > _MOST_DIFFERING:
                self.beyond += len(customers)
            else:
                side.update(map(key_of, customers))

    @property
    def count(self) -> int:
        return len(self.gone ^ self.come) + self.beyond
