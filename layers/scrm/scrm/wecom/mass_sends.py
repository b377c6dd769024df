"""WeCom's mass messages in the campaign's words (docs/wecom.md 13)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from scrm import clock, ids
from scrm.campaign import dispatch_errors as dispatch
from scrm.campaign.ports import AcceptedMessage, MassMessage, MessageSeen
from scrm.campaign.task import RecipientState, Result
from scrm.campaign.terms import Channel
from scrm.wecom import errors as wecom
from scrm.wecom.api.mass_messages import ChatType
from scrm.wecom.campaign_calls import CampaignCalls
from scrm.wecom.client import WecomClient
from scrm.wecom.payloads.mass_messages import MassMessageStatus

_STATE: Final = {
    MassMessageStatus.SENT: RecipientState.SENT,
    MassMessageStatus.NOT_FRIEND: RecipientState.NOT_FRIEND,
    MassMessageStatus.QUOTA_REACHED: RecipientState.QUOTA_REACHED,
}


class WecomMassMessages(CampaignCalls):
    """Implements `scrm.campaign.ports.MassMessages`."""

    def __init__(
        self,
        client: WecomClient,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        super().__init__(on_permission_denied, now)
        self._api = client.mass_messages

    def create(self, message: MassMessage) -> AcceptedMessage:
        content = message.content
        chat_type = _chat_type(message.channel)
        created = self.asked(
            lambda: self._api.create(chat_type, message.sender, message.target_ids, content.text, content.attachments)
        )
        return AcceptedMessage(created.msgid, created.fail_list)

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:
        for row in self.each(self._api.created(_chat_type(channel), since, until)):
            if not row.creator:
                yield MessageSeen(row.msgid, row.created_at, row.text.content)

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        for row in self.each(self._api.members(msgid)):
            yield ids.fold_userid(row.userid), row.has_confirmed

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        for row in self.each(self._api.results(msgid, userid)):
            state = _STATE.get(row.status, RecipientState.PENDING)
            at = (row.sent_at or self._now()) if state is not RecipientState.PENDING else None
            yield row.external_userid or row.chat_id, Result(state, at)

    def remind(self, msgid: str) -> None:
        """A reminder that WeCom does not take, or whose answer is lost, is none: the next one comes by itself."""
        try:
            self._api.remind(msgid)
        except (wecom.WecomError, wecom.CallPostponedError):
            return

    def cancel(self, msgid: str) -> None:
        try:
            self.asked(lambda: self._api.cancel(msgid))
        except dispatch.SendRefusedError as refused:
            if refused.errcode != wecom.MASS_MESSAGE_CANCELLED:
                raise


def _chat_type(channel: Channel) -> ChatType:
    return "group" if channel is Channel.GROUP else "single"
