"""What can go wrong between the archive and whoever gives it pages."""

from enum import StrEnum
from typing import Final


class FailureKind(StrEnum):
    """What helps against a failure of the source.

    ``retry`` the same again; ``too_big`` fewer rows at a time; ``slow_down`` later; ``stale_token`` the same again
    with a new token, which the source fetches by itself; ``crashed`` the same again, the source has restarted;
    ``not_allowed`` an operator must act (address, secret, right, seats); ``fix`` nothing: the request is wrong.
    """

    RETRY = "retry"
    TOO_BIG = "too_big"
    SLOW_DOWN = "slow_down"
    NOT_ALLOWED = "not_allowed"
    FIX = "fix"
    STALE_TOKEN = "stale_token"  # noqa: S105 - a kind of failure
    CRASHED = "crashed"


class SourceFailure(Exception):  # noqa: N818 - named after what the operator reads
    """Nothing came from the source. ``code`` is WeCom's or its library's, 0 where neither gave one."""

    def __init__(self, code: int, kind: FailureKind) -> None:
        super().__init__(code, kind)
        self.code = code
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.kind}, code {self.code}"

    def waits(self, failures: int) -> float:
        """Seconds before the next try after so many ``failures`` in a row; none for the first token that ran out:
        WeCom has nothing against the call itself, and a run that waits is paid for."""
        is_first_token = failures == 1 and self.kind is FailureKind.STALE_TOKEN
        return 0.0 if is_first_token else 2.0**failures


class UndecryptableMessage(Exception):  # noqa: N818 - it is the message that has the fault
    """One row cannot be read: a wrong key, or bytes that are no message. ``code`` is the library's (10006, 10008)."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class KeyMissing(Exception):  # noqa: N818 - a state, not a fault: the key may yet come
    """No private key of this version, or one that is no key."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


_KINDS: Final[dict[FailureKind, tuple[int, ...]]] = {
    FailureKind.RETRY: (-1, 6000, 10001, 10002, 10003),
    FailureKind.STALE_TOKEN: (40014, 41001, 42001),
    FailureKind.SLOW_DOWN: (45009, 45033),
    FailureKind.TOO_BIG: (301058,),
    FailureKind.NOT_ALLOWED: (
        *(10009, 10011, 40001, 40013, 40091, 41004, 48002, 48009, 50001, 50002, 50003, 60011, 60020, 60031),
        *(301002, 301042, 301052, 301053),
    ),
}
_KIND_OF: Final = {code: kind for kind, codes in _KINDS.items() for code in codes}


def failure(code: int) -> SourceFailure:
    """The failure for a code of WeCom or of its library; a code nobody has described does not get better by itself."""
    return SourceFailure(code, _KIND_OF.get(code, FailureKind.FIX))
