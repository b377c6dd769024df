"""Days that were certified, as operators and auditors list them; the certificates themselves lie in the bucket (O6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from scrm.archive.certificate import Consents, Counts, MediaCounts
from scrm.paging import Page


@dataclass(frozen=True, slots=True)
class SeatCounts:
    """Members of the roster, members whom WeCom archives, and how many of the roster it does not."""

    roster: int
    permitted: int
    without: int


@dataclass(frozen=True, slots=True)
class CertifiedDay:
    """What a certificate says in short. ``root`` (SHA-256, hex) is what was signed; ``signature`` is DER, ECDSA.

    ``objects`` is how many the certificate names; ``parked`` are rows that waited then, by version of the key.
    """

    day: date
    made_at: datetime
    root: str
    previous_root: str
    signature: bytes
    counts: Counts
    parked: Mapping[str, int]
    objects: int
    media: MediaCounts
    seats: SeatCounts | None
    consents: Consents | None = None


class CertifiedDayQueries(Protocol):
    def page(self, cursor: str | None, limit: int) -> Page[CertifiedDay]:
        """The latest first. Raises InvalidCursorError."""
        ...

    def day(self, day: date) -> CertifiedDay | None: ...
