"""Group chats: ``change_external_chat`` (docs/wecom.md 3.2)."""

from dataclasses import dataclass
from typing import Annotated

from scrm.wecom.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChatEvent(Event):
    chat_id: Annotated[str, "ChatId"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChatCreated(GroupChatEvent):
    NAME = "change_external_chat.create"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChatUpdated(GroupChatEvent):
    """Members, owner, name or notice changed; the group's detail may lag the event by two seconds.

    `update_detail` is add_member, del_member, change_owner, change_name or change_notice. `join_scene` (0, 3; the
    vendor's sample shows 1) and `quit_scene` (0 left, 1 removed) are not enumerated: their lists are not closed.
    `changed_members` are userids and external_userids. They may be applied to the stored group only if its member
    version is `last_member_version`.
    """

    NAME = "change_external_chat.update"

    update_detail: Annotated[str | None, "UpdateDetail"] = None
    join_scene: Annotated[int | None, "JoinScene"] = None
    quit_scene: Annotated[int | None, "QuitScene"] = None
    changed_member_count: Annotated[int | None, "MemChangeCnt"] = None
    changed_members: Annotated[tuple[str, ...], "MemChangeList"] = ()
    last_member_version: Annotated[str | None, "LastMemVer"] = None
    current_member_version: Annotated[str | None, "CurMemVer"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChatDismissed(GroupChatEvent):
    """One event for the whole group; its members get none."""

    NAME = "change_external_chat.dismiss"


EVENTS = (GroupChatCreated, GroupChatUpdated, GroupChatDismissed)
