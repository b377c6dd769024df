"""The things of a WeCom corp. Plain mutable records; the world document of the control API is made of them.

Times are epoch seconds. Field names are WeCom's where WeCom has one.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict

_STRICT = ConfigDict(extra="forbid")  # a misspelt field of a world document is an error, not a silent default

MEMBER_ACTIVE = 1
MEMBER_LEFT = 5
ADD_WAY_QR = 1
ADD_WAY_ASSIGNED = 202
GROUP_NORMAL, GROUP_OWNER_LEFT, GROUP_INHERITING, GROUP_INHERITED = 0, 1, 2, 3
INTERNAL, EXTERNAL = 1, 2

type AppKind = Literal["self_built", "contacts_sync", "external_contact_system", "archive"]
type Standing = Literal["mutual", "customer_deleted", "half"]
type ArchiveConsent = Literal["pending", "agreed", "refused"]
type Decision = Literal["accept", "refuse", "ignore", "vanish", "full"]
type TransferKind = Literal["onjob", "resigned"]


@dataclass(slots=True, kw_only=True)
class CallbackTarget:
    """Where an app gets its events. ``events`` names the event families; None means all."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    url: str
    token: str
    encoding_aes_key: str
    events: list[str] | None = None


@dataclass(slots=True, kw_only=True)
class App:
    """``app`` is our handle for it; a token belongs to (corp, app). Empty ``trusted_ips`` means any source."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    app: str
    agent_id: int
    secret: str
    kind: AppKind = "self_built"
    external_contact_listed: bool = True
    enabled: bool = True
    visible_departments: list[int] = field(default_factory=lambda: [1])
    visible_userids: list[str] = field(default_factory=list)
    trusted_ips: list[str] = field(default_factory=list)
    callback: CallbackTarget | None = None


@dataclass(slots=True, kw_only=True)
class Department:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: int
    name: str
    parentid: int = 0
    order: int = 0
    name_en: str = ""
    department_leader: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Member:
    """``last_login_at`` None counts as recent, for a leaver at their departure.

    ``customer_cap`` None takes the knob's default. With ``console_welcome`` the admin console greets for them, and no
    event carries a welcome code.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    userid: str
    name: str
    department: list[int]
    main_department: int | None = None
    position: str = ""
    is_leader_in_dept: list[int] = field(default_factory=list)
    direct_leader: list[str] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    alias: str = ""
    telephone: str = ""
    external_position: str = ""
    status: int = MEMBER_ACTIVE
    contact_service: bool = True
    real_named: bool = True
    banned: bool = False
    team_account: bool = False
    customer_cap: int | None = None
    console_welcome: bool = False
    last_login_at: float | None = None
    left_at: float | None = None

    def logged_in_since(self, moment: float) -> bool:
        return self.last_login_at is None or self.last_login_at >= moment


@dataclass(slots=True, kw_only=True)
class Customer:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    external_userid: str
    name: str
    type: int = 1
    gender: int = 0
    avatar: str = ""
    unionid: str | None = None
    position: str | None = None
    corp_name: str | None = None
    corp_full_name: str | None = None


@dataclass(slots=True, kw_only=True)
class Relation:
    """One member following one customer. ``half``: the customer added a skip-verify member who has not confirmed.

    ``last_chat_at`` decides who sends a mass message to a customer of several members; None counts as ``createtime``.
    ``archive_consent`` is the customer's word on archiving this chat, None where nobody asks for it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    userid: str
    external_userid: str
    createtime: int
    remark: str = ""
    description: str = ""
    tag_ids: list[str] = field(default_factory=list)
    personal_tags: list[str] = field(default_factory=list)
    add_way: int = ADD_WAY_QR
    oper_userid: str = ""
    state: str | None = None
    remark_mobiles: list[str] | None = None
    remark_corp_name: str | None = None
    standing: Standing = "mutual"
    chat_started: bool = False
    last_chat_at: float | None = None
    archive_consent: ArchiveConsent | None = None
    archive_consent_at: float | None = None


@dataclass(slots=True, kw_only=True)
class Unassigned:
    """A leaver's customer who waits for somebody; ``relation`` is what the leaver knew about them.

    A half-added one is kept, so that a transfer of them is refused as such, but no list shows it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    handover_userid: str
    external_userid: str
    dimission_time: int
    relation: Relation


@dataclass(slots=True, kw_only=True)
class Tag:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: str
    name: str
    create_time: int
    order: int = 0
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class TagGroup:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    group_id: str
    group_name: str
    create_time: int
    order: int = 0
    tag: list[Tag] = field(default_factory=list)
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class GroupMember:
    """``type`` 1 member, 2 external; ``join_scene`` 1 direct invite, 2 invite link, 3 QR."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    userid: str
    type: int
    join_time: int
    join_scene: int = 1
    unionid: str | None = None
    state: str | None = None
    invitor: str | None = None
    group_nickname: str = ""
    archive_consent: ArchiveConsent | None = None
    archive_consent_at: float | None = None


@dataclass(slots=True, kw_only=True)
class Group:
    """A group chat; ``external`` False is an internal one, which the customer APIs refuse with 90501."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    chat_id: str
    name: str
    owner: str
    create_time: int
    notice: str = ""
    members: list[GroupMember] = field(default_factory=list)
    admins: list[str] = field(default_factory=list)
    status: int = GROUP_NORMAL
    external: bool = True
    opengid: str | None = None
    onjob_transfer_times: list[float] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ForeignSecret:
    """A secret of another corp: gettoken answers 40091 for it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    corp_id: str
    secret: str


@dataclass(slots=True, kw_only=True)
class WorldDocument:
    """A whole corp as JSON: what the control API loads and gives back."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    corp_id: str
    corp_name: str = ""
    apps: list[App] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    departed: list[Member] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    unassigned: list[Unassigned] = field(default_factory=list)
    tag_groups: list[TagGroup] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    foreign_secrets: list[ForeignSecret] = field(default_factory=list)
