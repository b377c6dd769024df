"""What group chats and their transfer answer (docs/wecom.md 5.7)."""

from enum import IntEnum
from typing import Self

from scrm.wecom.payloads.base import Items, Moment, Payload, Text


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
