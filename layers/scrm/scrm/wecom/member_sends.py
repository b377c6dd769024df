"""Application messages in the campaign's words (docs/wecom.md 7)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from scrm import clock
from scrm.campaign.dispatch_errors import SendRefusedError
from scrm.campaign.member_messages import MemberWords
from scrm.wecom import errors as wecom
from scrm.wecom.api.application_messages import TextCard, TextMessage
from scrm.wecom.campaign_calls import CampaignCalls
from scrm.wecom.client import WecomClient

_NOT_REACHED: Final = frozenset({wecom.NO_VALID_RECEIVER, wecom.MEMBER_UNKNOWN, wecom.UNKNOWN_USERID})
_INVALID, _NOT_LICENSED = "invalid_member", "not_licensed"


class WecomMemberCalls(CampaignCalls):
    """Implements `scrm.campaign.member_messages.MemberCalls`."""

    def __init__(
        self,
        client: WecomClient,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        super().__init__(on_permission_denied, now)
        self._api = client.application_messages

    def tell(self, userid: str, words: MemberWords) -> str:
        message = TextCard(words.title, words.text, words.url) if words.url else TextMessage(words.text)
        try:
            sent = self.asked(lambda: self._api.send([userid], message))
        except SendRefusedError as refused:
            if refused.errcode in _NOT_REACHED:
                raise SendRefusedError(refused.errcode, _INVALID) from refused
            raise
        if sent.not_reached:
            raise SendRefusedError(wecom.NO_VALID_RECEIVER, _NOT_LICENSED if sent.unlicenseduser else _INVALID)
        return sent.msgid

    def recall(self, msgid: str) -> None:
        self.asked(lambda: self._api.recall(msgid))
