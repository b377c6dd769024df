"""The archive's table: who pulls, how far the archive is, which pages and rows still wait, where segments are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from scrm.archive.stores import Cursor, Lease, OpenPage, ParkedPage, ParkReason, ReopenedRows, SegmentPointer
from scrm.aws import closed_days
from scrm.aws.table import ABSENT, Condition, Delete, Item, Put, Table, Update, starts_with
from scrm.aws.transactions import transacted
from scrm.aws.waiting_segments import waiting_puts
from scrm.clock import from_iso, to_iso

_SCHEMA_VERSION: Final = 1
_LEASE: Final = {"pk": "INTAKE", "sk": "LEASE"}
_CURSOR: Final = {"pk": "INTAKE", "sk": "CURSOR"}
_NEWEST: Final = {"pk": "INTAKE", "sk": "NEWEST"}
_PAGES: Final = "PAGES"
_OPEN: Final = "OPEN#"
_PARKED: Final = "PARKED"


class DynamoIntakeStore:
    """Implements `scrm.archive.stores.IntakeStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take_lease(self, holder: str, now: datetime, until: datetime) -> int | None:
        found = self.lease()
        if found is not None and found.held_until > now:
            return None
        epoch = found.epoch + 1 if found else 1
        item = {**_LEASE, "holder": holder, "epoch": epoch, "held_until": to_iso(until), **_version()}
        if self._table.put(item, Condition("epoch = :epoch", {":epoch": found.epoch}) if found else ABSENT):
            return epoch
        held = self.lease()  # botocore repeats a write whose answer was lost
        return epoch if held is not None and (held.holder, held.epoch) == (holder, epoch) else None

    def release_lease(self, epoch: int, now: datetime) -> None:
        held = self.lease()
        if held is not None and held.epoch == epoch:
            item = {**_LEASE, "holder": held.holder, "epoch": epoch, "held_until": to_iso(now), **_version()}
            self._table.put(item, Condition("epoch = :epoch", {":epoch": epoch}))

    def lease(self) -> Lease | None:
        item = self._table.get(_LEASE)
        return Lease(item["holder"], item["epoch"], from_iso(item["held_until"])) if item else None

    def cursor(self) -> Cursor:
        item = self._table.get(_CURSOR)
        return Cursor(item["seq"], item["manifest_number"], item["manifest_sha256"]) if item else Cursor()

    def advance(self, before: Cursor, after: Cursor, page: OpenPage, epoch: int, until: datetime) -> bool:
        unmoved = Condition(
            "seq = :seq AND manifest_number = :number", {":seq": before.seq, ":number": before.manifest_number}
        )
        cursor = {
            **_CURSOR,
            "seq": after.seq,
            "manifest_number": after.manifest_number,
            "manifest_sha256": after.manifest_sha256,
            "epoch": epoch,
            **_version(),
        }
        ours = Condition("epoch = :epoch", {":epoch": epoch, ":until": to_iso(until)})
        return bool(
            transacted(
                self._table,
                [
                    Put(cursor, unmoved if before.manifest_number else ABSENT),
                    Put(_open_item(page)),
                    Update(_LEASE, "SET held_until = :until", ours),
                ],
            )
        )

    def open_pages(self) -> Iterator[OpenPage]:
        return map(_open_page, self._table.query(starts_with(_PAGES, _OPEN)))

    def newest_message_at(self) -> datetime | None:
        item = self._table.get(_NEWEST)
        return from_iso(item["sent_at"]) if item else None


class DynamoSegmentStore:
    """Implements `scrm.archive.stores.SegmentStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open_page(self, asked_from: int) -> OpenPage | None:
        item = self._table.get(_open_key(asked_from))
        return _open_page(item) if item else None

    def settle(self, page: OpenPage, segment: SegmentPointer, parked: Sequence[ParkedPage]) -> None:
        """A repeat finds the page settled and changes nothing: rows reopened meanwhile must not be parked again."""
        self._table.transact(
            [
                Delete(_open_key(page.asked_from), Condition("attribute_exists(pk)")),
                Put(_segment_item(segment)),
                *waiting_puts(page.asked_from, None, page.pulled_at),
                *(Put(_parked_item(part, part.seqs)) for part in parked),
            ]
        )

    def message_seen(self, sent_at: datetime) -> None:
        newer = Condition("attribute_not_exists(pk) OR sent_at < :sent_at", {":sent_at": to_iso(sent_at)})
        self._table.put({**_NEWEST, "sent_at": to_iso(sent_at), **_version()}, newer)

    def parked_pages(self) -> Iterator[ParkedPage]:
        return map(_parked_page, self._table.query(starts_with(_PARKED)))

    def parked_page(self, asked_from: int, key_version: int, reason: ParkReason) -> ParkedPage | None:
        item = self._table.get(_parked_key(asked_from, key_version, reason))
        return _parked_page(item) if item else None

    def segments_of(self, day: date) -> list[SegmentPointer]:
        """Segments of the pages that were pulled on this business day, in the order of their rows."""
        return [_segment(day, item) for item in self._table.query(starts_with(_segments_of(day)))]

    def reopened_on(self, day: date) -> list[ReopenedRows]:
        """What was opened later on this business day."""
        return [_reopened(day, item) for item in self._table.query(starts_with(_reopened_on(day)))]

    def unpark(self, page: ParkedPage, left: Sequence[int], reopened: ReopenedRows) -> None:
        key = _parked_key(page.asked_from, page.key_version, page.reason)
        unchanged = Condition("seqs = :seqs", {":seqs": list(page.seqs)})
        after = Put(_parked_item(page, left), unchanged) if left else Delete(key, unchanged)
        waiting = waiting_puts(page.asked_from, reopened.first_seq, page.pulled_at)

        def writes(day: date) -> list[Put | Delete]:
            return [after, Put(_reopened_item(replace(reopened, day=day))), *waiting]

        closed_days.transact_dated(self._table, reopened.day, writes)


