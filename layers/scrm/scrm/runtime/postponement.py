"""A message that met a limit or an outage of WeCom goes back to its queue for later; nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from scrm import clock
from scrm.runtime.observability import count, logger
from scrm.wecom.errors import (
    CallPostponedError,
    PermissionDeniedError,
    RateLimitedError,
    TokenExpiredError,
    TransientError,
)

# What `postponed_until` turns into a later message.
POSTPONING = (CallPostponedError, RateLimitedError, TransientError, TokenExpiredError, PermissionDeniedError)

OUTAGE_PAUSE = timedelta(minutes=1)
OPERATOR_PAUSE = timedelta(minutes=10)


@contextmanager
def postponed_until(send_later: Callable[[timedelta], None]) -> Iterator[None]:
    """Turn a postponement inside the block into a later message; other errors go their way.

    A redelivery by SQS would count towards the dead-letter queue, and a penalty can last an hour.
    """
    try:
        yield
    except (CallPostponedError, RateLimitedError) as error:
        _postpone(send_later, error.not_before - clock.now())
    except (TransientError, TokenExpiredError):
        _postpone(send_later, OUTAGE_PAUSE)
    except PermissionDeniedError as error:
        logger.error("WeCom denies the app a permission", errcode=error.errcode, path=error.path, hint=error.hint)
        count("PermissionDenied")
        _postpone(send_later, OPERATOR_PAUSE)


def _postpone(send_later: Callable[[timedelta], None], delay: timedelta) -> None:
    count("CallPostponed")
    send_later(delay)
