"""WeCom's mass-message API as an exchange of requests and replies, with pages, cursors and error codes.

Stands where `HttpExchange` does, so that the typed client, the transport and the rate governor are those of production.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.model import Channel
from scrm.campaign.ports import ApprovedContent, MassMessage
from scrm.campaign.task import RecipientState
from scrm.wecom import errors
from scrm.wecom.api.call import Call
from scrm.wecom.exchange import Reply
from tests.fakes.dispatch import CONTENT, FAR, FakeMassMessages
from tests.fakes.wecom import answer

_STATUS = {
    RecipientState.PENDING: 0,
    RecipientState.SENT: 1,
    RecipientState.NOT_FRIEND: 2,
    RecipientState.QUOTA_REACHED: 3,
}


class MassMessageExchange:
    """Answers as docs/wecom.md 13 says; ``wecom`` has the messages, and its members confirm when told to."""

    def __init__(self, wecom: FakeMassMessages) -> None:
        self._wecom = wecom
        self._answers: dict[str, Callable[[Mapping[str, Any]], Reply]] = {
            "externalcontact/add_msg_template": self._create,
            "externalcontact/get_groupmsg_list_v2": self._list,
            "externalcontact/get_groupmsg_task": self._members,
            "externalcontact/get_groupmsg_send_result": self._results,
            "externalcontact/remind_groupmsg_send": self._remind,
            "externalcontact/cancel_groupmsg_send": self._cancel,
        }

    def send(self, call: Call, secret_query: Mapping[str, str], timeout: tuple[float, float] | None = None) -> Reply:
        del secret_query, timeout
        if call.path == "gettoken":
            return answer(access_token="TOKEN", expires_in=7200)
        return self._answers[call.path](call.body or {})

    def _create(self, body: Mapping[str, Any]) -> Reply:
        assert body["chat_type"] == "single"
        assert body["allow_select"] is False
        content = ApprovedContent(CONTENT, body["text"]["content"], (), FAR)
        made = self._wecom.create(MassMessage(Channel.ONE_TO_ONE, body["sender"], body["external_userid"], content))
        return answer(msgid=made.msgid, fail_list=list(made.failed_ids))

    def _list(self, body: Mapping[str, Any]) -> Reply:
        since, until = (datetime.fromtimestamp(body[name], UTC) for name in ("start_time", "end_time"))
        rows = [
            {"msgid": seen.msgid, "create_time": str(_seconds(seen.created_at)), "text": {"content": seen.text}}
            for seen in self._wecom.created_between(Channel.ONE_TO_ONE, since, until)
        ]
        return _page("group_msg_list", rows, body)

    def _members(self, body: Mapping[str, Any]) -> Reply:
        try:
            members = list(self._wecom.members(body["msgid"]))
        except DispatchPostponedError:
            return answer(errors.MASS_MESSAGE_DISTRIBUTING)
        return _page("task_list", [{"userid": userid, "status": 2 if done else 0} for userid, done in members], body)

    def _results(self, body: Mapping[str, Any]) -> Reply:
        rows = [
            {
                "external_userid": target_id,
                "userid": body["userid"],
                "status": _STATUS[result.state],
                **({"send_time": _seconds(result.at)} if result.state is RecipientState.SENT else {}),
            }
            for target_id, result in self._wecom.results(body["msgid"], body["userid"])
        ]
        return _page("send_list", rows, body)

    def _remind(self, body: Mapping[str, Any]) -> Reply:
        self._wecom.remind(body["msgid"])
        return answer()

    def _cancel(self, body: Mapping[str, Any]) -> Reply:
        if self._wecom.messages[body["msgid"]].cancelled:
            return answer(errors.MASS_MESSAGE_CANCELLED)
        self._wecom.cancel(body["msgid"])
        return answer()


def _page(name: str, rows: Sequence[dict[str, Any]], body: Mapping[str, Any]) -> Reply:
    start, limit = int(body.get("cursor") or 0), body["limit"]
    end = start + limit
    page = list(islice(rows, start, end))
    fields: dict[str, Any] = {name: page, "next_cursor": str(end) if end < len(rows) else ""}
    return answer(**fields)


def _seconds(moment: datetime | None) -> int:
    assert moment is not None
    return int(moment.timestamp())
