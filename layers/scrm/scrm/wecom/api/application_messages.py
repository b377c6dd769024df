"""Messages of the app to members, never to customers (docs/wecom.md 7.1)."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scrm import ids
from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, parsed, require_bytes, require_ids, require_length
from scrm.wecom.payloads.application_messages import SentMessage

_SEND = "message/send"
_RECALL = "message/recall"


class TextMessage(NamedTuple):
    content: str

    def body(self) -> dict[str, Any]:
        require_bytes(_SEND, "content", self.content, limits.TEXT_BYTES)
        return {"msgtype": "text", "text": {"content": self.content}}


class MarkdownMessage(NamedTuple):
    content: str

    def body(self) -> dict[str, Any]:
        require_bytes(_SEND, "content", self.content, limits.TEXT_BYTES)
        return {"msgtype": "markdown", "markdown": {"content": self.content}}


class TextCard(NamedTuple):
    title: str
    description: str
    url: str
    button: str = "详情"

    def body(self) -> dict[str, Any]:
        require_length(_SEND, "title", self.title, limits.CARD_TITLE_LENGTH)
        require_length(_SEND, "description", self.description, limits.CARD_DESCRIPTION_LENGTH)
        require_length(_SEND, "button", self.button, limits.CARD_BUTTON_LENGTH)
        require_bytes(_SEND, "url", self.url, limits.CARD_URL_BYTES)
        card = {"title": self.title, "description": self.description, "url": self.url, "btntxt": self.button}
        return {"msgtype": "textcard", "textcard": card}


class ApplicationMessages:
    def __init__(self, caller: Caller, agent_id: Callable[[], int]) -> None:
        self._caller = caller
        self._agent_id = agent_id

    def send(self, userids: Sequence[str], message: TextMessage | MarkdownMessage | TextCard) -> SentMessage:
        """Send to at most 1,000 members; WeCom drops an equal message sent again within four hours.

        After `OutcomeUnknownError` the very same message may be sent again within that time. More than 30 a minute
        or 1,000 an hour to one member WeCom would drop silently (docs/wecom.md 1.4), so each has a budget.
        """
        require_ids(_SEND, "userids", userids, limits.MESSAGE_MEMBERS)
        body = {
            "touser": "|".join(userids),
            "agentid": self._agent_id(),
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(limits.DUPLICATE_CHECK_INTERVAL.total_seconds()),
            **message.body(),
        }
        budgets = tuple(limits.messages_to(ids.fold_userid(userid)) for userid in userids)
        call = Call(_SEND, body=body, repeatable=False, budgets=budgets)
        return parsed(SentMessage, self._caller.call(call), call)

    def recall(self, msgid: str) -> None:
        """Take a message back from all its members, within 24 hours; what they read they have read (7.2)."""
        self._caller.call(Call(_RECALL, body={"msgid": msgid}))
