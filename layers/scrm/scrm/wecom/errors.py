"""Failures at the WeCom boundary, classified exactly as docs/wecom.md 1.5.

``errmsg`` never leaves this module: it holds the caller's address and its text may change. Only the hint id is
kept, which WeCom's support asks for.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

_HINT = re.compile(r"hint:\s*\[([0-9A-Za-z_-]{1,80})\]")


class WecomError(Exception):
    """WeCom did not do what it was asked.

    ``errcode`` is WeCom's code, or None when no business answer came (timeout, outage, a body that is no JSON).
    ``path`` is the API path below ``/cgi-bin/``. ``hint`` is WeCom's id of the failed request, or empty.
    """

    def __init__(self, errcode: int | None, path: str, hint: str = "") -> None:
        super().__init__(errcode, path, hint)
        self.errcode = errcode
        self.path = path
        self.hint = hint

    def __str__(self) -> str:
        code = "no answer" if self.errcode is None else f"errcode {self.errcode}"
        return f"{self.path}: {code}" + (f", hint {self.hint}" if self.hint else "")


class TransientError(WecomError):
    """WeCom is busy or out of reach and stayed so for every allowed attempt (-1, 6000, timeouts, 5xx)."""


class OutcomeUnknownError(TransientError):
    """The request may have been carried out: it was sent and no readable answer came. Look before repeating."""


class RateLimitedError(WecomError):
    """Refused for frequency (45009) or concurrency (45033); nothing was done. Ask again at ``not_before``."""

    def __init__(self, errcode: int | None, path: str, hint: str = "", *, not_before: datetime) -> None:
        super().__init__(errcode, path, hint)
        self.not_before = not_before


class InProgressError(WecomError):
    """An inheritance of this customer or group runs already (40100, 40129, 90507): ask for its result instead."""


class TokenExpiredError(WecomError):
    """The token was refused (40014, 42001), also the one fetched anew for the one replay."""


class PermissionDeniedError(WecomError):
    """The app, its secret, its visible range or its trusted address does not allow this: an operator must act."""


class InvalidRequestError(WecomError):
    """Refused for good; repeating the same request cannot help.

    Also raised before sending when a limit of the platform is broken; then ``reason`` is a sentence.
    """

    def __init__(self, errcode: int | None, path: str, hint: str = "", *, reason: str = "") -> None:
        super().__init__(errcode, path, hint)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.reason else super().__str__()


class CallPostponedError(Exception):
    """Nothing was done: governor, breaker or token leave no room before ``not_before``.

    No call was issued, or only a read without an answer or one that WeCom turned away as busy.
    """

    def __init__(self, path: str, not_before: datetime) -> None:
        super().__init__(path, not_before)
        self.path = path
        self.not_before = not_before

    def __str__(self) -> str:
        return f"{self.path}: not before {self.not_before.isoformat(timespec='milliseconds')}"


class ErrorClass(StrEnum):
    """What to do about an errcode (docs/wecom.md 1.5)."""

    RETRY = "R"
    TOKEN = "T"  # noqa: S105 - a retry class
    BACK_OFF = "B"
    PERMANENT = "F"
    CONFIGURATION = "C"


SYSTEM_BUSY: Final = -1
OK: Final = 0
FREQUENCY_LIMIT: Final = 45009
CONCURRENCY_LIMIT: Final = 45033
UNKNOWN_USERID: Final = 40003
CONTACT_INVISIBLE: Final = 40096
NOT_RESIGNED_YET: Final = 40097
TAG_UNKNOWN: Final = 40068
WAY_UNKNOWN: Final = 41044
NO_RELATION: Final = 84061
WELCOME_CODE_INVALID: Final = 41050
WELCOME_CHAT_STARTED: Final = 41051
WELCOME_ARCHIVE_PENDING: Final = 41053
WELCOME_SENDING: Final = 41096
MASS_MESSAGE_DISTRIBUTING: Final = 41063
MASS_MESSAGE_CANCELLED: Final = 41093
MOMENT_ID_INVALID: Final = 41060
MOMENT_NOT_OF_MEMBER: Final = 41061
MOMENT_NOT_PUBLISHED: Final = 41062
MOMENT_JOBS_RUNNING: Final = 41078
MOMENT_DISTRIBUTING: Final = 41079
RULE_ID_INVALID: Final = 41070
RULE_DELETED: Final = 41071
RULE_NAME_TAKEN: Final = 41077
NO_VALID_RECEIVER: Final = 81013
CURSOR_INVALID: Final = 50100
MEMBER_INVISIBLE: Final = 60021
MEMBER_UNKNOWN: Final = 60111
OWNER_NOT_RESIGNED: Final = 90500
NOT_A_CUSTOMER_GROUP: Final = 90501
OWNER_RESIGNED: Final = 90502

# Answers that mean the wanted state holds already.
ALREADY_DONE: Final = frozenset({90504, 90508})

# fmt: off
_CODES: Final[Mapping[ErrorClass, tuple[int, ...]]] = {
    ErrorClass.RETRY: (SYSTEM_BUSY, 6000),
    ErrorClass.TOKEN: (40014, 42001),
    ErrorClass.BACK_OFF: (40100, 40129, FREQUENCY_LIMIT, CONCURRENCY_LIMIT, 90507),
    ErrorClass.PERMANENT: (
        UNKNOWN_USERID, 40031, 40032, 40035, 40058, 40063, 40066, 60003, 60123, TAG_UNKNOWN, 40071, 40072, 40126, 40096,
        NOT_RESIGNED_YET, 40098, 40099, 40128, 40130, 40131, 40132, 40143, 41001, 41002, 41004, 41009, 41035,
        41037, 41038, 41039, 41040, 41041, 41042, 41043, WAY_UNKNOWN, 41045, 41049, WELCOME_CODE_INVALID,
        WELCOME_CHAT_STARTED, WELCOME_ARCHIVE_PENDING, 41054, 41056, 41064, 41065, WELCOME_SENDING, 45029,
        CURSOR_INVALID, 60021, MEMBER_UNKNOWN, NO_VALID_RECEIVER, 81017, NO_RELATION, 84083, 84084,
        OWNER_NOT_RESIGNED, NOT_A_CUSTOMER_GROUP, OWNER_RESIGNED, 90503, 90504, 90508, 90509, 90510, 90511, 600018,
    ),
    ErrorClass.CONFIGURATION: (
        40001, 40013, 40091, 48002, 48009, 50001, 50002, 50003, 60031, 60011, 60020, 84074, 301002,
    ),
}
# fmt: on

CLASS_OF: Final[Mapping[int, ErrorClass]] = MappingProxyType(
    {code: error_class for error_class, codes in _CODES.items() for code in codes}
)

_EXCEPTION_OF: Final[Mapping[ErrorClass, type[WecomError]]] = {
    ErrorClass.RETRY: TransientError,
    ErrorClass.TOKEN: TokenExpiredError,
    ErrorClass.BACK_OFF: InProgressError,  # 45009 and 45033 need a time and are raised by the transport
    ErrorClass.PERMANENT: InvalidRequestError,
    ErrorClass.CONFIGURATION: PermissionDeniedError,
}


def classify(errcode: int) -> ErrorClass:
    """The retry class of a code other than 0. A code nobody has described is permanent: it is not repeated."""
    return CLASS_OF.get(errcode, ErrorClass.PERMANENT)


def hint_of(errmsg: object) -> str:
    """The hint id inside WeCom's ``errmsg``, or empty; the rest of the text (it names our address) is dropped."""
    found = _HINT.search(errmsg) if isinstance(errmsg, str) else None
    return found.group(1) if found else ""


def error_for(errcode: int, path: str, hint: str = "") -> WecomError:
    """The exception for a business answer; 45009 and 45033 are the transport's, because they carry a time."""
    return _EXCEPTION_OF[classify(errcode)](errcode, path, hint)
