"""A question that the function cannot hold, or not answer in its time, is refused; it takes nothing down."""

from dataclasses import replace

import pytest

from scrm.adds.snapshots import ADDS
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.sql import Selection, TooMuchSelectedError
from tests.fakes.parquet import MemoryFiles

SORTED = "SELECT max(n + i) FROM (SELECT i, row_number() OVER (ORDER BY -i) AS n FROM range(4000000) AS t(i))"
ENDLESS = "SELECT sum(hash(a.i, b.i) % 7) FROM range(10000000) AS a(i), range(10000000) AS b(i)"


def test_what_does_not_fit_in_memory_goes_to_disk() -> None:
    engine = DuckDbEngine(MemoryFiles(), memory_limit="64MB")

    assert engine.query(SORTED, [], {}) == [(4_000_000,)]


def test_a_question_that_fits_neither_in_memory_nor_on_disk_is_refused() -> None:
    engine = DuckDbEngine(MemoryFiles(), memory_limit="64MB", most_spilled=2 * 2**20)

    with pytest.raises(TooMuchSelectedError, match="memory and disk than the function has"):
        engine.query(SORTED, [], {})


@pytest.mark.parametrize("left_s", [0.0, 0.05])
def test_a_question_that_would_outlive_its_function_is_refused(left_s: float) -> None:
    engine = DuckDbEngine(MemoryFiles(), within_s=lambda: left_s)

    with pytest.raises(TooMuchSelectedError, match="more time than the function has"):
        engine.query(ENDLESS, [], {})


def test_the_next_question_is_answered_all_the_same() -> None:
    engine = DuckDbEngine(MemoryFiles(), within_s=iter([0.05, 60.0]).__next__)
    with pytest.raises(TooMuchSelectedError):
        engine.query(ENDLESS, [], {})

    assert engine.query("SELECT 1", [], {}) == [(1,)]


def test_a_file_of_before_a_column_was_added_has_nothing_in_it() -> None:
    engine = DuckDbEngine(MemoryFiles())
    before = replace(ADDS, columns={name: kind for name, kind in ADDS.columns.items() if name != "unionid"})
    row = {**dict.fromkeys(before.columns), "external_userid": "wm_a"}
    engine.write(before, "day=2027-03-10", "all", [row])

    found = engine.query("SELECT external_userid, unionid FROM adds", [Selection(ADDS, ("day=2027-03-10",))], {})

    assert found == [("wm_a", None)]
