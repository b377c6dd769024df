"""Members' own mass messages in the ledger's words (docs/wecom.md 13)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from scrm import clock, ids
from scrm.pressure.model import PressureClass
from scrm.pressure.personal import PersonalMessage, PersonalPostponedError, PersonalRefusedError, Received
from scrm.wecom import errors as wecom
from scrm.wecom.api.mass_messages import ChatType
from scrm.wecom.client import WecomClient
from scrm.wecom.payloads.mass_messages import MassMessageStatus

_TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
_OPERATOR_MUST_ACT_AFTER: Final = timedelta(minutes=10)


class WecomPersonalMessages:
    """Implements `scrm.pressure.personal.PersonalMessages`.

    ``on_permission_denied`` is told of configuration faults, which an alarm watches.
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

    def created_between(
        self, pressure_class: PressureClass, since: datetime, until: datetime
    ) -> Iterator[PersonalMessage]:
        chat_type: ChatType = "group" if pressure_class is PressureClass.GROUP else "single"
        for row in self._each(self._api.created_by_members(chat_type, since, until)):
            if row.creator:
                userid = ids.fold_userid(row.creator)
                yield PersonalMessage(row.msgid, userid, pressure_class, row.created_at or since)

    def received(self, message: PersonalMessage) -> Iterator[Received]:
        for row in self._each(self._api.results(message.msgid, message.userid)):
            sent = row.status is MassMessageStatus.SENT
            yield Received(
                row.external_userid or row.chat_id,
                (row.sent_at or message.created_at) if sent else None,
                is_open=row.status is MassMessageStatus.NOT_SENT,
            )

    def _each[Row](self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a list call, page after page as they are wanted."""
        while (row := self._asked(lambda: next(rows, None))) is not None:
            yield row

    def _asked[Answer](self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except (wecom.CallPostponedError, wecom.RateLimitedError) as error:
            raise PersonalPostponedError(error.not_before) from error
        except (wecom.TransientError, wecom.TokenExpiredError) as error:
            raise PersonalPostponedError(self._now() + _TRY_AGAIN_AFTER) from error
        except wecom.PermissionDeniedError as error:
            self._on_permission_denied(error)
            raise PersonalPostponedError(self._now() + _OPERATOR_MUST_ACT_AFTER) from error
        except (wecom.InvalidRequestError, wecom.InProgressError) as error:
            if error.errcode == wecom.MASS_MESSAGE_DISTRIBUTING:
                raise PersonalPostponedError(self._now() + _TRY_AGAIN_AFTER) from error
            raise PersonalRefusedError(error.errcode or 0) from error
