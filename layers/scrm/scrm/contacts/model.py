"""Who follows whom, who answers for a customer, and who owns which group chat."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

# "Since nobody knows when": older than everything.
UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)


class RelationState(StrEnum):
    """How a member and a customer stand (docs/wecom.md 3.1).

    An ``ended`` relation is kept for a while, so that a late "added" is recognised as older than the end.
    """

    ACTIVE = "active"
    HALF_ADDED = "half_added"
    DELETED_BY_CUSTOMER = "deleted_by_customer"
    ENDED = "ended"


class Basis(StrEnum):
    """Why a member is the accountable owner (S21)."""

    MASTER = "master"
    LONGEST_STANDING = "longest_standing"
    HANDOVER = "handover"
    ASSIGNED = "assigned"


class HoldReason(StrEnum):
    """Why a customer must not be moved automatically."""

    COMPLAINT = "complaint"
    INVESTIGATION = "investigation"


class Finding(StrEnum):
    """What the customer master says and WeCom does not: listed for a person, never applied silently.

    ``gap``: the managing RM does not follow the customer. ``disagreement``: a newer master names another follower than
    the handover or assignment in force.
    """

    GAP = "gap"
    DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class RelationDetails:
    """What the member noted about the customer. Personal data: never logged.

    ``personal_tags`` are names, which WeCom lets nobody write; None while the customer was never read alone, because
    lists do not show them. ``came_by`` is the ``state`` of the contact way by which he came, as WeCom tells it.
    ``unionid`` is the customer's at WeChat's open platform, where WeCom tells it: by it a bank's own apps know him.
    """

    remark: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    tag_ids: tuple[str, ...] = ()
    personal_tags: tuple[str, ...] | None = field(default=None, repr=False)
    came_by: str = ""
    unionid: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Relation:
    """One (member, customer) pair. ``changed_at`` is when WeCom changed it: older news never overwrites newer."""

    userid: str
    external_userid: str
    state: RelationState
    since: datetime
    changed_at: datetime
    details: RelationDetails = RelationDetails()
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one follower stands with a customer, as WeCom told it. ``since`` is the latest time he was added."""

    state: RelationState
    since: datetime
    changed_at: datetime

    @property
    def follows(self) -> bool:
        return self.state is not RelationState.ENDED

    @property
    def follows_since(self) -> datetime:
        return self.since if self.since > UNKNOWN_TIME else self.changed_at


@dataclass(frozen=True, slots=True)
class Claim:
    """A finished handover or an audited assignment. They have an order, and not by names: `ownership.in_order`.

    ``cause`` is the case, or who assigned, or of a transfer that only WeCom told of, the leaver's userid of that day.

    ``userid`` is empty when WeCom told that a transfer took the customer away and not who got him. An empty
    ``from_userid`` makes the claim hold whoever owned the customer before.
    """

    at: datetime
    basis: Basis
    from_userid: str
    userid: str
    cause: str


@dataclass(frozen=True, slots=True)
class MasterRow:
    """The managing RM of the bank's customer master, as of the file's time."""

    userid: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """While it stands nothing moves the customer automatically. ``by`` is the actor who set it."""

    reason: HoldReason
    since: datetime
    by: str


@dataclass(frozen=True, slots=True, order=True)
class QuotaUse:
    """An on-job transfer, or an attempt, that counts against 2 in 90 days."""

    at: datetime
    case_id: str


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer: facts, and what follows from them.

    Facts are ``followers`` (what WeCom told of each, ended ones for 30 days), ``claims``, ``master``, ``hold``,
    ``quota_uses`` (90 days) and ``quota_full_at`` (WeCom's latest 40128). ``scrm.contacts.ownership`` derives owner,
    basis and finding from them, so that the order in which facts arrive does not matter. ``owner_since`` is the moment
    the basis dates from: the handover, the assignment, the master file, or since when the owner follows.
    """

    external_userid: str
    followers: Mapping[str, Standing] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    master: MasterRow | None = None
    hold: Hold | None = None
    quota_uses: tuple[QuotaUse, ...] = ()
    quota_full_at: datetime | None = None
    owner_userid: str = ""
    owner_since: datetime | None = None
    basis: Basis | None = None
    finding: Finding | None = None
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class GroupChat:
    """A customer group chat and its owner. ``changed_at`` is when it was read from WeCom."""

    chat_id: str
    owner_userid: str
    name: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """A userid that WeCom renamed. ``new_userid`` is empty once the name is in use again."""

    userid: str
    new_userid: str
    at: datetime
