"""What campaigns hear of calls that WeCom did not answer as wished."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from scrm import clock
from scrm.campaign import dispatch_errors as dispatch
from scrm.wecom import errors as wecom

TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
DISTRIBUTED_AFTER: Final = timedelta(minutes=2)
OPERATOR_MUST_ACT_AFTER: Final = timedelta(minutes=10)
# Not refused for good: ask again then.
_LATER: Final = {
    wecom.MASS_MESSAGE_DISTRIBUTING: DISTRIBUTED_AFTER,
    wecom.MOMENT_DISTRIBUTING: DISTRIBUTED_AFTER,
    wecom.MOMENT_JOBS_RUNNING: TRY_AGAIN_AFTER,
}


class CampaignCalls:
    """Asks WeCom and raises the `DispatchError` for what went wrong.

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
            later = _LATER.get(error.errcode or 0)
            if later is not None:
                raise dispatch.DispatchPostponedError(self._now() + later) from error
            raise dispatch.SendRefusedError(error.errcode or 0) from error

    def each[Row](self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a list call, page after page as they are wanted; `asked` for every page."""
        while (row := self.asked(lambda: next(rows, None))) is not None:
            yield row
