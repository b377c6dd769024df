"""Messages are found in the index, whichever files they lie in, and only by those who may see them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrm.archive import index, message, search
from scrm.archive.index import Place
from scrm.archive.message import MessageKind
from scrm.archive.search import InvalidSearchError, Search
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.paging import InvalidCursorError
from scrm.sql import Selection, TooMuchSelectedError
from tests.fakes.parquet import FolderFiles

DAY = date(2026, 11, 26)
MORNING = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)  # nine in Shanghai
BANK = Search("/1/", DAY, DAY)
BRANCH = "/1/10/"


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path)


@pytest.fixture
def engine(files: FolderFiles) -> DuckDbEngine:
    return DuckDbEngine(files)


def row(number: int, text: str = "您好", node_path: str = BRANCH, **more: Any) -> dict[str, Any]:
    raw = {
        "msgid": f"m{number}_external",
        "action": "send",
        "from": "rm_li",
        "tolist": ["wmA1"],
        "roomid": "",
        "msgtime": int((MORNING + timedelta(seconds=number)).timestamp() * 1000),
        "msgtype": "text",
        "text": {"content": text},
        **more,
    }
    place = Place(asked_from=1000, line=number, seq=1001 + number, pulled_at=MORNING)
    return index.row_of(message.read(raw), place, [node_path], more.get("hits", ()))


@pytest.fixture
def keep(engine: DuckDbEngine) -> Callable[..., None]:
    def written(*rows: dict[str, Any], name: str = "one", bucketed: bool = False) -> None:
        for day, of_day in index.by_day(rows):
            partition = index.part_partition(day)
            if bucketed:
                partition = index.bucket_partition(day, index.bucket_of(of_day[0]["conversation_id"]))
            engine.write(index.MESSAGES, partition, name, of_day)

    return written


def found(engine: DuckDbEngine, asked: Search) -> list[str]:
    return [each.msgid for each in search.find(engine, asked).items]


@pytest.mark.parametrize("strange", ["\ud83d", "\x00", "\x1f\u2028", "\U0010ffff"])
def test_a_message_of_strange_characters_is_found_like_any_other(
    engine: DuckDbEngine, keep: Callable[..., None], strange: str
) -> None:
    keep(row(1, f"保本{strange}"), row(2, "好的"))

    assert found(engine, BANK) == ["m1_external", "m2_external"]
    assert found(engine, replace(BANK, words=("保本",))) == ["m1_external"]


def test_a_message_is_located_by_its_name_by_whoever_may_see_it(
    engine: DuckDbEngine, keep: Callable[..., None]
) -> None:
    keep(row(1), row(2, tolist=["wmB2"]), name="parts")
    keep(row(3), name="merged", bucketed=True)

    for each in search.find(engine, BANK).items:
        assert search.locate(engine, each.ref, BRANCH) == each
        assert search.locate(engine, each.ref, "/1/20/") is None
    assert search.locate(engine, replace(each.ref, seq=999), "/1/") is None


def test_a_message_is_found_with_all_that_the_index_knows(engine: DuckDbEngine, keep: Callable[..., None]) -> None:
    keep(row(3, "保本保息", hits=["lex_1"]))

    (only,) = search.find(engine, BANK).items

    assert (only.msgid, only.seq, only.page, only.line) == ("m3_external", 1004, 1000, 3)
    assert (only.sender, only.parties, only.text, only.hits) == ("rm_li", ("rm_li", "wmA1"), "保本保息", ("lex_1",))
    assert only.placed_at == MORNING + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"parties": ("wmB2",)}, ["m1_external"]),
        ({"parties": ("RM_Li", "wmA1")}, ["m0_external", "m2_external", "m3_external"]),
        ({"words": ("收益", "稳定")}, ["m2_external"]),
        ({"kinds": (MessageKind.FILE, MessageKind.IMAGE)}, ["m3_external"]),
        ({"hits": ("lex_2", "lex_9")}, ["m2_external"]),
        ({"any_party": ("wmB2", "wmC3")}, ["m1_external", "m4_external"]),
        ({"room_id": "wrR1"}, ["m4_external"]),
        ({"words": ("没有",)}, []),
    ],
)
def test_each_condition_narrows(
    engine: DuckDbEngine, keep: Callable[..., None], asked: dict[str, Any], expected: list[str]
) -> None:
    keep(
        row(0),
        row(1, tolist=["wmB2"]),
        row(2, "收益稳定", hits=["lex_2"]),
        row(3, msgtype="file", file={"filename": "合同.pdf", "sdkfileid": "S"}),
        row(4, roomid="wrR1", tolist=["wmC3", "rm_wu"]),
    )

    assert found(engine, replace(BANK, **asked)) == expected


def test_a_branch_sees_its_own_members_talk_and_no_other(engine: DuckDbEngine, keep: Callable[..., None]) -> None:
    keep(row(0, node_path="/1/10/12/"), row(1, node_path="/1/20/"), row(2, node_path="/1/20/1/10/"))

    assert found(engine, replace(BANK, node_path=BRANCH)) == ["m0_external"]


def test_a_message_told_twice_is_found_once(engine: DuckDbEngine, keep: Callable[..., None]) -> None:
    keep(row(0))
    keep(row(0), name="again")
    keep({**row(0), "seq": index.seq_text(9999)}, name="later")

    assert found(engine, BANK) == ["m0_external"]


def test_pages_follow_each_other_without_gap_or_repeat(engine: DuckDbEngine, keep: Callable[..., None]) -> None:
    same_moment = int(MORNING.timestamp() * 1000)
    keep(*[row(number, msgtime=same_moment) for number in range(7)])
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = search.find(engine, replace(BANK, most=2), cursor)
        seen += [each.msgid for each in page.items]
        cursor = page.cursor

    assert seen == [f"m{number}_external" for number in range(7)]
    assert cursor is None


def test_a_group_is_looked_for_in_one_bucket_and_the_parts_alone(
    engine: DuckDbEngine, files: FolderFiles, keep: Callable[..., None]
) -> None:
    in_room = row(0, roomid="wrR1")
    elsewhere = row(1, tolist=["wmOther"])
    assert index.bucket_of(in_room["conversation_id"]) != index.bucket_of(elsewhere["conversation_id"])
    keep(in_room, bucketed=True)
    keep(elsewhere, bucketed=True)
    keep(row(2, roomid="wrR1"))

    assert found(engine, replace(BANK, room_id="wrR1")) == ["m0_external", "m2_external"]
    assert len(files.read) == 2


def test_days_are_those_of_shanghai(engine: DuckDbEngine, keep: Callable[..., None]) -> None:
    before_midnight = datetime(2026, 11, 26, 15, 59, 59, 999_000, UTC)
    after_midnight = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
    keep(*[row(n, msgtime=int(at.timestamp() * 1000)) for n, at in enumerate((before_midnight, after_midnight))])

    assert found(engine, BANK) == ["m0_external"]
    assert found(engine, replace(BANK, first_day=date(2026, 11, 27), last_day=date(2026, 11, 27))) == ["m1_external"]


def test_a_message_without_a_time_is_placed_when_it_was_pulled(engine: DuckDbEngine, keep: Callable[..., None]) -> None:
    keep(row(0, msgtime=0))

    (only,) = search.find(engine, BANK).items

    assert only.placed_at == MORNING


def test_a_time_beyond_every_calendar_is_kept_on_the_last_day() -> None:
    assert index.business_day(2**62) == date.max


def test_a_day_without_files_has_no_messages(engine: DuckDbEngine) -> None:
    assert found(engine, BANK) == []


@pytest.mark.parametrize("text", ["'; DROP VIEW messages; --", "100%_", "\\", "\0", "𠮷😀"])
def test_words_are_taken_as_they_are(engine: DuckDbEngine, keep: Callable[..., None], text: str) -> None:
    keep(row(0, f"前{text}后"), row(1, "别的"))

    assert found(engine, replace(BANK, words=(text,))) == ["m0_external"]


def test_more_than_the_engine_takes_is_refused_with_what_to_do(files: FolderFiles, keep: Callable[..., None]) -> None:
    keep(row(0))

    with pytest.raises(TooMuchSelectedError, match="choose fewer days"):
        search.find(DuckDbEngine(files, most_bytes=10), BANK)


def test_an_engine_reads_nothing_outside_its_own_directory(engine: DuckDbEngine, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")

    with pytest.raises(Exception, match=r"(?i)permission|disabled"):
        engine.query(f"SELECT * FROM read_csv('{secret}')", [Selection(index.MESSAGES, ())], {})


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"last_day": DAY - timedelta(days=1)}, "before the first"),
        ({"first_day": DAY - timedelta(days=31)}, "At most 31 days"),
        ({"most": 0}, "1 to 200"),
        ({"most": 201}, "1 to 200"),
    ],
)
def test_a_search_that_cannot_be_is_refused(asked: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidSearchError, match=reason):
        replace(BANK, **asked)


@pytest.mark.parametrize("cursor", ["", "%%%", "bm8=", "eyJhIjoxfQ=="])
def test_a_foreign_cursor_is_refused(engine: DuckDbEngine, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        search.find(engine, BANK, cursor)


def test_who_asks_for_nobody_is_refused() -> None:
    with pytest.raises(InvalidSearchError, match="for whom"):
        replace(BANK, node_path="")
