"""Segments that wait for those who read them, in the archive's table.

================  ========================  ===========================================================================
pk                sk                        item
================  ========================  ===========================================================================
``SCREENING``     ``<page>``                the page's segment waits to be screened
``MEDIAWAITING``  ``<page>``                the page's segment waits to be looked through for files
either            ``<page>#<first seq>``    rows of the page that were opened later wait
================  ========================  ===========================================================================

A note is written by the transaction that settles the page or takes the rows off the parked ones, and taken away by the
reader when it is done. Numbers are texts: they go up to 2**64.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from scrm.archive.stores import WaitingSegment
from scrm.aws.table import Put, Table, starts_with
from scrm.clock import from_iso, to_iso

SCREENING: Final = "SCREENING"
MEDIA: Final = "MEDIAWAITING"
_READERS: Final = (SCREENING, MEDIA)
_SCHEMA_VERSION: Final = 1


def waiting_puts(asked_from: int, reopened_from: int | None, pulled_at: datetime) -> list[Put]:
    """One note a reader."""
    item = {
        "asked_from": str(asked_from),
        "reopened_from": None if reopened_from is None else str(reopened_from),
        "pulled_at": to_iso(pulled_at),
        "schema_version": _SCHEMA_VERSION,
    }
    return [Put({**_key(reader, asked_from, reopened_from), **item}) for reader in _READERS]


def waiting_in(table: Table, reader: str) -> Iterator[WaitingSegment]:
    """Everything that waits for one of the readers."""
    return map(_to_segment, table.query(starts_with(reader)))


def taken(table: Table, reader: str, asked_from: int, reopened_from: int | None) -> None:
    """The reader is done with it; repeatable."""
    table.delete(_key(reader, asked_from, reopened_from))


class DynamoWaitingSegments:
    """Implements `scrm.screening.segments.WaitingSegments`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def waiting(self, asked_from: int, reopened_from: int | None) -> WaitingSegment | None:
        item = self._table.get(_key(SCREENING, asked_from, reopened_from))
        return _to_segment(item) if item else None

    def screened(self, segment: WaitingSegment) -> None:
        taken(self._table, SCREENING, segment.asked_from, segment.reopened_from)

    def all_waiting(self) -> Iterator[WaitingSegment]:
        return waiting_in(self._table, SCREENING)


def _key(reader: str, asked_from: int, reopened_from: int | None) -> dict[str, str]:
    later = "" if reopened_from is None else f"#{reopened_from:020d}"
    return {"pk": reader, "sk": f"{asked_from:020d}{later}"}


def _to_segment(item: Mapping[str, Any]) -> WaitingSegment:
    reopened_from = item.get("reopened_from")
    return WaitingSegment(
        int(item["asked_from"]),
        from_iso(item["pulled_at"]),
        None if reopened_from is None else int(reopened_from),
    )
