import csv
import io
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.org.roster import (
    COLUMNS,
    RejectedRow,
    RosterRefusedError,
    RosterRow,
    RosterStatus,
    decoded,
    examine,
    parse,
)

HEADER = ",".join(COLUMNS)
GOOD = "rm_a,王敏,11,理财经理,active,,,粤语|英语,CFP,300"


def rows_of(*lines: str, header: str = HEADER) -> list[tuple[int, RosterRow] | RejectedRow]:
    return list(parse(iter([header, *lines])))


def only(line: str) -> tuple[int, RosterRow] | RejectedRow:
    (found,) = rows_of(line)
    return found


def cells(**changed: str) -> str:
    known = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | changed
    return ",".join(known[column] for column in COLUMNS)


def read(content: bytes) -> list[tuple[int, RosterRow] | RejectedRow]:
    lines = content.splitlines(keepends=True)
    return list(parse(decoded(lines, examine(lines).encoding)))


MINGMIN = RosterRow(
    "rm_a",
    "王敏",
    "11",
    "理财经理",
    RosterStatus.ACTIVE,
    languages=frozenset({"粤语", "英语"}),
    qualifications=frozenset({"CFP"}),
    capacity=300,
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_file_is_read_in_either_encoding_and_with_either_line_end(encoding: str, end: str) -> None:
    assert read(f"{HEADER}{end}{GOOD}{end}".encode(encoding)) == [(2, MINGMIN)]


def test_columns_may_come_in_any_order_with_others_between_them() -> None:
    names = ["工号", *reversed(COLUMNS), "remark"]
    line = ",".join(["0", *reversed(GOOD.split(",")), '"a, ""b"""'])

    assert rows_of(line, header=",".join(names).upper()) == [(2, MINGMIN)]


def test_userids_are_folded_and_active_with_a_last_day_is_departing() -> None:
    found = only(cells(userid="RM_A", successor_userid="Rm_B", last_day="2026-11-30"))

    assert isinstance(found, tuple)
    assert (found[1].userid, found[1].successor_userid) == ("rm_a", "rm_b")
    assert (found[1].status, found[1].last_day) == (RosterStatus.DEPARTING, date(2026, 11, 30))


def test_empty_lines_are_passed_over_and_lines_keep_their_numbers() -> None:
    assert [found[0] for found in rows_of("", GOOD, "  ", GOOD) if isinstance(found, tuple)] == [3, 5]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (cells(userid=""), "userid: it is empty"),
        (cells(userid="王敏"), "userid: it must be"),
        (cells(userid="a" * 65), "userid: it must be"),
        (cells(node_id=""), "node_id:"),
        (cells(node_id="11/12"), "node_id:"),
        (cells(name="王" * 65), "name: it is longer than 64"),
        (cells(post="王" * 65), "post: it is longer than 64"),
        (cells(status="resigned"), "status: it must be one of active, departing, on_leave, departed"),
        (cells(status="departing"), "last_day: a departing member needs one"),
        (cells(last_day="30.11.2026"), "last_day: it must be a date"),
        (cells(last_day="2026-02-30"), "last_day: it must be a date"),
        (cells(successor_userid="RM_A"), "successor_userid: it is the member himself"),
        (cells(successor_userid="=cmd"), "successor_userid: it must be"),
        (cells(languages="|".join(map(str, range(21)))), "languages: at most 20 words"),
        (cells(qualifications="C" * 33), "qualifications: at most 20 words"),
        (cells(capacity="-1"), "capacity:"),
        (cells(capacity="3e2"), "capacity:"),
        (cells(capacity="三百"), "capacity:"),
        (cells(capacity="100001"), "capacity:"),
        (cells(capacity="9" * 5000), "capacity:"),
        (cells(name="a\tb"), "name: it holds control characters"),
        (cells(name="a\x00b"), "name: it holds control characters"),
        ("rm_a,王敏", "the row has 2 cells, the header has 10"),
        (GOOD + ",more", "the row has 11 cells, the header has 10"),
        ('rm_a,"王敏,11', "the row is not valid CSV"),
        ("x" * 200_000, "the row is not valid CSV"),
    ],
)
def test_malformed_row_is_rejected_with_its_line_and_the_good_ones_go_on(line: str, reason: str) -> None:
    other = cells(userid="rm_b")

    rejected, good = rows_of(line, other)

    assert isinstance(rejected, RejectedRow)
    assert (rejected.line, isinstance(good, tuple)) == (2, True)
    assert rejected.reason.startswith(reason)
    assert "王" not in rejected.reason


def test_rejected_row_tells_whose_it_is_when_that_can_be_read() -> None:
    known, unknown = rows_of(cells(userid="RM_A", capacity="many"), cells(userid="", capacity="many"))

    assert isinstance(known, RejectedRow)
    assert isinstance(unknown, RejectedRow)
    assert (known.userid, unknown.userid) == ("rm_a", "")


def test_formula_is_text_like_any_other() -> None:
    found = only(cells(name="=HYPERLINK(1)"))

    assert isinstance(found, tuple)
    assert found[1].name == "=HYPERLINK(1)"


def test_cells_after_the_last_column_may_be_empty() -> None:
    assert only(GOOD + ",,") == (2, MINGMIN)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (GOOD.encode(), "must name its columns"),
        (HEADER.replace(",capacity", "").encode(), "missing: capacity"),
        (f"{HEADER},userid".encode(), "twice: userid"),
        (b'"userid', "must name its columns"),
        (HEADER.encode("utf-16"), "neither UTF-8 nor GB18030"),
        (HEADER.encode() + b"\n\xff\xff", "neither UTF-8 nor GB18030"),
    ],
)
def test_file_that_is_no_roster_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(RosterRefusedError, match=reason):
        read(content)


def test_same_bytes_have_the_same_hash() -> None:
    def lines() -> Iterator[bytes]:
        yield f"{HEADER}\n".encode()
        yield GOOD.encode()

    assert examine(lines()) == examine(lines())
    assert examine(lines()).sha256 != examine([*lines(), b"\n"]).sha256


@given(st.lists(st.lists(st.text(max_size=40), min_size=1, max_size=12), max_size=8))
def test_whatever_a_line_holds_it_is_a_row_or_rejected(table: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows(table)
    lines = [line for line in written.getvalue().splitlines() if line.strip()]

    assert len(rows_of(*lines)) == len(lines)
