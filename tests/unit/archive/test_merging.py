"""The index's parts become files by conversation, and no message is lost or doubled on the way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrm.archive import index, merging, message, search
from scrm.archive.index import Place
from scrm.archive.merging import IndexMerger
from scrm.archive.search import Search
from scrm.aws.duckdb_engine import DuckDbEngine
from tests.fakes.parquet import FolderFiles

DAY = date(2026, 11, 26)
MORNING = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
BANK = Search("/1/", DAY, DAY, most=200)


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path)


@pytest.fixture
def engine(files: FolderFiles) -> DuckDbEngine:
    return DuckDbEngine(files)


@pytest.fixture
def merger(engine: DuckDbEngine, files: FolderFiles) -> IndexMerger:
    return IndexMerger(engine, files)


def row(number: int, room_id: str = "") -> dict[str, Any]:
    raw = {
        "msgid": f"m{number:03d}",
        "action": "send",
        "from": "rm_li",
        "tolist": [f"wm{number % 7}"],
        "roomid": room_id,
        "msgtime": int((MORNING + timedelta(seconds=number)).timestamp() * 1000),
        "msgtype": "text",
        "text": {"content": f"第{number}条"},
    }
    return index.row_of(message.read(raw), Place(1, number, number, MORNING), ["/1/10/"], [])


def write_parts(engine: DuckDbEngine, count: int, start: int = 0, room_id: str = "") -> list[str]:
    return [
        engine.write(
            index.MESSAGES,
            index.part_partition(DAY),
            f"p{start + part:03d}",
            [row(5 * (start + part) + each, room_id) for each in range(5)],
        )
        for part in range(count)
    ]


def all_found(engine: DuckDbEngine) -> list[str]:
    return [each.msgid for each in search.find(engine, BANK).items]


def below(files: FolderFiles, partition: str) -> list[str]:
    return [key for key, _ in files.sizes_below(index.MESSAGES.place(partition))]


def test_parts_go_into_the_buckets_of_their_conversations(
    engine: DuckDbEngine, files: FolderFiles, merger: IndexMerger
) -> None:
    write_parts(engine, 4)
    before = all_found(engine)

    merged = merger.merge(DAY)

    assert (merged.parts, merged.is_done) == (4, True)
    assert below(files, index.part_partition(DAY)) == []
    assert all_found(engine) == before == [f"m{number:03d}" for number in range(20)]
    assert merged.files == len({row(number)["bucket"] for number in range(20)})


def test_a_day_is_merged_in_bites(engine: DuckDbEngine, merger: IndexMerger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MOST_PARTS", 3)
    write_parts(engine, 7)

    bites = [merger.merge(DAY) for _ in range(3)]

    assert [(bite.parts, bite.is_done) for bite in bites] == [(3, False), (3, False), (1, True)]
    assert len(all_found(engine)) == 35


def test_a_bucket_with_many_files_becomes_one_file(
    engine: DuckDbEngine, files: FolderFiles, merger: IndexMerger
) -> None:
    for start in range(merging.MOST_FILES_A_BUCKET + 1):
        write_parts(engine, 1, start=start, room_id="wrR1")
        merger.merge(DAY)

    bucket = row(0, "wrR1")["bucket"]
    assert len(below(files, index.bucket_partition(DAY, bucket))) == 1
    assert len(all_found(engine)) == 5 * (merging.MOST_FILES_A_BUCKET + 1)


def test_a_merge_that_is_interrupted_before_it_removes_its_sources_loses_and_doubles_nothing(
    engine: DuckDbEngine, files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def die(keys: Sequence[str]) -> None:
        raise KilledError

    write_parts(engine, 3)
    with monkeypatch.context() as dying:
        dying.setattr(files, "delete", die)
        with pytest.raises(KilledError):
            IndexMerger(engine, files).merge(DAY)
    write_parts(engine, 1, start=3)

    assert len(all_found(engine)) == 20
    IndexMerger(engine, files).merge(DAY)
    assert len(all_found(engine)) == 20
    assert below(files, index.part_partition(DAY)) == []


def test_days_with_parts_are_found_oldest_first(engine: DuckDbEngine, merger: IndexMerger) -> None:
    for back in (0, 4, 9):
        engine.write(index.MESSAGES, index.part_partition(DAY - timedelta(days=back)), "p", [row(1)])

    assert merger.days_to_merge(DAY) == [DAY - timedelta(days=4), DAY]


def test_a_group_is_still_found_after_the_merge(engine: DuckDbEngine, merger: IndexMerger) -> None:
    write_parts(engine, 2, room_id="wrR1")
    write_parts(engine, 2, start=2)
    merger.merge(DAY)

    assert len(search.find(engine, replace(BANK, room_id="wrR1")).items) == 10
