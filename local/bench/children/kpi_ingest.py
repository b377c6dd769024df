"""One delivery of the bank's KPI feeds as Parquet, by the function's own code or by polars; peak memory and time.

kpi_ingest.py make FOLDER ROWS      # the delivery, and the customer master as it was published before
kpi_ingest.py ours FOLDER           # judged, published, measured by node
kpi_ingest.py polars FOLDER         # the same questions answered by polars
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from local.bench.children.folder import Folder
from local.bench.children.spent import report

MONTH = "2027-03"
MANIFEST = "kpi/incoming/manifest.json"
MASTER = "kpi/bank_customers/version=1-m1/rows.parquet"
NODES, BRANCHES = 4_000, 40
NOW = datetime(2027, 4, 2, tzinfo=UTC)


def make(folder: Path, rows: int) -> dict[str, Any]:
    import duckdb  # noqa: PLC0415 - each way loads only its own

    told, master = folder / "kpi/incoming/rows.parquet", folder / MASTER
    told.parent.mkdir(parents=True)
    master.parent.mkdir(parents=True)
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(folder)}) as engine:
        engine.execute(f"""COPY (
            SELECT sha256(i::VARCHAR) AS customer_key, '{MONTH}' AS month, (h % 100000000)::BIGINT AS aum_fen,
                   (h >> 8) % 6 AS holdings, (h >> 12) % 3 AS cards_bound, (h >> 16) % 2 AS active,
                   (h >> 20) % 2 AS mobile_active
            FROM (SELECT i, (hash(i) >> 2)::BIGINT AS h FROM range({rows}) AS numbers(i))
        ) TO '{told}' (FORMAT parquet, COMPRESSION zstd)""")  # noqa: S608 - names of ours
        engine.execute(f"""COPY (
            SELECT sha256(i::VARCHAR) AS customer_key, '' AS external_userid, '' AS unionid, 'rm_' || n AS owner_userid,
                   n::VARCHAR AS node_id, '/1/b' || n % {BRANCHES} || '/' || n || '/' AS node_path, 'gold' AS tier,
                   '30-39' AS age_band, '' AS opened_on
            FROM (SELECT i, 100 + i % {NODES} AS n FROM range({rows}) AS numbers(i))
        ) TO '{master}' (FORMAT parquet, COMPRESSION zstd)""")  # noqa: S608 - names of ours
        (aum,) = engine.execute(f"SELECT sum(aum_fen) FROM '{told}'").fetchone() or (0,)  # noqa: S608
        sums = engine.execute(
            f"SELECT sum(holdings), sum(cards_bound), sum(active), sum(mobile_active) FROM '{told}'"  # noqa: S608
        ).fetchone()
    with told.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    columns = ("aum_fen", "holdings", "cards_bound", "active", "mobile_active")
    manifest = {
        "schema_version": 1,
        "feed": "customer_months",
        "period": MONTH,
        "delivered_at": "2027-04-01T03:00:00+08:00",
        "files": [{"name": told.name, "rows": rows, "sha256": sha256}],
        "totals": dict(zip(columns, map(int, (aum, *(sums or ()))), strict=True)),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return {"megabytes": told.stat().st_size // 2**20}


class Stood:
    def __init__(self) -> None:
        self.root: Mapping[str, int] = {}

    def stand(self, day: date, source: str, version: int, by_node: Mapping[str, Mapping[str, int]]) -> None:  # noqa: ARG002
        self.root = by_node["1"]


def ours(folder: Path) -> dict[str, Any]:
    """What ``kpi_ingest`` does with a manifest, its bucket a folder."""
    from scrm.aws.duckdb_engine import DuckDbEngine  # noqa: PLC0415 - each way loads only its own
    from scrm.aws.feed_deliveries import FeedDeliveries  # noqa: PLC0415
    from scrm.aws.feed_tables import MEMORY_LIMIT, DuckDbFeedTables  # noqa: PLC0415
    from scrm.aws.feed_versions import FeedVersions  # noqa: PLC0415
    from scrm.kpi.feeds.datasets import Feed  # noqa: PLC0415
    from scrm.kpi.feeds.intake import FeedIntake, FeedSettings  # noqa: PLC0415
    from scrm.kpi.feeds.publications import Publication  # noqa: PLC0415

    bucket, stood = Folder(folder), Stood()
    versions = FeedVersions(bucket)
    versions.publish(Publication(Feed.BANK_CUSTOMERS, f"{MONTH}-31", 1, "m1", "c1", NOW, NOW, 1))
    intake = FeedIntake(
        files=bucket,
        tables=DuckDbFeedTables(bucket, memory_limit=MEMORY_LIMIT),
        publications=versions,
        measures=stood,
        engine=DuckDbEngine(bucket, most_bytes=4 * 2**30, memory_limit=MEMORY_LIMIT),
        log=FeedDeliveries(bucket),
        places=lambda: (),
        relations=lambda: None,
        settings=FeedSettings,
        now=lambda: NOW,
    )
    taken = intake.take(MANIFEST, NOW)
    return {"rows": taken.rows, "reason": taken.reason, "aum_fen": stood.root.get("aum_fen")}


def peer(folder: Path) -> dict[str, Any]:
    """Rows judged by the same rules, keys compared, usable rows written in order, sums by node."""
    import polars as pl  # noqa: PLC0415 - each way loads only its own

    told = folder / "kpi/incoming/rows.parquet"
    with told.open("rb") as file:
        hashlib.file_digest(file, "sha256").hexdigest()
    rows = pl.scan_parquet(told)
    good = (
        pl.col("customer_key").str.contains("^[0-9a-f]{64}$")
        & (pl.col("month") == MONTH)
        & (pl.col("aum_fen") >= 0)
        & pl.col("holdings").is_between(0, 1_000_000)
        & pl.col("cards_bound").is_between(0, 1_000_000)
        & pl.col("active").is_between(0, 1)
        & pl.col("mobile_active").is_between(0, 1)
    )
    judged = rows.with_columns(good.alias("good"))
    judged.select(
        pl.len(), pl.col("good").sum(), pl.col("aum_fen", "holdings", "cards_bound", "active", "mobile_active").sum()
    ).collect(engine="streaming")
    repeated = rows.select(pl.col("customer_key").n_unique()).collect(engine="streaming").item()
    written = folder / "polars.parquet"
    judged.filter("good").drop("good").sort("customer_key").sink_parquet(written, compression="zstd")
    sums = (
        pl.scan_parquet(written)
        .join(pl.scan_parquet(folder / MASTER).select("customer_key", "node_path"), on="customer_key")
        .group_by("node_path")
        .agg(pl.col("aum_fen", "holdings", "cards_bound", "active", "mobile_active").sum(), pl.len())
        .collect(engine="streaming")
    )
    return {"rows": repeated, "aum_fen": sums["aum_fen"].sum()}


def main() -> None:
    way, folder = sys.argv[1], Path(sys.argv[2])
    if way == "make":
        report(lambda: make(folder, int(sys.argv[3])))
    else:
        report(lambda: ours(folder) if way == "ours" else peer(folder))


if __name__ == "__main__":
    main()
