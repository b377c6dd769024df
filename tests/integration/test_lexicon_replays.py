"""Replays as documents in the engine's bucket, and segments by day in its table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from scrm.archive.stores import OpenPage, SegmentPointer
from scrm.aws import session
from scrm.aws.archive_table import DynamoSegmentStore
from scrm.aws.documents import DocumentStore
from scrm.aws.replay_documents import BucketReplays, DynamoSegmentsByDay
from scrm.aws.table import Put, Table
from scrm.lexicon.replays import EntryDiff, HitPlace, Replay, ReplayState
from scrm.screening.replay import StoredSegment
from tests.engine import EngineTables

pytestmark = pytest.mark.engine

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
DAY = date(2026, 11, 27)
REPLAY = Replay("replay_a", 2, 1, DAY, DAY, DAY, "operator:a", AT, AT)


@pytest.fixture
def replays(data_bucket: str) -> Iterator[BucketReplays]:
    session.reset()
    yield BucketReplays(DocumentStore(lambda: session.client("s3"), data_bucket))
    session.reset()


def test_a_replay_is_made_once_and_comes_back_as_it_was_stored(replays: BucketReplays) -> None:
    places = (HitPlace(0, 7, 3), HitPlace(0, 8, 0, 8))
    entries = {"保本": EntryDiff(2, 1, places, places[:1])}
    done = replace(REPLAY, state=ReplayState.DONE, after=9, segments=3, missing=1, messages=5, changed=2, kept=1)

    assert replays.load(2, "replay_a") is None
    assert replays.create(REPLAY)
    assert not replays.create(done)
    assert replays.load(2, "replay_a") == REPLAY
    replays.save(replace(done, entries=entries))
    assert replays.load(2, "replay_a") == replace(done, entries=entries)
    assert replays.load(3, "replay_a") is None


def test_a_days_segments_come_in_their_order_from_a_place_on(tables: EngineTables) -> None:
    session.reset()
    table = Table(session.client("dynamodb"), tables.names["ArchiveTable"])
    store, by_day = DynamoSegmentStore(table), DynamoSegmentsByDay(table)
    for asked_from in (120, 0, 9):
        page = OpenPage(asked_from, "key", "v", "sha", 4, AT)
        table.transact([Put({"pk": "PAGES", "sk": f"OPEN#{asked_from:020d}", "schema_version": 1})])
        store.settle(page, SegmentPointer(DAY, asked_from, "key", "v", "sha", 4, 3, 1, 0), ())

    assert by_day.after(DAY, -1) == [StoredSegment(0, 1), StoredSegment(9, 1), StoredSegment(120, 1)]
    assert by_day.after(DAY, 9) == [StoredSegment(120, 1)]
    assert by_day.after(DAY, 120) == []
    assert by_day.after(date(2026, 11, 28), -1) == []
    session.reset()
