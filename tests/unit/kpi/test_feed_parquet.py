"""Deliveries as Parquet: judged by the same rules, refused when columns are of another type."""

from pathlib import Path

import duckdb
import pytest

from scrm.kpi.feeds.datasets import Feed
from scrm.kpi.feeds.intake import Outcome
from tests.fakes.feed_bank import FeedBank, key_of, month_row

ROWS = [month_row(1), month_row(2), month_row(3, aum_fen=-1)]


def parquet(folder: Path, columns: str = "*") -> bytes:
    values = ", ".join(
        f"('{row['customer_key']}', '2027-03', {row['aum_fen']}, 1, 0, CAST(1 AS TINYINT), 0)" for row in ROWS
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


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ("* EXCLUDE (active)", "active (BIGINT or INTEGER"),
        ("* REPLACE (CAST(aum_fen AS DOUBLE) AS aum_fen)", "aum_fen (BIGINT or INTEGER"),
        ("* REPLACE (TIMESTAMP '2027-03-31' AS month)", "month (DATE or VARCHAR)"),
    ],
)
def test_a_column_that_is_missing_or_of_another_type_refuses_the_delivery(
    columns: str, why: str, tmp_path: Path
) -> None:
    bank = FeedBank()
    bank.put(parquet(tmp_path, columns), "rows.parquet")

    taken = bank.take(bank.manifest(Feed.CUSTOMER_MONTHS, "2027-03", ROWS, name="rows.parquet"))

    assert taken.outcome is Outcome.REFUSED
    assert why in taken.reason


def test_what_is_no_parquet_is_refused() -> None:
    bank = FeedBank()
    bank.put(b"PAR1 not really", "rows.parquet")

    taken = bank.take(bank.manifest(Feed.CUSTOMER_MONTHS, "2027-03", ROWS, name="rows.parquet"))

    assert taken.reason.startswith("rows.parquet is not a Parquet file")
