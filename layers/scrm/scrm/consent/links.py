"""Links to the page on which a customer himself says whether he wants marketing (R1, R18).

A link names its customer sealed: nobody can read who he is, or make a link for somebody else. It belongs to the
customer and not to his owner, so it is good after a handover too, and nothing is stored for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

PAGE_PATH = "/o/"
LONGEST_TOKEN = 256
"""A longer one is not opened."""
LINK_DAYS = 730
_DAY_BYTES = 2
_EPOCH = datetime.fromtimestamp(0, UTC)


class LinkRejectedError(Exception):
    """Cut, changed, of another corp or purpose, or sealed with a key that was withdrawn."""


class LinkExpiredError(Exception):
    """One of ours, older than links may be."""


class LinkSeal(Protocol):
    """Seals bytes into a token of lower-case letters, digits and ``-``. The same bytes give the same token."""

    def sealed(self, plain: bytes) -> str: ...

    def opened(self, token: str) -> bytes:
        """Raises LinkRejectedError."""


@dataclass(frozen=True, slots=True)
class LinkTokens:
    """The last part of a link. It holds the day on which it ends, so the links of one day are the same."""

    seal: LinkSeal
    now: Callable[[], datetime]

    def token_for(self, external_userid: str) -> str:
        return self.seal.sealed(self._last_day().to_bytes(_DAY_BYTES) + external_userid.encode())

    def customer_of(self, token: str) -> str:
        """Raises LinkRejectedError, LinkExpiredError."""
        plain = self.seal.opened(token)
        if int.from_bytes(plain[:_DAY_BYTES]) < self._today():
            raise LinkExpiredError
        return plain[_DAY_BYTES:].decode()

    def good_until(self) -> datetime:
        """The end of a link that is made now."""
        return _EPOCH + timedelta(days=self._last_day() + 1)

    def _today(self) -> int:
        return (self.now() - _EPOCH).days

    def _last_day(self) -> int:
        return self._today() + LINK_DAYS


@dataclass(frozen=True, slots=True)
class OptOutLinks:
    """Use case: the link that a message to a customer carries. ``page_url`` has no slash at its end."""

    page_url: str
    tokens: LinkTokens

    @property
    def longest_bytes(self) -> int:
        """No link is longer, whoever the customer is."""
        return len(f"{self.page_url}{PAGE_PATH}".encode()) + LONGEST_TOKEN

    def link_for(self, external_userid: str) -> str:
        """Some 130 characters behind ``page_url``; whoever has it speaks for the customer, so it belongs in no log."""
        return f"{self.page_url}{PAGE_PATH}{self.tokens.token_for(external_userid)}"
