"""The index is merged, service measured, an approved export written: the real function, the engine's buckets."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from functions.archive_rollup import handler
from scrm import clock
from scrm.archive import index, message
from scrm.archive.exports import Export, ExportDesk, ExportState, ExportTerms
from scrm.archive.index import Place
from scrm.archive.messages import ExportApproved
from scrm.archive.places import segment_key
from scrm.archive.records import Asker, Records
from scrm.archive.search import Search
from scrm.aws import archive_exports, session
from scrm.aws.documents import DocumentStore
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.table import Table
from scrm.runtime.wiring import archive_rollup as wiring
from tests.engine import EngineTables
from tests.fakes.archive_desk import PAGE, Told, said, segment_of
from tests.local_bank import Context

pytestmark = pytest.mark.engine
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
TODAY = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 26)


@pytest.fixture
def documents(tables: EngineTables, data_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentStore]:
    monkeypatch.setattr(clock, "now", lambda: TODAY)
    monkeypatch.setenv("ARCHIVE_BUCKET", data_bucket)  # one bucket is enough here
    versioned = {"Status": "Enabled"}
    tables.engine.client("s3").put_bucket_versioning(Bucket=data_bucket, VersioningConfiguration=versioned)
    session.reset()
    wiring.reset()
    yield DocumentStore(lambda: session.client("s3"), data_bucket)
    session.reset()
    wiring.reset()


def run(schedule: str) -> Any:
    return handler.lambda_handler({"schedule": schedule}, Context())  # type: ignore[arg-type]


def keep(documents: DocumentStore, *messages: dict[str, Any]) -> None:
    """As the screening does: a part a page."""
    for number, each in enumerate(messages):
        row = index.row_of(message.read(each), Place(PAGE, number, PAGE + 1 + number, NOW), ["/1/10/"], ())
        DuckDbEngine(documents).write(index.MESSAGES, index.part_partition(DAY), f"{number}", [row])


def keys(documents: DocumentStore, prefix: str) -> list[str]:
    return [key for key, _ in documents.sizes_below(prefix)]


def test_parts_become_files_by_conversation_and_are_gone(documents: DocumentStore) -> None:
    keep(documents, said(0), said(1), said(2, tolist=["wmB2"]))

    run(handler.MERGE)

    left = keys(documents, "archive-index/messages/day=2026-11-26/")
    assert len(left) == 2
    assert all("/bucket=" in key for key in left)
    run(handler.MERGE)
    assert keys(documents, "archive-index/messages/day=2026-11-26/") == left


def test_service_is_measured_and_measured_again_is_the_same(documents: DocumentStore) -> None:
    keep(documents, said(0, tolist=["rm_li"], **{"from": "wmA1"}), said(600))

    run(handler.SERVICE)
    run(handler.MERGE)
    run(handler.SERVICE)

    (key,) = keys(documents, "facts/service_quality/")
    assert key.startswith("facts/service_quality/2026-11-27/2026-11-26-told_")
    line = json.loads(documents.get(key) or b"")
    assert (line["userid"], line["inquiries"], line["answered"], line["response_seconds"]) == ("rm_li", 1, 1, 600)
    assert line["told_at"] == "2026-11-27T02:00:00.000Z"


def approved_export(records: Records[Export]) -> str:
    desk = ExportDesk(records, Told())
    terms = ExportTerms(Search("/1/", DAY, DAY), is_covered=True, with_media=True, reason="检查")
    export_id = desk.ask(terms, Asker("operator:maker", "/1/", NOW), "k1").export_id
    asked = records.find(export_id)
    assert asked is not None
    desk.approve(asked, "", Asker("operator:checker", "/1/", NOW + timedelta(hours=1)))
    return export_id


def message_of(export_id: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "m1", "body": ExportApproved(export_id=export_id).model_dump_json()}]}


def test_an_approved_export_is_written_with_its_manifest(documents: DocumentStore, tables: EngineTables) -> None:
    said_once = said(0, "合同已发，13812345678")
    keep(documents, said_once)
    bucket = os.environ["ARCHIVE_BUCKET"]
    session.client("s3").put_object(Bucket=bucket, Key=segment_key(PAGE), Body=segment_of([said_once]))
    records = archive_exports.exports(Table(session.client("dynamodb"), os.environ["ARCHIVE_TABLE"]))
    export_id = approved_export(records)

    answer = handler.lambda_handler(message_of(export_id), Context())  # type: ignore[arg-type]

    assert answer == {"batchItemFailures": []}
    ready = records.find(export_id)
    assert ready is not None
    assert ready.state is ExportState.READY
    lines = documents.get(f"exports/archive/{export_id}/messages.jsonl")
    assert lines is not None
    assert json.loads(lines)["texts"] == ["合同已发，138****5678"]
    manifest = documents.get(f"exports/archive/{export_id}/manifest.json")
    assert manifest is not None
    assert json.loads(manifest)["approved_by"] == "operator:checker"


def test_an_export_of_which_nobody_told_is_written_by_schedule_once(
    documents: DocumentStore, tables: EngineTables
) -> None:
    records = archive_exports.exports(Table(session.client("dynamodb"), os.environ["ARCHIVE_TABLE"]))
    export_id = approved_export(records)

    run(handler.EXPORTS)
    written = records.find(export_id)
    handler.lambda_handler(message_of(export_id), Context())  # type: ignore[arg-type] # told late

    assert written is not None
    assert written.state is ExportState.READY
    assert records.find(export_id) == written
    assert keys(documents, f"exports/archive/{export_id}/")
