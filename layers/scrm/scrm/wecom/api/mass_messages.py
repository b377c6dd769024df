"""Mass messages that members send to their customers or groups (docs/wecom.md 13; S64, S66).

The call makes a task for each member; nothing reaches a customer before the member confirms it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, all_rows, parsed, require_bytes, require_ids
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.mass_messages import CreatedMassMessage, MassMessageMember, MassMessageResult, MassMessageRow

type ChatType = Literal["single", "group"]

_CREATE = "externalcontact/add_msg_template"
_LIST = "externalcontact/get_groupmsg_list_v2"
_MEMBERS = "externalcontact/get_groupmsg_task"
_RESULTS = "externalcontact/get_groupmsg_send_result"
_CREATED_BY_CORP = 0
_CREATED_BY_MEMBERS = 1


class MassMessages:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(
        self,
        chat_type: ChatType,
        sender: str,
        target_ids: Sequence[str],
        text: str,
        attachments: Sequence[Mapping[str, Any]] = (),
    ) -> CreatedMassMessage:
        """Ask ``sender`` to send to his customers, or his groups, and to nobody else.

        Not repeated after a lost answer: `OutcomeUnknownError`, then look at `created`. Without ``external_userid``
        WeCom would take all of the sender's customers, and it lets the member choose only if it is told to; neither
        is ever asked for.
        """
        single = chat_type == "single"
        most = limits.MASS_MESSAGE_CUSTOMERS if single else limits.MASS_MESSAGE_GROUPS
        targets = "external_userid" if single else "chat_id_list"
        require_ids(_CREATE, targets, target_ids, most)
        require_ids(_CREATE, "sender", [sender], 1)
        require_bytes(_CREATE, "text.content", text, limits.MASS_TEXT_BYTES)
        if not text and not attachments:
            raise InvalidRequestError(None, _CREATE, reason="text and attachments must not both be empty")
        if len(attachments) > limits.MASS_ATTACHMENTS:
            raise InvalidRequestError(None, _CREATE, reason=f"at most {limits.MASS_ATTACHMENTS} attachments")
        body: dict[str, Any] = {"chat_type": chat_type, "sender": sender, targets: list(target_ids)}
        if single:
            body["allow_select"] = False
        if text:
            body["text"] = {"content": text}
        if attachments:
            body["attachments"] = [dict(attachment) for attachment in attachments]
        call = Call(_CREATE, body=body, repeatable=False)
        return parsed(CreatedMassMessage, self._caller.call(call), call)

    def created(self, chat_type: ChatType, since: datetime, until: datetime) -> Iterator[MassMessageRow]:
        """What was created for the corp between the two, at most a month apart; personal messages are left out."""
        return self._listed(chat_type, since, until, _CREATED_BY_CORP)

    def created_by_members(self, chat_type: ChatType, since: datetime, until: datetime) -> Iterator[MassMessageRow]:
        """What members created of their own accord between the two, at most a month apart."""
        return self._listed(chat_type, since, until, _CREATED_BY_MEMBERS)

    def _listed(
        self, chat_type: ChatType, since: datetime, until: datetime, filter_type: int
    ) -> Iterator[MassMessageRow]:
        body = {
            "chat_type": chat_type,
            "start_time": int(since.timestamp()),
            "end_time": int(until.timestamp()) + 1,
            "filter_type": filter_type,
            "limit": limits.MASS_MESSAGE_LIST_PAGE,
        }
        return all_rows(self._caller, Call(_LIST, body=body), MassMessageRow, "group_msg_list")

    def members(self, msgid: str) -> Iterator[MassMessageMember]:
        """Who is to send it. 41063 while WeCom still distributes it."""
        body = {"msgid": msgid, "limit": limits.MASS_MESSAGE_RESULT_PAGE}
        return all_rows(self._caller, Call(_MEMBERS, body=body), MassMessageMember, "task_list")

    def results(self, msgid: str, userid: str) -> Iterator[MassMessageResult]:
        """What became of each customer of the member; of groups those that he has sent to."""
        body = {"msgid": msgid, "userid": userid, "limit": limits.MASS_MESSAGE_RESULT_PAGE}
        return all_rows(self._caller, Call(_RESULTS, body=body), MassMessageResult, "send_list")

    def remind(self, msgid: str) -> None:
        """Remind members who have not confirmed; at most three times in 24 hours (41094)."""
        self._caller.call(Call("externalcontact/remind_groupmsg_send", body={"msgid": msgid}, repeatable=False))

    def cancel(self, msgid: str) -> None:
        """Members who have not confirmed cannot any more; what was sent stays sent."""
        self._caller.call(Call("externalcontact/cancel_groupmsg_send", body={"msgid": msgid}))
