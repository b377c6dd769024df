"""WeCom's failures in a feature's own words: when to ask again is the same for all, what it is called is not."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from scrm import clock
from scrm.wecom import errors as wecom

TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
OPERATOR_MUST_ACT_AFTER: Final = timedelta(minutes=10)


class TranslatedCalls(ABC):
    """Asks WeCom and raises what the feature calls it when that goes wrong.

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
        """The call's answer, or the feature's error for what went wrong."""
        try:
            return call()
        except (wecom.CallPostponedError, wecom.RateLimitedError) as error:
            raise self._postponed(error.not_before) from error
        except wecom.OutcomeUnknownError as error:
            raise self._outcome_unknown() from error
        except (wecom.TransientError, wecom.TokenExpiredError) as error:
            raise self._postponed(self._now() + TRY_AGAIN_AFTER) from error
        except wecom.PermissionDeniedError as error:
            self._on_permission_denied(error)
            raise self._postponed(self._now() + OPERATOR_MUST_ACT_AFTER) from error
        except (wecom.InvalidRequestError, wecom.InProgressError) as error:
            raise self._refused(error.errcode or 0) from error

    def each[Row](self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a list call, page after page as they are wanted; `asked` for every page."""
        while (row := self.asked(lambda: next(rows, None))) is not None:
            yield row

    @abstractmethod
    def _postponed(self, not_before: datetime) -> Exception:
        """Nothing was done; there is room again then."""

    @abstractmethod
    def _outcome_unknown(self) -> Exception:
        """It was sent and no answer came."""

    @abstractmethod
    def _refused(self, errcode: int) -> Exception:
        """WeCom refused; 0 for what we did not even send."""
