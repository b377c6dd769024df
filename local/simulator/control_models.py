"""Bodies of the control API. Times are ISO 8601 in UTC with milliseconds, or seconds where the name says so."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.simulator.faults import FaultKind
from local.simulator.mass_book import ChatType
from local.simulator.model import ArchiveConsent, Customer, Decision, Relation


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockReading(Strict):
    now: str
    offset_seconds: float


class Advance(Strict):
    """Either ``seconds`` from now or ``to`` an ISO time. 0 seconds runs and awaits what is due by now."""

    seconds: float | None = Field(default=None, ge=0)
    to: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Advance":
        if (self.seconds is None) == (self.to is None):
            raise ValueError("give seconds or to")
        return self


class AdvanceReport(ClockReading):
    """``fired`` counts what was run, by kind (``timer:<name>`` for timers); ``failures`` are texts.

    ``rested``: how often a timer was due and not fired, because the last answer of a webhook said that it rests.
    """

    fired: dict[str, int]
    failures: list[str]
    rested: int


class TimerRequest(Strict):
    name: str
    expression: str
    url: str


class TimerReading(TimerRequest):
    next_at: str


class SettleHook(Strict):
    """``url`` is posted to, and awaited, before an advance leaps over half a minute or more, and at its end, unless
    nothing but timers ran since, which answer for what they set going; null removes it."""

    url: str | None


class WorldSummary(Strict):
    corp_id: str
    members: int
    customers: int
    relations: int
    groups: int
    unassigned: int


class MemberPatch(Strict):
    """Given fields are set; those that the address book shows are told as ``update_user``."""

    name: str | None = None
    department: list[int] | None = None
    main_department: int | None = None
    position: str | None = None
    is_leader_in_dept: list[int] | None = None
    direct_leader: list[str] | None = None
    alias: str | None = None
    telephone: str | None = None
    status: Literal[1, 2, 4] | None = None
    contact_service: bool | None = None
    real_named: bool | None = None
    banned: bool | None = None
    team_account: bool | None = None
    customer_cap: int | None = None
    console_welcome: bool | None = None
    last_login_at: float | None = None
    new_userid: str | None = None

    @model_validator(mode="after")
    def _only_some_can_be_empty(self) -> "MemberPatch":
        empty = {name for name in self.model_fields_set if getattr(self, name) is None}
        if empty - {"main_department", "customer_cap", "last_login_at"}:
            raise ValueError("null is for main_department, customer_cap and last_login_at only")
        return self


class Leaders(Strict):
    """All who lead a department; members whose flag changes are told as ``update_user``."""

    userids: list[str]


class AppPatch(Strict):
    """A change of ``trusted_ips`` takes effect after the knob's delay."""

    enabled: bool | None = None
    external_contact_listed: bool | None = None
    visible_departments: list[int] | None = None
    visible_userids: list[str] | None = None
    trusted_ips: list[str] | None = None


class UrlCheck(Strict):
    """What the console says on "save": ``error`` is null when the receiver answered the echo within a second."""

    error: str | None


class AddedRelation(Strict):
    """A customer adds a member. ``customer`` is needed for one that the corp does not know yet."""

    relation: Relation
    customer: Customer | None = None


class Added(Strict):
    welcome_codes: list[str | None]


class Scan(Strict):
    """``customer`` is needed for one that the corp does not know yet."""

    config_id: str
    external_userid: str
    customer: Customer | None = None


class ScanReading(Strict):
    """Whom the customer met; of a temporary contact way nobody is added."""

    userid: str
    welcome_code: str | None
    temporary: bool


class WelcomeReading(Strict):
    """``used_by`` is the app that greeted with it, ``content`` what it said."""

    welcome_code: str
    userid: str
    external_userid: str
    issued_at: str
    used_by: str | None
    content: dict[str, Any]


class RelationPatch(Strict):
    remark: str | None = None
    description: str | None = None
    tag_ids: list[str] | None = None
    personal_tags: list[str] | None = None
    remark_mobiles: list[str] | None = None
    remark_corp_name: str | None = None
    chat_started: bool | None = None
    last_chat_at: float | None = None
    archive_consent: ArchiveConsent | None = None


class Decide(Strict):
    external_userid: str
    decision: Decision


