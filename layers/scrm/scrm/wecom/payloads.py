"""What WeCom answers, as far as we read it. Liberal on purpose: unknown fields are ignored, absent ones have a default.

Models are built on first use (``defer_build``): a function touches a few of them.
"""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _moment(value: Any) -> Any:
    """Unix seconds as UTC, also where WeCom writes them as text; 0 and absence are None."""
    value = int(value) if isinstance(value, str) and value.isdecimal() else value
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and value > 0 else None


def _unless_null(value: Any) -> Any:
    return () if value is None else value


def _text(value: Any) -> Any:
    return "" if value is None else value


type Moment = Annotated[datetime | None, BeforeValidator(_moment)]
type Items[T] = Annotated[tuple[T, ...], BeforeValidator(_unless_null)]
type Text = Annotated[str, BeforeValidator(_text)]


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, defer_build=True)


class MemberStatus(IntEnum):
    """docs/wecom.md 4. A value nobody has described reads as UNKNOWN."""

    UNKNOWN = 0
    ACTIVE = 1
    DISABLED = 2
    NOT_ACTIVATED = 4
    LEFT = 5

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(0)


class MemberBrief(Payload):
    """A row of user/simplelist."""

    userid: str
    name: Text = ""
    department: Items[int] = ()


class Member(MemberBrief):
    """user/get and user/list. Mobile, email and the like are not asked for (docs/wecom.md 4)."""

    main_department: int = 0
    is_leader_in_dept: Items[int] = ()
    direct_leader: Items[str] = ()
    position: Text = ""
    status: MemberStatus = MemberStatus.UNKNOWN


class MemberDepartment(Payload):
    """A row of user/list_id; a member of two departments has two rows."""

    userid: str
    department: int


class Department(Payload):
    """``parentid`` of the root is 0; a larger ``order`` sorts first."""

    id: int
    name: Text = ""
    parentid: int = 0
    order: int = 0
    department_leader: Items[str] = ()


class ExternalContact(Payload):
    """``type`` 1 is a WeChat user, 2 a WeCom user of another corp. The name is personal data: never log it."""

    external_userid: str
    name: Text = Field("", repr=False)
    type: int = 0
    unionid: Text = Field("", repr=False)


class FollowTag(Payload):
    """``type`` 1 corp tag, 2 personal (no id), 3 strategy group."""

    group_name: Text = ""
    tag_name: Text = ""
    tag_id: Text = ""
    type: int = 0


class _Follow(Payload):
    userid: str
    remark: Text = Field("", repr=False)
    description: Text = Field("", repr=False)
    createtime: Moment = None
    add_way: int = 0
    state: Text = ""
    oper_userid: Text = ""


class FollowUser(_Follow):
    """A follower in externalcontact/get."""

    tags: Items[FollowTag] = ()


class FollowInfo(_Follow):
    """The follower in batch/get_by_user: tag ids only (docs/wecom.md 5.4)."""

    tag_id: Items[str] = ()


class Relation(Payload):
    """One customer as one member's: a customer with two followers comes twice."""

    external_contact: ExternalContact
    follow_info: FollowInfo


class CorpTag(Payload):
    id: str
    name: Text = ""
    create_time: Moment = None
    order: int = 0
    deleted: bool = False


class TagGroup(Payload):
    group_id: str
    group_name: Text = ""
    create_time: Moment = None
    order: int = 0
    deleted: bool = False
    tag: Items[CorpTag] = ()


class TransferStatus(IntEnum):
    """Glossary: transfer status (docs/wecom.md 6.3). A value nobody has described reads as UNKNOWN."""

    UNKNOWN = 0
    DONE = 1
    WAITING = 2
    REFUSED = 3
    TAKEOVER_LIMIT = 4
    NO_RECORD = 5

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(0)


class StartedTransfer(Payload):
    """``errcode`` 0 means started, it ends by itself after 24 h; never final success (docs/wecom.md 6.2)."""

    external_userid: str
    errcode: int


class TransferResult(Payload):
    """``takeover_at``: when WAITING the moment it completes by itself, None when refused."""

    external_userid: str
    status: TransferStatus
    takeover_at: Moment = Field(None, alias="takeover_time")


class Unassigned(Payload):
    """A customer of a leaver without a new owner."""

    handover_userid: str
    external_userid: str
    resigned_at: Moment = Field(None, alias="dimission_time")


class GroupChatStatus(IntEnum):
    """Where a group stands in the inheritance of its owner (docs/wecom.md 5.7)."""

    UNKNOWN = -1
    NORMAL = 0
    OWNER_RESIGNED = 1
    INHERITING = 2
    INHERITED = 3

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(-1)


class GroupChatRow(Payload):
    chat_id: str
    status: GroupChatStatus = GroupChatStatus.UNKNOWN


class GroupMember(Payload):
    """``type`` 1 a member (``userid`` is a userid), 2 an external contact (``userid`` is an external_userid)."""

    userid: str
    type: int = 0
    join_time: Moment = None
    join_scene: int = 0


class GroupAdmin(Payload):
    userid: str


class GroupChat(Payload):
    chat_id: str
    name: Text = ""
    owner: Text = ""
    create_time: Moment = None
    member_list: Items[GroupMember] = ()
    admin_list: Items[GroupAdmin] = ()
    member_version: Text = ""


class GroupTransferFailure(Payload):
    """A group that did not move; groups not named moved."""

    chat_id: str
    errcode: int


class SentMessage(Payload):
    """``msgid`` recalls the message. Invalid receivers come as one text, separated by ``|``."""

    msgid: Text = ""
    invaliduser: Text = ""
    unlicenseduser: Text = ""

    @property
    def not_reached(self) -> tuple[str, ...]:
        return tuple(userid for text in (self.invaliduser, self.unlicenseduser) for userid in text.split("|") if userid)


class CreatedMassMessage(Payload):
    """``fail_list`` are customers or groups it will not be sent to; the others' members were asked."""

    msgid: str
    fail_list: Items[str] = ()


class MassMessageText(Payload):
    content: Text = Field("", repr=False)


class MassMessageRow(Payload):
    """A mass message in WeCom's list. ``creator`` is absent on those made through the API."""

    msgid: str
    creator: Text = ""
    created_at: Moment = Field(None, alias="create_time")
    text: MassMessageText = Field(default_factory=lambda: MassMessageText(content=""))


class MassMessageMember(Payload):
    """A member who is to send it: ``status`` jumps from 0 to 2 when he confirms; there is no 1."""

    userid: str
    status: int = 0

    @property
    def has_confirmed(self) -> bool:
        return self.status != 0


class MassMessageStatus(IntEnum):
    """docs/wecom.md 13.3. A value nobody has described reads as not sent."""

    NOT_SENT = 0
    SENT = 1
    NOT_FRIEND = 2
    QUOTA_REACHED = 3

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(0)


class MassMessageResult(Payload):
    """Of one customer, or of one group."""

    external_userid: Text = ""
    chat_id: Text = ""
    status: MassMessageStatus = MassMessageStatus.NOT_SENT
    sent_at: Moment = Field(None, alias="send_time")


class UploadedMedia(Payload):
    """media/upload and media/upload_attachment; the id is good for three days."""

    media_id: str
    created_at: Moment = None
