"""What WeCom answered, as the handover's errors: shared by all that implement a port of `scrm.handover.ports`."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from scrm import clock
from scrm.handover import errors as handover
from scrm.wecom import errors as wecom

TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
OPERATOR_MUST_ACT_AFTER: Final = timedelta(minutes=10)

_STILL_ACTIVE: Final = frozenset({wecom.NOT_RESIGNED_YET, wecom.OWNER_NOT_RESIGNED})


class HandoverErrors:
    """Asks WeCom and translates what goes wrong.

    ``on_permission_denied`` is told of configuration faults (60020, 48002 and the like), which an alarm watches.
    """

    def __init__(
        self,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._on_permission_denied = on_permission_denied
        self._now = now

    def asked[Answer](self, call: Callable[[], Answer]) -> Answer:
        """The call's answer, or the `HandoverError` for what went wrong."""
        try:
            return call()
        except (wecom.CallPostponedError, wecom.RateLimitedError) as error:
            raise handover.TransferPostponedError(error.not_before) from error
        except wecom.OutcomeUnknownError as error:
            raise handover.OutcomeUnknownError from error
        except (wecom.TransientError, wecom.TokenExpiredError) as error:
            raise handover.TransferPostponedError(self._now() + TRY_AGAIN_AFTER) from error
        except wecom.PermissionDeniedError as error:
            self._on_permission_denied(error)
            raise handover.TransferPostponedError(self._now() + OPERATOR_MUST_ACT_AFTER) from error
        except (wecom.InvalidRequestError, wecom.InProgressError) as error:
            if error.errcode in _STILL_ACTIVE:
                raise handover.AccountStillActiveError from error
            if error.errcode == wecom.OWNER_RESIGNED:
                raise handover.AccountDeletedError from error
            raise handover.TransferRefusedError(error.errcode or 0) from error

    def each[Row](self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a list call, page after page as they are wanted; `asked` for every page."""
        while (row := self.asked(lambda: next(rows, None))) is not None:
            yield row
