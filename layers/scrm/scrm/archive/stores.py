"""What the intake and the opening of pages keep: evidence that is written once, and small items that coordinate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class ParkReason(StrEnum):
    """Why a row could not be opened: its key is not here, what is here does not open it, or the library died of it."""

    KEY_MISSING = "key_missing"
    UNDECRYPTABLE = "undecryptable"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class StoredObject:
    body: bytes
    version_id: str


@dataclass(frozen=True, slots=True)
class ObjectDigest:
    """SHA-256 in hex of what a reader finds, and its version."""

    sha256: str
    version_id: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the archive is: the highest seq it has, and the end of the chain of manifests. It only grows."""

    seq: int = 0
    manifest_number: int = 0
    manifest_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who pulls. ``epoch`` grows with each holder; whoever was overtaken can write nothing more."""

    holder: str
    epoch: int
    held_until: datetime


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page that is stored and counted, and whose segment is still to be written."""

    asked_from: int
    key: str
    version_id: str
    sha256: str
    rows: int
    pulled_at: datetime


@dataclass(frozen=True, slots=True)
class ParkedPage:
    """Rows of one page, one key version and one reason that wait to be opened."""

    asked_from: int
    key_version: int
    reason: ParkReason
    seqs: tuple[int, ...]
    key: str
    sha256: str
    pulled_at: datetime

    @property
    def new_rows(self) -> int:
        """How many of them no earlier page told: a row that was told again waits with each telling, and counts once."""
        return sum(seq > self.asked_from for seq in self.seqs)


@dataclass(frozen=True, slots=True)
class SegmentPointer:
    """Where a page's opened rows are; ``day`` is the business day of the pull. Counts sum up to ``rows``."""

    day: date
    asked_from: int
    key: str
    version_id: str
    sha256: str
    rows: int
    opened: int
    parked: int
    raw: int


@dataclass(frozen=True, slots=True)
class WaitingSegment:
    """``reopened_from``: the first seq of rows that a late key opened, None for the page's own segment."""

    asked_from: int
    pulled_at: datetime
    reopened_from: int | None = None


@dataclass(frozen=True, slots=True)
class ReopenedRows:
    """Rows of a page that were opened later, and where they are; ``day`` is the business day on which they were.

    ``rows`` counts those that no earlier page told, as `ParkedPage.new_rows`.
    """

    day: date
    asked_from: int
    first_seq: int
    version_id: str
    sha256: str
    rows: int


class ArchiveObjects(Protocol):
    """The archive's bucket. Nothing in it is overwritten or deleted."""

    def put_once(self, key: str, body: bytes, content_type: str) -> str | None:
        """The version that was written; None, and nothing written, when the key is taken.

        None may also mean our own write of a moment ago, whose answer was lost.
        """

    def read(self, key: str) -> StoredObject | None: ...

    def digest(self, key: str) -> ObjectDigest | None:
        """Of what lies there, read piece by piece: a file may be large."""


class IntakeStore(Protocol):
    """Lease, cursor and pages that wait to be opened."""

    def take_lease(self, holder: str, now: datetime, until: datetime) -> int | None:
        """A new epoch; None while somebody else holds the lease."""

    def release_lease(self, epoch: int, now: datetime) -> None:
        """Let it end now; somebody else's stays."""

    def lease(self) -> Lease | None: ...

    def cursor(self) -> Cursor: ...

    def advance(self, before: Cursor, after: Cursor, page: OpenPage, epoch: int, until: datetime) -> bool:
        """Move the cursor, note the open page and prolong the lease, all or nothing.

        False when the cursor is not ``before`` any more, or the lease is not of this ``epoch``.
        """

    def open_pages(self) -> Iterator[OpenPage]:
        """In the order of their rows."""

    def newest_message_at(self) -> datetime | None: ...


class SegmentStore(Protocol):
    """Open pages, segments and parked rows, as the worker sees them."""

    def open_page(self, asked_from: int) -> OpenPage | None: ...

    def settle(self, page: OpenPage, segment: SegmentPointer, parked: Sequence[ParkedPage]) -> None:
        """The page is open no more, its segment is found by day and its parked rows by version; all or nothing.

        In the same write it is noted that the segment waits to be screened.
        """

    def message_seen(self, sent_at: datetime) -> None:
        """Keep the time of the newest message; an older one changes nothing."""

    def parked_pages(self) -> Iterator[ParkedPage]: ...

    def parked_page(self, asked_from: int, key_version: int, reason: ParkReason) -> ParkedPage | None: ...

    def unpark(self, page: ParkedPage, left: Sequence[int], reopened: ReopenedRows) -> None:
        """Only the rows ``left`` wait from now on; those reopened are found by day and wait to be screened.

        Nothing changes if ``page`` is not what is stored any more.
        """


class PullBudget(Protocol):
    """How often the corp may pull."""

    def not_before(self) -> datetime | None:
        """None when a pull may go now; it is then to be told with `answered` or `refused`."""

    def answered(self) -> None: ...

    def refused(self) -> datetime:
        """WeCom said that it was too often; when to come back."""


class SegmentNews(Protocol):
    """Tells those who read segments; what gets lost is told again by their own sweeps."""

    def segment_stored(self, asked_from: int, reopened_from: int | None = None) -> None:
        """``reopened_from``: the first seq of rows that were opened later, None for the page's own segment."""


class PageQueue(Protocol):
    """Tells the worker of pages to be opened."""

    def pages_stored(self, asked_from: Sequence[int]) -> None: ...

    def pages_parked(self, pages: Sequence[ParkedPage]) -> None: ...
