"""Certified days in the archive's table, and what a day's certificate is made from.

=============  ================  ==================================================================================
pk             sk                item
=============  ================  ==================================================================================
``CERTIFIED``  ``<day>``         a certified day: root, signature, figures; the certificate itself is in the bucket
=============  ================  ==================================================================================
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from scrm.archive.certificate import Counts, DayCertificate, DayMedia, MediaCounts, NamedObject, consents_of, root_of
from scrm.archive.certified_days import CertifiedDay, SeatCounts
from scrm.archive.media import MediaState
from scrm.archive.stores import Cursor, ReopenedRows, SegmentPointer
from scrm.aws import closed_days, cursors
from scrm.aws.archive_table import DynamoIntakeStore, DynamoSegmentStore
from scrm.aws.media_table import DynamoMediaStore
from scrm.aws.table import Item, Table, starts_with
from scrm.clock import from_iso, to_iso
from scrm.paging import Page

SCHEMA_VERSION: Final = 1
_CERTIFIED: Final = "CERTIFIED"
_DAYS_AT_ONCE: Final = 50


class DynamoCertifiedDays:
    """Implements `scrm.archive.certifying.CertifiedDays`, `scrm.archive.certified_days.CertifiedDayQueries` and
    `scrm.archive.retaining.CertifiedDaysInOrder`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._intake = DynamoIntakeStore(table)
        self._segments = DynamoSegmentStore(table)
        self._media = DynamoMediaStore(table)

    def cursor(self) -> Cursor:
        return self._intake.cursor()

    def close(self, day: date) -> None:
        closed_days.close(self._table, day)

    def segments_of(self, day: date) -> Sequence[SegmentPointer]:
        return self._segments.segments_of(day)

    def reopened_on(self, day: date) -> Sequence[ReopenedRows]:
        return self._segments.reopened_on(day)

    def media_of(self, day: date, pages: Sequence[int]) -> DayMedia:
        rows: list[tuple[int, int | None]] = [(page, None) for page in pages]
        rows += [(reopened.asked_from, reopened.first_seq) for reopened in self.reopened_on(day)]
        named = self._media.files_named(rows)
        ended: Counter[MediaState] = Counter()
        stored: list[NamedObject] = []
        for file in self._media.ended_on(day):
            ended[file.state] += 1
            if file.version_id:
                stored.append(NamedObject(file.key, file.version_id, file.sha256))
        counts = MediaCounts(
            pages_unread=len(rows) - len(named),
            named=sum(named),
            stored=ended[MediaState.STORED],
            mismatched=ended[MediaState.MISMATCHED],
            lost=ended[MediaState.LOST],
            refused=ended[MediaState.REFUSED],
            open=sum(1 for _ in self._media.open_files()),
        )
        return DayMedia(counts, tuple(stored))

    def parked_rows(self) -> Mapping[str, int]:
        parked: Counter[str] = Counter()
        for page in self._segments.parked_pages():
            parked[str(page.key_version)] += page.new_rows
        return parked

    def last_certified(self) -> date | None:
        found, _ = self._table.query_page(starts_with(_CERTIFIED), limit=1, newest_first=True)
        return date.fromisoformat(found[0]["sk"]) if found else None

    def certified(self, certificate: DayCertificate, signature: bytes) -> None:
        self._table.put(_item(certificate, signature))

    def days_after(self, day: date | None) -> Iterator[CertifiedDay]:
        start = {"pk": _CERTIFIED, "sk": day.isoformat()} if day else None
        while True:
            items, start = self._table.query_page(starts_with(_CERTIFIED), start=start, limit=_DAYS_AT_ONCE)
            yield from map(_to_day, items)
            if start is None:
                return

    def page(self, cursor: str | None, limit: int) -> Page[CertifiedDay]:
        scope = "certified days"
        start = cursors.key(cursors.decode(scope, cursor), "after")
        items, last = self._table.query_page(starts_with(_CERTIFIED), start=start, limit=limit, newest_first=True)
        return Page(tuple(map(_to_day, items)), cursors.encode(scope, {"after": last}) if last else None)

    def day(self, day: date) -> CertifiedDay | None:
        item = self._table.get({"pk": _CERTIFIED, "sk": day.isoformat()})
        return _to_day(item) if item else None


def _item(certificate: DayCertificate, signature: bytes) -> Item:
    seats = certificate.seats
    return {
        "pk": _CERTIFIED,
        "sk": certificate.day.isoformat(),
        "schema_version": SCHEMA_VERSION,
        "made_at": to_iso(certificate.made_at),
        "root": root_of(certificate),
        "previous_root": certificate.previous_root,
        "signature": signature,
        "counts": asdict(certificate.counts),
        "parked": dict(certificate.parked),
        "media": asdict(certificate.media),
        "object_count": len(certificate.objects),
        "seats": {"roster": seats.roster, "permitted": seats.permitted, "without": len(seats.without)}
        if seats
        else None,
        "consents": asdict(certificate.consents) if certificate.consents else None,
    }


def _to_day(item: Mapping[str, Any]) -> CertifiedDay:
    seats = item.get("seats")
    return CertifiedDay(
        day=date.fromisoformat(item["sk"]),
        made_at=from_iso(item["made_at"]),
        root=item["root"],
        previous_root=item["previous_root"],
        signature=bytes(item["signature"]),
        counts=Counts(**item["counts"]),
        parked=item["parked"],
        objects=item["object_count"],
        media=MediaCounts(**item["media"]),
        seats=SeatCounts(**seats) if seats else None,
        consents=consents_of(item["consents"]) if "consents" in item else None,
    )
