"""The organisation: nodes and members as WeCom's address book tells them, and what the bank says of them beside it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class MemberStatus(StrEnum):
    """WeCom's member status (user/get: 1, 2, 4, 5) by name; ``left`` is also a deleted account."""

    ACTIVE = "active"
    DISABLED = "disabled"
    NOT_ACTIVATED = "not_activated"
    LEFT = "left"


class LeaveState(StrEnum):
    """Where a leave is on a day."""

    TO_COME = "to_come"
    ON_LEAVE = "on_leave"
    OVER = "over"


class Lifecycle(StrEnum):
    """How far the programme has come at a node (S44)."""

    PREPARATION = "preparation"
    PILOT = "pilot"
    FORMAL = "formal"


class OperatingMode(StrEnum):
    """Who runs a node's customers (S24, S50 to S52)."""

    HQ_DIRECT = "hq_direct"
    BRANCH_PLANNED_RM_SERVED = "branch_planned_rm_served"
    BRANCH_DIRECT_CENTER = "branch_direct_center"


@dataclass(frozen=True, slots=True)
class OrgNode:
    """One department. ``path`` holds the ids from the root down, ``/1/10/12/``.

    Operators set ``lifecycle`` and ``mode`` (None: as the node above) and ``branch_code``, the bank's own number of the
    branch, which no other node has. ``closed_at`` is when the address book no longer had the department.
    ``members_path`` is the path under which its members were last stored. ``version`` rises whenever what others see
    changes.
    """

    node_id: str
    name: str
    path: str
    parent_id: str
    manager_userid: str = ""
    lifecycle: Lifecycle | None = None
    mode: OperatingMode | None = None
    branch_code: str = ""
    closed_at: datetime | None = None
    members_path: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the address book; ``userid`` is folded to lower case.

    ``rejoined_at`` is when an account that had left was seen alive again; the repository keeps it.
    """

    userid: str
    name: str
    node_id: str
    node_path: str
    status: MemberStatus
    serves_customers: bool
    changed_at: datetime
    rejoined_at: datetime | None = None

    @property
    def can_take_over(self) -> bool:
        """Active and allowed to hold customers (客户联系); WeCom refuses anyone else (84083, 40098)."""
        return self.status is MemberStatus.ACTIVE and self.serves_customers


@dataclass(frozen=True, slots=True)
class StaffAttributes:
    """What the bank's roster says of a member; the address book never writes it.

    ``capacity`` is how many customers he may hold, None takes the bank's default. ``roster_at`` is the moment of the
    roster that said so, ``told_as`` the userid in it: another one than the member's after a rename.
    """

    post: str = ""
    languages: frozenset[str] = frozenset()
    qualifications: frozenset[str] = frozenset()
    capacity: int | None = None
    roster_at: datetime | None = None
    told_as: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A userid that WeCom replaced by another one."""

    userid: str
    new_userid: str
    renamed_at: datetime


@dataclass(frozen=True, slots=True)
class Cover:
    """HR's latest word on a member's leave. Days are days in Shanghai.

    ``first_day`` None: no leave is known. ``last_day`` None: until he is back. ``cover_userid`` acts for him, empty
    when nobody does. ``returned_on`` is his first day back. ``said_at`` and ``event_id`` are HR's; they order its
    words.
    """

    userid: str
    said_at: datetime
    event_id: str
    cover_userid: str = ""
    first_day: date | None = None
    last_day: date | None = None
    returned_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the member is on leave that day."""
        return self.overlaps(day, day)

    def days_until(self, day: date) -> int | None:
        """How many days after ``day`` the leave begins; None when it does not, or has begun already."""
        if self.first_day is None or self.first_day <= day or not self.holds_on(self.first_day):
            return None
        return (self.first_day - day).days

    def state_on(self, day: date) -> LeaveState:
        if self.holds_on(day):
            return LeaveState.ON_LEAVE
        return LeaveState.OVER if self.days_until(day) is None else LeaveState.TO_COME

    def overlaps(self, first_day: date, last_day: date | None) -> bool:
        """Whether the leave and a span of days, open when ``last_day`` is None, have a day in common."""
        if self.first_day is None:
            return False
        if self.returned_on is not None and self.returned_on <= max(first_day, self.first_day):
            return False
        starts_in_time = last_day is None or self.first_day <= last_day
        return starts_in_time and (self.last_day is None or first_day <= self.last_day)


@dataclass(frozen=True, slots=True)
class MemberDetail:
    """A member with everything known of him; ``cover`` is None when HR never told of a leave."""

    member: Member
    attributes: StaffAttributes = StaffAttributes()
    cover: Cover | None = None

    def is_on_leave(self, day: date) -> bool:
        return self.cover is not None and self.cover.holds_on(day)
