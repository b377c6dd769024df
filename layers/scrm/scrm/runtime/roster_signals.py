"""One change of the roster, told to whom it concerns: handover, leaves, the members' attributes, the operators."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from scrm import ids
from scrm.handover.model import ChangeKind, SignalSource, StaffSignal, StayPolicy
from scrm.node_paths import branch_of
from scrm.org.leave import LeaveResult, LeaveTold, ReturnTold
from scrm.org.model import Alias, Cover, Member, MemberStatus, StaffAttributes
from scrm.org.ports import OrgRepository
from scrm.org.roster import RosterRow
from scrm.org.roster_changes import RosterChange, RosterChangeKind
from scrm.org.roster_ports import RejectionSink

ROSTER_SOURCE = "bank.roster"


class LeaveIntake(Protocol):
    """Who takes HR's words on leaves: `scrm.org.leave.Leaves`, or what stands before it."""

    def on_leave(self, told: LeaveTold) -> LeaveResult: ...

    def returned(self, told: ReturnTold) -> LeaveResult: ...


@dataclass(frozen=True, slots=True)
class RosterNews:
    """Which roster speaks, for which day, and at what time its word was spoken."""

    sha256: str
    as_of: date
    said_at: datetime


@dataclass(frozen=True, slots=True)
class RosterTeller:
    """Use case of one change. The ids of what it tells derive from change and day, so a repeat is known as one."""

    corp_id: str
    org: OrgRepository
    leaves: LeaveIntake
    rejections: RejectionSink
    on_signal: Callable[[StaffSignal], object]

    def tell(self, change: RosterChange, news: RosterNews) -> bool:
        """Whether it was told; not when it concerns nobody, or waits for a person now."""
        member = self.org.member(change.userid)
        if change.kind is RosterChangeKind.DEPARTED and (member is None or self._is_old_news(change, member)):
            return False
        if member is None:
            return self._refused(change, news, "userid: no member of this corp is known by it; check it")
        match change.kind:
            case RosterChangeKind.ON_LEAVE:
                return self._on_leave(change, news, member)
            case RosterChangeKind.RETURNED:
                told = ReturnTold(member.userid, event_id_of(change, news), news.said_at, news.as_of)
                return self._taken(change, news, self.leaves.returned(told))
            case RosterChangeKind.TRANSFERRED:
                return self._transferred(change, news, member)
        self.on_signal(self._signal(change, news, member, ChangeKind.DEPARTURE))
        return True

    def keep_attributes(self, changes: Sequence[RosterChange], news: RosterNews) -> None:
        """Store what the roster says of up to 100 members, of those without an account yet too."""
        stored = self.org.stored_members([change.userid for change in changes])
        told = {change.userid: attributes_of(change.row, news) for change in changes}
        kept = {userid: said for userid, said in told.items() if not isinstance(stored.get(userid), Alias)}
        for userid, said in told.items():
            member = self.org.member(userid) if userid not in kept else None
            # A row under the present userid counts more than one under an old one.
            if member and self.org.attributes(member.userid).told_as != member.userid:
                kept.setdefault(member.userid, said)
        self.org.put_attributes(kept)

    def _is_old_news(self, change: RosterChange, member: Member) -> bool:
        """The bank only writes the new userid now; or he had left before the roster first named him."""
        if change.from_absence and member.userid != change.userid:
            return self.org.attributes(member.userid).told_as == member.userid
        return change.before is None and member.status is MemberStatus.LEFT

    def _on_leave(self, change: RosterChange, news: RosterNews, member: Member) -> bool:
        row, known = change.row, self.org.cover(member.userid)
        told = LeaveTold(
            userid=member.userid,
            first_day=news.as_of,
            last_day=row.last_day,
            event_id=event_id_of(change, news),
            said_at=news.said_at,
            cover_userid=row.successor_userid,
        )
        if known is not None and known.first_day is not None and known.holds_on(news.as_of):
            told = _completed(told, known, known.first_day)
            if (told.last_day, told.cover_userid) == (known.last_day, known.cover_userid):
                return False
        if told.last_day is not None and told.last_day < told.first_day:
            return self._refused(change, news, "last_day: the leave is over; correct the status or the day")
        return self._taken(change, news, self.leaves.on_leave(told))

    def _transferred(self, change: RosterChange, news: RosterNews, member: Member) -> bool:
        """Without the bank's own word customers stay within a branch, and are handed over to it beyond."""
        node = self.org.node(change.row.node_id)
        if node is None:
            return self._refused(change, news, "node_id: no department is known by it; check it or sync first")
        old = self.org.node(change.before.node_id) if change.before else None
        stays = branch_of(node.path) == branch_of(old.path if old else member.node_path)
        signal = self._signal(change, news, member, ChangeKind.TRANSFER)
        self.on_signal(replace(signal, last_day=None, stays=StayPolicy(customers_stay=stays, groups_stay=stays)))
        return True

    def _signal(self, change: RosterChange, news: RosterNews, member: Member, kind: ChangeKind) -> StaffSignal:
        cancels = change.kind is RosterChangeKind.CORRECTED
        successor = change.row.successor_userid
        return StaffSignal(
            corp_id=self.corp_id,
            userid=member.userid,
            change=kind,
            source=SignalSource.ROSTER,
            kind=f"roster_{change.kind.value}",
            event_id=event_id_of(change, news),
            occurred_at=news.said_at,
            last_day=None if cancels else change.row.last_day,
            successor_userids=(successor,) if successor and not cancels else (),
            cancels=cancels,
        )

    def _taken(self, change: RosterChange, news: RosterNews, result: LeaveResult) -> bool:
        if result.refused:
            self._refused(change, news, result.refused)
        return result.stored

    def _refused(self, change: RosterChange, news: RosterNews, reason: str) -> bool:
        self.rejections.reject(ROSTER_SOURCE, event_id_of(change, news), reason, news.said_at)
        return False


def event_id_of(change: RosterChange, news: RosterNews) -> str:
    """The same for the same change on the same day; a correction within the day is another one."""
    row = change.row
    day = row.last_day.isoformat() if row.last_day else ""
    terms = (day, row.node_id, row.post, row.successor_userid)
    return ids.derive("roster", change.userid, change.kind.value, news.as_of.isoformat(), *terms)


def attributes_of(row: RosterRow, news: RosterNews) -> StaffAttributes:
    return StaffAttributes(
        post=row.post,
        languages=row.languages,
        qualifications=row.qualifications,
        capacity=row.capacity,
        roster_at=news.said_at,
        told_as=row.userid,
    )


def _completed(told: LeaveTold, known: Cover, first_day: date) -> LeaveTold:
    """A roster knows less of a leave than an HR event: what it does not say stays."""
    return replace(
        told,
        first_day=first_day,
        last_day=told.last_day or known.last_day,
        cover_userid=told.cover_userid or known.cover_userid,
    )
