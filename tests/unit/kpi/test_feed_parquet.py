"""Deliveries as Parquet: judged by the same rules, refused when columns are of another type."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from scrm.kpi.feeds.datasets import Feed
from scrm.kpi.feeds.intake import FeedSettings, Outcome
from tests.fakes.feed_bank import FeedBank, key_of, month_row

ROWS = [month_row(1), month_row(2), month_row(3, aum_fen=-1)]


def parquet(folder: Path, columns: str = "*", rows: Sequence[Mapping[str, Any]] = ROWS) -> bytes:
    values = ", ".join(
        f"('{row['customer_key']}', '2027-03', {row['aum_fen']}, 1, 0, CAST(1 AS TINYINT), 0)" for row in rows
    )
    names = "customer_key, month, aum_fen, holdings, cards_bound, active, mobile_active"
    path = folder / "rows.parquet"
    duckdb.sql(f"COPY (SELECT {columns} FROM (VALUES {values}) AS t({names})) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def test_parquet_is_taken_as_csv_is(tmp_path: Path) -> None:
    bank = FeedBank()
    bank.put(parquet(tmp_path), "rows.parquet")

    taken = bank.take(bank.manifest(Feed.CUSTOMER_MONTHS, "2027-03", ROWS, name="rows.parquet"))

    assert (taken.outcome, taken.rows, taken.rules) == (
        Outcome.PUBLISHED,
        2,
        {"aum_fen: it must not be negative": 1},
    )
    assert (key_of(2), 200) in bank.rows(Feed.CUSTOMER_MONTHS, "2027-03", "customer_key, aum_fen")
    assert "rows.parquet,3,aum_fen" in bank.bucket.files[taken.report_key].decode()


def test_an_amount_that_no_customer_can_have_costs_its_row_whatever_the_file(tmp_path: Path) -> None:
    """Two of these are more than the sum of a column can hold."""
    bank, most = FeedBank(), 2**63 - 1
    rows = [month_row(1), month_row(2, aum_fen=most), month_row(3, aum_fen=most)]
    bank.put(parquet(tmp_path, rows=rows), "rows.parquet")
    bank.settings = FeedSettings(bad_percent=70)

    taken = bank.take(bank.manifest(Feed.CUSTOMER_MONTHS, "2027-03", rows, name="rows.parquet"))

    assert (taken.outcome, taken.rows, taken.rules) == (
        Outcome.PUBLISHED,
        1,
        {"aum_fen: it must have 15 digits at most": 2},
    )


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ("* EXCLUDE (active)", "active (BIGINT or INTEGER"),
        ("* REPLACE (CAST(aum_fen AS DOUBLE) AS aum_fen)", "aum_fen (BIGINT or INTEGER"),
        ("* REPLACE (TIMESTAMP '2027-03-31' AS month)", "month (DATE or VARCHAR)"),
        ("*, 7 AS File_Row_Number", "has a column file_row_number"),
    ],
)
def test_a_column_that_is_missing_of_another_type_or_in_the_way_refuses_the_delivery(
    columns: str, why: str, tmp_path: Path
) -> None:
    bank = FeedBank()
    bank.put(parquet(tmp_path, columns), "rows.parquet")

    taken = bank.take(bank.manifest(Feed.CUSTOMER_MONTHS, "2027-03", ROWS, name="rows.parquet"))

    assert taken.outcome is Outcome.REFUSED
    assert why in taken.reason


def test_a_file_that_is_broken_inside_is_refused(tmp_path: Path) -> None:
    """Its end, which names the columns, is whole, and its SHA-256 is that of the manifest."""
    bank = FeedBank()
    whole = parquet(tmp_path)
    pages = slice(4, whole.index(b"duckdb_schema") - 100)
    bank.put(whole[: pages.start] + bytes(pages.stop - pages.start) + whole[pages.stop :], "rows.parquet")

    taken = bank.take(bank.manifest(Feed.CUSTOMER_MONTHS, "2027-03", ROWS, name="rows.parquet"))

    assert taken.outcome is Outcome.REFUSED
    assert taken.reason.startswith("A Parquet file of the delivery is broken inside")


def test_what_is_no_parquet_is_refused() -> None:
    bank = FeedBank()
    bank.put(b"PAR1 not really", "rows.parquet")

    taken = bank.take(bank.manifest(Feed.CUSTOMER_MONTHS, "2027-03", ROWS, name="rows.parquet"))

    assert taken.reason.startswith("rows.parquet is not a Parquet file")
