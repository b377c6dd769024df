"""Customer groups and their owners (docs/wecom.md 5.7, 6.6)."""

from collections.abc import Iterator, Sequence
from typing import Any

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, Page, all_rows, cursor_of, parsed, require_ids, rows, with_cursor
from scrm.wecom.payloads.group_chats import GroupChat, GroupChatRow, GroupChatStatus, GroupTransferFailure

_LIST = "externalcontact/groupchat/list"
_ROWS = "group_chat_list"
# Easily taken for one another: the short path is the one for an owner who left (trap 19).
_RESIGNED = "externalcontact/groupchat/transfer"
_ON_JOB = "externalcontact/groupchat/onjob_transfer"


class GroupChats:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list_page(
        self,
        *,
        owners: Sequence[str] = (),
        status: GroupChatStatus | None = None,
        cursor: str = "",
        limit: int = limits.GROUP_PAGE,
    ) -> Page[GroupChatRow]:
        """One page of at most ``limit`` groups, of at most 100 ``owners`` or of all; ``status`` None is any.

        An owner who left is refused with 40003 (trap 21): ask by status OWNER_RESIGNED without owners, then `get`.
        """
        call = with_cursor(_list_call(owners, status, limit), cursor)
        reply = self._caller.call(call)
        return Page(tuple(rows(GroupChatRow, reply, _ROWS, call)), cursor_of(reply))

    def list(self, *, owners: Sequence[str] = (), status: GroupChatStatus | None = None) -> Iterator[GroupChatRow]:
        """As `list_page`, all pages."""
        return all_rows(self._caller, _list_call(owners, status), GroupChatRow, _ROWS)

    def of_departed_owner(self, userid: str) -> Iterator[GroupChat]:
        """Groups still waiting for a new owner after ``userid`` left: one detail call per waiting group of the corp."""
        wanted = userid.lower()
        for row in self.list(status=GroupChatStatus.OWNER_RESIGNED):
            group = self.get(row.chat_id)
            if group.owner.lower() == wanted:
                yield group

    def get(self, chat_id: str) -> GroupChat:
        """One group with its members; 90501 when it is no customer group."""
        call = Call("externalcontact/groupchat/get", body={"chat_id": chat_id, "need_name": 0})
        return parsed(GroupChat, self._caller.call(call).get("group_chat"), call)

    def transfer_resigned(self, chat_ids: Sequence[str], new_owner: str) -> tuple[GroupTransferFailure, ...]:
        """Give at most 100 groups of owners who left (else 90500) to ``new_owner``; returns the failures only.

        Not repeated after a lost answer: look at the owners with `get`.
        """
        return self._transfer(_RESIGNED, chat_ids, new_owner)

    def transfer_onjob(self, chat_ids: Sequence[str], new_owner: str) -> tuple[GroupTransferFailure, ...]:
        """As `transfer_resigned` for active owners (else 90502); a group moves at most twice in 90 days."""
        return self._transfer(_ON_JOB, chat_ids, new_owner)

    def _transfer(self, path: str, chat_ids: Sequence[str], new_owner: str) -> tuple[GroupTransferFailure, ...]:
        require_ids(path, "chat_ids", chat_ids, limits.TRANSFER_GROUPS)
        call = Call(path, body={"chat_id_list": [*chat_ids], "new_owner": new_owner}, repeatable=False)
        return tuple(rows(GroupTransferFailure, self._caller.call(call), "failed_chat_list", call))


def _list_call(owners: Sequence[str], status: GroupChatStatus | None, limit: int = limits.GROUP_PAGE) -> Call:
    body: dict[str, Any] = {"status_filter": 0 if status is None else status.value, "limit": limit}
    if owners:
        require_ids(_LIST, "owners", owners, limits.GROUP_OWNERS)
        body["owner_filter"] = {"userid_list": [*owners]}
    return Call(_LIST, body=body)
