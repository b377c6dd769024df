"""WeCom's mass messages in the campaign's words (docs/wecom.md 13)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from scrm import clock, ids
from scrm.campaign import dispatch_errors as dispatch
from scrm.campaign.model import Channel
from scrm.campaign.ports import AcceptedMessage, MassMessage, MessageSeen
from scrm.campaign.task import RecipientState, Result
from scrm.wecom import errors as wecom
from scrm.wecom.api.mass_messages import ChatType
from scrm.wecom.client import WecomClient
from scrm.wecom.payloads.mass_messages import MassMessageStatus

TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
DISTRIBUTED_AFTER: Final = timedelta(minutes=2)
OPERATOR_MUST_ACT_AFTER: Final = timedelta(minutes=10)
_STATE: Final = {
    MassMessageStatus.SENT: RecipientState.SENT,
    MassMessageStatus.NOT_FRIEND: RecipientState.NOT_FRIEND,
    MassMessageStatus.QUOTA_REACHED: RecipientState.QUOTA_REACHED,
}


class WecomMassMessages:
    """Implements `scrm.campaign.ports.MassMessages`.

    ``on_permission_denied`` is told of configuration faults (60020, 48002 and the like), which an alarm watches.
    """

    def __init__(
        self,
        client: WecomClient,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._api = client.mass_messages
        self._on_permission_denied = on_permission_denied
        self._now = now

    def create(self, message: MassMessage) -> AcceptedMessage:
        content = message.content
        chat_type = _chat_type(message.channel)
        created = self._asked(
            lambda: self._api.create(chat_type, message.sender, message.target_ids, content.text, content.attachments)
        )
        return AcceptedMessage(created.msgid, created.fail_list)

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:
        for row in self._each(self._api.created(_chat_type(channel), since, until)):
            if not row.creator:
                yield MessageSeen(row.msgid, row.created_at, row.text.content)

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        for row in self._each(self._api.members(msgid)):
            yield ids.fold_userid(row.userid), row.has_confirmed

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        for row in self._each(self._api.results(msgid, userid)):
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
            self._asked(lambda: self._api.cancel(msgid))
        except dispatch.SendRefusedError as refused:
            if refused.errcode != wecom.MASS_MESSAGE_CANCELLED:
                raise

    def _asked[Answer](self, call: Callable[[], Answer]) -> Answer:
        """The call's answer, or the `DispatchError` for what went wrong."""
        try:
            return call()
        except (wecom.CallPostponedError, wecom.RateLimitedError) as error:
            raise dispatch.DispatchPostponedError(error.not_before) from error
        except wecom.OutcomeUnknownError as error:
            raise dispatch.SendOutcomeUnknownError from error
        except (wecom.TransientError, wecom.TokenExpiredError) as error:
            raise dispatch.DispatchPostponedError(self._now() + TRY_AGAIN_AFTER) from error
        except wecom.PermissionDeniedError as error:
            self._on_permission_denied(error)
            raise dispatch.DispatchPostponedError(self._now() + OPERATOR_MUST_ACT_AFTER) from error
        except (wecom.InvalidRequestError, wecom.InProgressError) as error:
            if error.errcode == wecom.MASS_MESSAGE_DISTRIBUTING:
                raise dispatch.DispatchPostponedError(self._now() + DISTRIBUTED_AFTER) from error
            raise dispatch.SendRefusedError(error.errcode or 0) from error

    def _each[Row](self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a list call, page after page as they are wanted; `_asked` for every page."""
        while (row := self._asked(lambda: next(rows, None))) is not None:
            yield row


def _chat_type(channel: Channel) -> ChatType:
    return "group" if channel is Channel.GROUP else "single"
