"""What compliance officers work with, in memory: records by version, the access log, an export's folder."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from scrm import clock
from scrm.archive import index, message
from scrm.archive.access import Access, AccessLog
from scrm.archive.deletion_requests import DeletionRequest, DeletionRequests
from scrm.archive.export_files import ApprovedExports, ExportWriting
from scrm.archive.exports import Export, ExportDesk, ExportState
from scrm.archive.index import Place
from scrm.archive.legal_holds import LegalHold, LegalHolds
from scrm.archive.page import Row
from scrm.archive.places import segment_key
from scrm.archive.reading import MessageReader
from scrm.archive.records import Asker
from scrm.archive.retention import Retention
from scrm.archive.retrieval import Retrieval
from scrm.archive.segment import SegmentWriter
from scrm.archive.stores import ParkReason, StoredObject
from scrm.audit.log import AuditLog
from scrm.aws.archive_journal import AuditedAccesses, AuditedArchive
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.clock import BUSINESS_ZONE
from scrm.paging import InvalidCursorError, Page
from scrm.runtime.retention_joins import retention_of
from scrm.runtime.wiring import archive_api as wiring
from scrm.settings.retention import RetentionDocument
from scrm.sql import SqlEngine
from tests.fakes.archive import MemoryObjects
from tests.fakes.parquet import MemoryFiles

MORNING = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)  # nine in Shanghai
PAGE = 1000


@dataclass
class MemoryRecords[Record: Any]:
    """Implements `scrm.archive.records.Records`; ``name`` is the attribute with the id."""

    name: str
    rows: dict[str, Record] = field(default_factory=dict)
    overtaken: bool = False

    def add(self, record: Record) -> bool:
        return self._write(record, 0)

    def find(self, record_id: str) -> Record | None:
        return self.rows.get(record_id)

    def save(self, record: Record) -> bool:
        return self._write(record, record.version)

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[Record]:
        known = sorted(key for key, row in self.rows.items() if row.node_path.startswith(node_path))
        if cursor is not None and cursor not in self.rows:
            raise InvalidCursorError("foreign")
        rest = [key for key in known if cursor is None or key > cursor]
        shown = rest[:limit]
        return Page(tuple(self.rows[key] for key in shown), shown[-1] if len(rest) > limit else None)

    def _write(self, record: Record, read: int) -> bool:
        key = getattr(record, self.name)
        if self.overtaken or (self.rows[key].version if key in self.rows else 0) != read:
            return False
        self.rows[key] = replace(record, version=read + 1)
        return True


@dataclass
class Told:
    """Implements `scrm.archive.records.Journal`. ``tellings``: also those that say the same again."""

    steps: list[tuple[str, str, str]] = field(default_factory=list)
    tellings: list[tuple[str, datetime]] = field(default_factory=list)

    def told(self, action: str, subject: str, asker: Asker) -> None:
        self.tellings.append((action, asker.at))
        if (action, subject, asker.actor) not in self.steps:
            self.steps.append((action, subject, asker.actor))


@dataclass
class MemoryAccesses:
    """Implements `scrm.archive.access.AccessStore` and `scrm.archive.access.AccessJournal`."""

    kept: list[Access] = field(default_factory=list)
    audited: list[tuple[str, str]] = field(default_factory=list)
    is_broken: bool = False

    def keep(self, access: Access) -> None:
        if self.is_broken:
            raise ConnectionError
        self.kept = [each for each in self.kept if each.access_id != access.access_id] + [access]

    def of_day(self, day: date, node_path: str, cursor: str | None, limit: int) -> Page[Access]:
        found = [
            each
            for each in reversed(self.kept)
            if each.at.astimezone(BUSINESS_ZONE).date() == day and each.node_path.startswith(node_path)
        ]
        return Page(tuple(found[:limit]))

    def told(self, access: Access) -> None:
        self.audited.append((access.kind, access.access_id))


@dataclass
class MemoryFolder:
    """Implements `scrm.archive.export_files.ExportFolder`; ``media`` is what was fetched of what people sent."""

    files: dict[str, bytes] = field(default_factory=dict)
    media: dict[str, bytes] = field(default_factory=dict)

    @contextmanager
    def open(self, export_id: str, name: str, content_type: str) -> Iterator["Buffer"]:
        buffer = Buffer()
        yield buffer
        self.files[f"{export_id}/{name}"] = bytes(buffer.content)

    def archived_file(self, key: str) -> Iterator[bytes] | None:
        return iter([self.media[key]]) if key in self.media else None

    def names(self, export_id: str) -> list[str]:
        return sorted(name.removeprefix(f"{export_id}/") for name in self.files if name.startswith(f"{export_id}/"))

    def link(self, export_id: str, name: str) -> str:
        return f"https://bucket.example.com/{export_id}/{name}"


@dataclass
class Buffer:
    content: bytearray = field(default_factory=bytearray)

    def write(self, content: bytes) -> None:
        self.content += content


class ListedObjects(MemoryObjects):
    """Implements `scrm.archive.reading.ReadableArchive` too."""

    def keys_below(self, prefix: str) -> Iterator[str]:
        return iter(sorted(key for key in self.objects if key.startswith(prefix)))


def said(number: int, text: str = "您好", **more: Any) -> dict[str, Any]:
    """A decrypted message of one member to one customer, the ``number``-th second of the morning."""
    return {
        "msgid": f"m{number}_external",
        "action": "send",
        "from": "rm_li",
        "tolist": ["wmA1"],
        "roomid": "",
        "msgtime": int(MORNING.timestamp() * 1000) + number * 1000,
        "msgtype": "text",
        "text": {"content": text},
        **more,
    }


def segment_of(messages: Sequence[dict[str, Any]], parked: Sequence[int] = (), page: int = PAGE) -> bytes:
    """A segment as the worker writes it: message number n has seq page + 1 + n."""
    writer = SegmentWriter()
    for number, each in enumerate(messages):
        row = Row(page + 1 + number, each["msgid"], 1, "", "")
        if number in parked:
            writer.add_parked(row, ParkReason.KEY_MISSING, repeated=False)
        else:
            writer.add_opened(row, json.dumps(each).encode(), repeated=False)
    return writer.finish()


@dataclass
class ComplianceDesk:
    """Everything that `scrm.runtime.wiring.archive_api` joins, in memory."""

    audit: AuditLog
    settings: Callable[[], RetentionDocument]
    spoken: "SpokenArchive" = field(default_factory=lambda: SpokenArchive(DuckDbEngine(MemoryFiles())))
    accesses: MemoryAccesses = field(default_factory=MemoryAccesses)
    holds: MemoryRecords[LegalHold] = field(default_factory=lambda: MemoryRecords("hold_id"))
    deletions: MemoryRecords[DeletionRequest] = field(default_factory=lambda: MemoryRecords("request_id"))
    exports: MemoryRecords[Export] = field(default_factory=lambda: MemoryRecords("export_id"))
    folder: MemoryFolder = field(default_factory=MemoryFolder)
    locked_days: int = 1827
    told: list[str] = field(default_factory=list)
    numbered: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def join(self, monkeypatch: pytest.MonkeyPatch) -> None:
        journal = AuditedArchive(self.audit)
        holds = LegalHolds(self.holds, journal)
        log = AccessLog(self.accesses, AuditedAccesses(self.audit))
        ports: dict[str, Callable[[], Any]] = {
            "retrieval": lambda: Retrieval(self.spoken.engine, MessageReader(self.spoken.objects), log),
            "customers_by_number": lambda: self,
            "accesses": lambda: self.accesses,
            "access_log": lambda: log,
            "export_desk": lambda: ExportDesk(self.exports, journal),
            "export_news": lambda: self,
            "export_downloads": lambda: self.folder,
            "legal_holds": lambda: holds,
            "deletion_requests": lambda: DeletionRequests(self.deletions, holds, self.retention, journal),
            "locked_days": lambda: self.locked_days,
        }
        for name, port in ports.items():
            monkeypatch.setattr(wiring, name, port)

    def customers_with(self, number: str) -> tuple[str, ...]:
        """Implements `scrm.contacts.ports.CustomersByNumber`."""
        return self.numbered.get(number, ())

    def export_approved(self, export_id: str) -> None:
        """Implements `scrm.aws.archive_queues.SqsExportNews`."""
        self.told.append(export_id)

    def write_exports(self) -> list[ExportState | None]:
        """What the job does with what it was told."""
        writing = ExportWriting(self.spoken.engine, MessageReader(self.spoken.objects), self.folder)
        desk = ExportDesk(self.exports, AuditedArchive(self.audit))
        job = ApprovedExports(desk, writing, clock.now)
        told, self.told = self.told, []
        return [job.write_one(each) for each in told]

    def retention(self) -> Retention:
        return retention_of(self.settings(), self.locked_days)


@dataclass
class SpokenArchive:
    """An archive with messages that were screened: their segment, and their rows in the index."""

    engine: SqlEngine
    objects: ListedObjects = field(default_factory=ListedObjects)

    def keep(
        self, *messages: dict[str, Any], node_path: str = "/1/10/", parked: Sequence[int] = (), page: int = PAGE
    ) -> None:
        self.objects.objects[segment_key(page)] = StoredObject(segment_of(messages, parked, page), "v1")
        rows = [
            index.row_of(message.read(each), Place(page, number, page + 1 + number, MORNING), [node_path], ())
            for number, each in enumerate(messages)
        ]
        for day, of_day in index.by_day(rows):
            self.engine.write(index.MESSAGES, index.part_partition(day), f"{page}", of_day)