class Confirm(Strict):
    """Of one message, or of all that wait for the member; without ``userid`` all members do.

    ``sent_at`` (ISO): he did so then and his client tells of it only now, also of what was cancelled in between.
    """

    userid: str | None = None
    msgid: str | None = None
    share_percent: float = Field(default=100.0, gt=0, le=100)
    sent_at: str | None = None


class PersonalMessage(Strict):
    userid: str
    target_ids: list[str] = Field(min_length=1)
    text: str
    chat_type: ChatType = "single"


class MassTaskReading(Strict):
    """``by_status`` counts the recipients: not sent, sent, no friend, over the quota."""

    userid: str
    sent_at: str | None
    recipients: int
    by_status: list[int]


class MassMessageReading(Strict):
    """``dropped`` are those whom WeCom gave to nobody without a word; ``creator`` is null for one of the corp."""

    msgid: str
    chat_type: ChatType
    creator: str | None
    created_at: str
    content: dict[str, Any]
    members: list[MassTaskReading]
    failed: list[str]
    dropped: list[str]
    cancelled_at: str | None
    reminders: int


class Publish(Strict):
    """One moment, or all that wait for the member; without ``userid`` all members do. ``published_at``: see Confirm."""

    userid: str | None = None
    moment_id: str | None = None
    share_percent: float = Field(default=100.0, gt=0, le=100)
    published_at: str | None = None


class PersonalMoment(Strict):
    userid: str
    text: str


class React(Strict):
    """A comment, else a like, by a customer or a member, on what ``userid`` published."""

    moment_id: str
    userid: str
    comment: bool = False
    by_customer: str | None = None
    by_member: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "React":
        if (self.by_customer is None) == (self.by_member is None):
            raise ValueError("give by_customer or by_member")
        return self


class MomentTaskReading(Strict):
    """How many customers were chosen, and how many see it."""

    userid: str
    published_at: str | None
    chosen: int
    visible: int


class MomentReading(Strict):
    """``tags`` null is for everybody."""

    moment_id: str
    creator: str | None
    created_at: str
    content: dict[str, Any]
    tags: list[str] | None
    members: list[MomentTaskReading]
    cancelled_at: str | None


class FaultRequest(Strict):
    """See `local.simulator.faults.Fault`; ``seconds`` is simulated time from now."""

    kind: FaultKind
    path: str = "*"
    errcode: int | None = None
    status: int = Field(default=502, ge=400, le=599)
    delay_ms: int = Field(default=0, ge=0)
    before_work: bool = False
    skip: int = Field(default=0, ge=0)
    count: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    fault_id: str = ""

    @model_validator(mode="after")
    def _complete(self) -> "FaultRequest":
        if self.kind == "errcode" and self.errcode is None:
            raise ValueError("errcode is missing")
        if self.kind == "slow" and not self.delay_ms:
            raise ValueError("delay_ms is missing")
        return self


class Outage(Strict):
    """WeCom is down: every connection is closed unheard, for ``seconds`` of simulated time or until cleared."""

    seconds: float | None = Field(default=None, gt=0)


class EventRequest(Strict):
    """Any event, also one nobody has heard of, to the apps that hear of ``about`` or to the named ones."""

    event: str
    change_type: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    about: str | None = None
    apps: list[str] | None = None
    copies: int = Field(default=1, ge=1, le=10_000)


class Queued(Strict):
    deliveries: int


class GroupPatch(Strict):
    """What people change in the client, one event each."""

    name: str | None = None
    notice: str | None = None
    owner: str | None = None


class GroupLeave(Strict):
    """``quit_scene`` 0 left by self, 1 removed by owner or admin."""

    userids: list[str]
    quit_scene: int = 0


class Revocation(Strict):
    """Without ``app``, the tokens of all apps. ``errcode`` is what calls with them get then."""

    app: str | None = None
    errcode: Literal[40014, 42001, 40001] = 40014


class Counted(Strict):
    count: int


class SnapshotRequest(Strict):
    name: str = Field(min_length=1)


class RestoreRequest(Strict):
    """``rewind_clock`` sets the offset back too, which the product only survives when it is restarted."""

    rewind_clock: bool = False


class Health(Strict):
    status: Literal["ok"]
    corp_id: str


def given(patch: BaseModel) -> dict[str, Any]:
    """The fields that the request named, also those set to null on purpose."""
    return patch.model_dump(exclude_unset=True)
