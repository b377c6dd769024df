"""Vocabulary of contact inheritance (客户继承): the case of one staff change and the signals that told of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from scrm import ids


class ChangeKind(StrEnum):
    """What happens to the member: he leaves the bank, or gets another branch or post."""

    DEPARTURE = "departure"
    TRANSFER = "transfer"


class CaseState(StrEnum):
    """``unconfirmed``: WeCom deleted the account and HR has not said so yet; after a while it goes on by itself.

    ``waiting_for_account``: the member has left and WeCom still has the account, so neither API fits.
    ``scheduled``: planned, its day has not come. ``awaiting_approval``: a second person has to look at the plan first.
    """

    UNCONFIRMED = "unconfirmed"
    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    WAITING_FOR_ACCOUNT = "waiting_for_account"
    TRANSFERRING = "transferring"
    ATTENTION = "attention"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a closed case ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CLOSED_BY_PERSON = "closed_by_person"


class SignalSource(StrEnum):
    """Who told us: ``hr`` and the daily ``roster`` decide what is meant, ``callback`` tells what became of the account,
    ``sweep`` found in WeCom's own lists that nobody had told us.
    """

    HR = "hr"
    ROSTER = "roster"
    CALLBACK = "callback"
    SWEEP = "sweep"

    @property
    def speaks_for_bank(self) -> bool:
        """Whether it is the bank's own word on its staff; the later of two such words counts, whoever spoke it."""
        return self in {SignalSource.HR, SignalSource.ROSTER}


# The maker of a plan that nobody named: the product itself, from HR's word and the bank's rules.
OUR_PLAN: Final = "function:handover_worker"


@dataclass(frozen=True, slots=True)
class StayPolicy:
    """Whether customers and group chats stay with a member who gets another post (S61).

    ``staying_tiers``: customers of these tiers stay, the others are handed over.
    """

    customers_stay: bool = False
    groups_stay: bool = False
    staying_tiers: tuple[str, ...] = ()

    def keeps(self, tier: str) -> bool:
        """Whether a customer of this tier stays; ``tier`` is empty when no tag tells it."""
        return self.customers_stay or (bool(tier) and tier in self.staying_tiers)


@dataclass(frozen=True, slots=True)
class StaffSignal:
    """Something told us of a staff change. Several sources tell one change with several times.

    ``last_day`` is the last day in the old place, in Shanghai; None when it is over or nobody said.
    ``account_deleted``: the signal itself proves that WeCom no longer has the account.
    ``cancels``: HR takes the change back. ``actor`` is who told HR's system, as the audit log names him, if known.
    """

    corp_id: str
    userid: str
    change: ChangeKind
    source: SignalSource
    kind: str
    event_id: str
    occurred_at: datetime
    last_day: date | None = None
    successor_userids: tuple[str, ...] = ()
    stays: StayPolicy = StayPolicy()
    account_deleted: bool = False
    cancels: bool = False
    actor: str = ""


@dataclass(frozen=True, slots=True)
class SignalRecord:
    """A signal as the case keeps it; ``note`` says what it changed or why it changed nothing."""

    source: SignalSource
    kind: str
    event_id: str
    occurred_at: datetime
    note: str = ""


