"""Holds, deletion requests, exports and accesses in the archive's table, and an export's files, on the engine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.archive.access import Access, AccessKind
from scrm.archive.deletion_requests import DeletionRequest, DeletionState, Ground
from scrm.archive.exports import Export, ExportState, Written
from scrm.archive.legal_holds import HoldScope, HoldState, LegalHold
from scrm.archive.message import MessageKind
from scrm.archive.records import Asker
from scrm.archive.search import Search
from scrm.audit.log import AuditLog
from scrm.aws import archive_deletions, archive_exports, archive_holds, session
from scrm.aws.archive_accesses import DynamoAccesses
from scrm.aws.archive_journal import AuditedAccesses, AuditedArchive
from scrm.aws.archive_objects import S3ArchiveObjects
from scrm.aws.documents import DocumentStore
from scrm.aws.export_folder import BucketExportFolder, ExportDownloads
from scrm.aws.table import Table
from scrm.paging import InvalidCursorError
from tests.fakes.audit import FakeAuditStore

pytestmark = pytest.mark.engine
NAME = "archive-records-alone"
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 26)
SEARCH = Search("/1/10/", DAY, DAY, ("wmA1",), "wrRoom", (MessageKind.TEXT,), ("lex_1",), ("保本",))
HOLD = LegalHold("hold_1", HoldScope("wmA1", "rm_li", "wrRoom", DAY, None), "立案", "/1/10/", "operator:one", NOW)
DELETION = DeletionRequest("deletion_1", "wmA1", "删除", "/1/10/", "operator:one", NOW)
EXPORT = Export(
    "export_1", SEARCH, is_covered=False, with_media=True, reason="检查", node_path="/1/", asked_by="a", asked_at=NOW
)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Any]:
    client = engine.client("dynamodb")
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    yield client
    client.delete_table(TableName=NAME)


@pytest.fixture
def table(client: Any) -> Table:
    for item in client.scan(TableName=NAME)["Items"]:
        client.delete_item(TableName=NAME, Key={"pk": item["pk"], "sk": item["sk"]})
    return Table(client, NAME)


def test_every_record_comes_back_as_it_was_and_is_saved_over_what_was_read(table: Table) -> None:
    lifted = replace(
        HOLD, state=HoldState.LIFTED, lift_asked_by="a", lift_reason="结", lifted_by="b", lifted_at=NOW, version=1
    )
    restricted = replace(
        DELETION,
        state=DeletionState.RESTRICTED,
        grounds=(Ground.RETENTION, Ground.LEGAL_HOLD),
        reason="留存",
        possible_from=DAY,
        decided_by="b",
        decided_at=NOW,
        version=1,
    )
    ready = replace(
        EXPORT,
        state=ExportState.READY,
        decided_by="b",
        decided_at=NOW,
        note="同意",
        written=Written(3, 2, 4, 999, "0c" * 32),
        ready_at=NOW,
        failure="",
        version=1,
    )

    comes_back(archive_holds.legal_holds(table), HOLD, lifted, HOLD.hold_id)
    comes_back(archive_deletions.deletion_requests(table), DELETION, restricted, DELETION.request_id)
    comes_back(archive_exports.exports(table), EXPORT, ready, EXPORT.export_id)


def comes_back(store: Any, first: Any, later: Any, key: str) -> None:
    assert (store.add(first), store.add(first)) == (True, False)
    assert store.find(key) == replace(first, version=1)
    assert (store.save(later), store.save(later)) == (True, False)
    assert store.find(key) == replace(later, version=2)


def test_records_are_listed_at_or_below_a_node_page_by_page(table: Table) -> None:
    holds = archive_holds.legal_holds(table)
    for number, path in enumerate(["/1/10/", "/1/20/", "/1/10/12/"]):
        holds.add(replace(HOLD, hold_id=f"hold_{number}", node_path=path))

    first = holds.page("/1/10/", None, 2)
    second = holds.page("/1/10/", first.cursor, 2)

    assert [hold.hold_id for hold in first.items + second.items] == ["hold_0", "hold_2"]
    with pytest.raises(InvalidCursorError):
        holds.page("/1/", first.cursor, 2)


def test_accesses_are_listed_by_day_latest_first(table: Table) -> None:
    accesses = DynamoAccesses(table)
    for number, path in enumerate(["/1/", "/1/10/", "/1/10/"]):
        asked = {"parties": ["wmA1"]}
        at = NOW + timedelta(minutes=number)
        access = Access(f"access_{number}", AccessKind.SEARCHED, "operator:one", path, at, "核查", asked, 3)
        accesses.keep(access)
        accesses.keep(access)

    assert [each.access_id for each in accesses.of_day(DAY, "/1/10/", None, 10).items] == ["access_2", "access_1"]
    page = accesses.of_day(DAY, "/", None, 2)
    (last,) = accesses.of_day(DAY, "/", page.cursor, 2).items
    assert (last.access_id, last.asked, last.reason, last.found) == ("access_0", {"parties": ["wmA1"]}, "核查", 3)
    assert accesses.of_day(DAY + timedelta(days=1), "/", None, 10).items == ()


def test_steps_and_accesses_are_audited_once_with_ids_alone() -> None:
    audit = FakeAuditStore()
    access = Access("access_1", AccessKind.UNMASKED, "operator:one", "/1/10/", NOW, "核查13812345678", {}, 1)
    for _ in range(2):
        AuditedArchive(AuditLog(audit)).told("archive.hold_placed", "hold_1", Asker("operator:one", "/1/10/", NOW))
        AuditedAccesses(AuditLog(audit)).told(access)

    entries = [(each.action, each.subject, each.actor) for each in audit.chains["10"]]
    assert entries == [
        ("archive.hold_placed", "hold_1", "operator:one"),
        ("archive.unmasked", "access_1", "operator:one"),
    ]


def test_an_exports_files_appear_whole_and_are_linked(engine: Engine, data_bucket: str) -> None:
    session.reset()
    documents = DocumentStore(lambda: session.client("s3"), data_bucket)
    folder = BucketExportFolder(documents, lambda: session.client("s3"), data_bucket)
    engine.client("s3").put_object(Bucket=data_bucket, Key="media/file_a", Body=b"voice")

    pieces = folder.archived_file("media/file_a")
    with folder.open("export_1", "media/file_a.amr", "application/octet-stream") as sink:
        for piece in pieces or ():
            sink.write(piece)

    downloads = ExportDownloads(documents)
    assert downloads.names("export_1") == ["media/file_a.amr"]
    assert documents.get("exports/archive/export_1/media/file_a.amr") == b"voice"
    assert "exports/archive/export_1/media/file_a.amr" in downloads.link("export_1", "media/file_a.amr")
    assert folder.archived_file("media/file_none") is None
    archive = S3ArchiveObjects(lambda: session.client("s3"), data_bucket)
    assert list(archive.keys_below("exports/archive/export_1/")) == ["exports/archive/export_1/media/file_a.amr"]
    session.reset()