def _version() -> dict[str, int]:
    return {"schema_version": _SCHEMA_VERSION}


def _open_key(asked_from: int) -> dict[str, str]:
    return {"pk": _PAGES, "sk": f"{_OPEN}{asked_from:020d}"}


def _open_item(page: OpenPage) -> Item:
    return {
        **_open_key(page.asked_from),
        "asked_from": page.asked_from,
        "object_key": page.key,
        "version_id": page.version_id,
        "sha256": page.sha256,
        "row_count": page.rows,
        "pulled_at": to_iso(page.pulled_at),
        **_version(),
    }


def _open_page(item: Mapping[str, Any]) -> OpenPage:
    return OpenPage(
        item["asked_from"],
        item["object_key"],
        item["version_id"],
        item["sha256"],
        item["row_count"],
        from_iso(item["pulled_at"]),
    )


def _segment_item(segment: SegmentPointer) -> Item:
    return {
        "pk": _segments_of(segment.day),
        "sk": f"{segment.asked_from:020d}",
        "object_key": segment.key,
        "version_id": segment.version_id,
        "sha256": segment.sha256,
        "row_count": segment.rows,
        "opened": segment.opened,
        "parked": segment.parked,
        "raw": segment.raw,
        **_version(),
    }


def _segment(day: date, item: Mapping[str, Any]) -> SegmentPointer:
    return SegmentPointer(
        day=day,
        asked_from=int(item["sk"]),
        key=item["object_key"],
        version_id=item["version_id"],
        sha256=item["sha256"],
        rows=item["row_count"],
        opened=item["opened"],
        parked=item["parked"],
        raw=item["raw"],
    )


def _reopened_on(day: date) -> str:
    return f"REOPENED#{day.isoformat()}"


def _reopened_item(rows: ReopenedRows) -> Item:
    return {
        "pk": _reopened_on(rows.day),
        "sk": f"{rows.asked_from:020d}#{rows.first_seq:020d}",
        "version_id": rows.version_id,
        "sha256": rows.sha256,
        "row_count": rows.rows,
        **_version(),
    }


def _reopened(day: date, item: Mapping[str, Any]) -> ReopenedRows:
    asked_from, first_seq = map(int, item["sk"].split("#"))
    return ReopenedRows(day, asked_from, first_seq, item["version_id"], item["sha256"], item["row_count"])


def _segments_of(day: date) -> str:
    return f"SEGMENT#{day.isoformat()}"


def _parked_key(asked_from: int, key_version: int, reason: ParkReason) -> dict[str, str]:
    return {"pk": _PARKED, "sk": f"{key_version:010d}#{asked_from:020d}#{reason}"}


def _parked_item(page: ParkedPage, seqs: Sequence[int]) -> Item:
    return {
        **_parked_key(page.asked_from, page.key_version, page.reason),
        "asked_from": page.asked_from,
        "key_version": page.key_version,
        "reason": page.reason,
        "seqs": list(seqs),
        "object_key": page.key,
        "sha256": page.sha256,
        "pulled_at": to_iso(page.pulled_at),
        **_version(),
    }


def _parked_page(item: Mapping[str, Any]) -> ParkedPage:
    return ParkedPage(
        item["asked_from"],
        item["key_version"],
        ParkReason(item["reason"]),
        tuple(item["seqs"]),
        item["object_key"],
        item["sha256"],
        from_iso(item["pulled_at"]),
    )