class DigestOutcome(StrEnum):
    """What became of the one card about a case for a new owner. ``given_up``: WeCom took none for too long."""

    SENT = "sent"
    NOT_REACHED = "not_reached"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class PlanReview:
    """A second person's word on a plan: who, when, the checksum and the number of customers of the plan he saw."""

    by: str
    at: datetime
    checksum: str
    customers: int
    approved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Version ``number`` of the proof of a case's end: where its two documents lie, and what they hash to.

    ``key`` is the documents' key in the data bucket without its ending (``.json``, ``.csv``), the hashes are SHA-256 in
    hex. ``customers`` and ``groups`` count the edges.
    """

    number: int
    issued_at: datetime
    key: str
    json_sha256: str
    csv_sha256: str
    customers: int
    groups: int


@dataclass(frozen=True, slots=True)
class HandoverCase:
    """One staff change. ``version`` rises with every write, a stale one is refused by the repository.

    ``due_at`` is when the case wants to be looked at next; None when it is closed. ``start_at`` is the earliest moment
    of a transfer. ``customer_totals`` and ``group_totals`` count edges by state as of the last look.
    ``hr_at`` is when the HR word in force was spoken: an older one that comes late does not replace it.
    ``named_by_hr`` are the successors HR named last, ``requested_successors`` those in force, which an operator may
    have chosen since. ``plan_outdated``: HR named others after the plan was stored (`scrm.handover.replanning`).
    ``unusable`` are takers WeCom refused, with its code. ``plan_made_by`` made the plan or changed it last and may not
    approve it; ``review`` is the word on this very plan. ``closed_at`` of a case that is still open: it ended then, and
    its certificate is being written.
    ``packages`` counts by new owner what followed the customers (`scrm.handover.delivery`); ``package_checksum``
    stands for all packages, ``lost_ids`` are tags that exist no more. ``digests`` are the cards new owners got.
    ``approval_asked`` is the checksum of the plan whose approval somebody was asked for.
    ``escalated_until``: edges manual up to then are told to the manager; ``reminded_at``: his last reminder.
    """

    case_id: str
    corp_id: str
    handover_userid: str
    handover_name: str
    node_id: str
    node_path: str
    node_name: str
    state: CaseState
    opened_at: datetime
    due_at: datetime | None
    signals: tuple[SignalRecord, ...]
    change: ChangeKind = ChangeKind.DEPARTURE
    last_day: date | None = None
    start_at: datetime | None = None
    stays: StayPolicy = StayPolicy()
    account_deleted_at: datetime | None = None
    hr_at: datetime | None = None
    requested_successors: tuple[str, ...] = ()
    named_by_hr: tuple[str, ...] = ()
    plan_outdated: bool = False
    successors: tuple[str, ...] = ()
    cancelled_at: datetime | None = None
    customer_totals: Mapping[str, int] = field(default_factory=dict)
    group_totals: Mapping[str, int] = field(default_factory=dict)
    planned_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: CaseOutcome | None = None
    close_reason: str = ""
    polls: int = 0
    unusable: Mapping[str, int] = field(default_factory=dict)
    plan_made_by: str = OUR_PLAN
    review: PlanReview | None = None
    certificates: tuple[Certificate, ...] = ()
    packages: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    package_checksum: str = ""
    lost_ids: tuple[str, ...] = ()
    digests: Mapping[str, DigestOutcome] = field(default_factory=dict)
    approval_asked: str = ""
    escalated_until: datetime | None = None
    reminded_at: datetime | None = None
    version: int = 0

    @property
    def package(self) -> Mapping[str, int]:
        """The counts of all packages, summed over the new owners."""
        total: Counter[str] = Counter()
        for counts in self.packages.values():
            total.update(counts)
        return dict(total)

    @property
    def is_planned(self) -> bool:
        return self.planned_at is not None

    @property
    def is_open(self) -> bool:
        return self.state is not CaseState.CLOSED

    @property
    def account_deleted(self) -> bool:
        return self.account_deleted_at is not None

    def with_account_deleted(self, at: datetime) -> "HandoverCase":
        """WeCom no longer has the account: whatever it was, it is a departure, and nobody can take it back."""
        deleted_at = self.account_deleted_at or at
        return replace(self, account_deleted_at=deleted_at, change=ChangeKind.DEPARTURE, cancelled_at=None)

    def replanned(self, successors: Sequence[str], made_by: str) -> "HandoverCase":
        """Somebody wants another plan: what was said about the one before counts no longer."""
        return replace(
            self, requested_successors=tuple(successors), plan_made_by=made_by, review=None, plan_outdated=False
        )

    def knows(self, event_id: str) -> bool:
        return any(known.event_id == event_id for known in self.signals)

    def noted(self, signal: StaffSignal, note: str = "") -> "HandoverCase":
        """The case with the signal attached."""
        record = SignalRecord(signal.source, signal.kind, signal.event_id, signal.occurred_at, note)
        return replace(self, signals=(*self.signals, record))


def case_id_of(corp_id: str, userid: str, ordinal: int) -> str:
    """The n-th staff change of one member: the cause is the change, not the message that told it."""
    return ids.derive("case", corp_id, ids.fold_userid(userid), str(ordinal))
