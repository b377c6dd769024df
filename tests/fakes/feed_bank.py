"""A bank that delivers KPI feeds into a bucket in memory, and the intake that takes them."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.feed_deliveries import FeedDeliveries
from scrm.aws.feed_tables import MOST_LISTED, DuckDbFeedTables
from scrm.aws.feed_versions import FeedVersions
from scrm.kpi.feeds.columns import COLUMNS, totals_of
from scrm.kpi.feeds.datasets import DATASETS, Feed
from scrm.kpi.feeds.intake import Delivery, FeedIntake, FeedSettings, Place
from scrm.kpi.ports import Measures
from scrm.sql import Selection
from tests.fakes.feeds import MemoryBucket

FOLDER = "kpi/incoming/2027/"
PLACES: tuple[Place, ...] = (
    ("1", "1", "/1/"),
    ("10", "10", "/1/10/"),
    ("BJ01", "10", "/1/10/"),
    ("12", "12", "/1/10/12/"),
    ("20", "20", "/1/20/"),
)


def key_of(customer: int) -> str:
    return hashlib.sha256(f"account {customer}".encode()).hexdigest()


def month_row(customer: int, month: str = "2027-03", **given: Any) -> dict[str, Any]:
    plain = {"aum_fen": 100 * customer, "holdings": 1, "cards_bound": 0, "active": 1, "mobile_active": 0}
    return {"customer_key": key_of(customer), "month": month, **plain, **given}


def master_row(customer: int, node: str = "12", **given: Any) -> dict[str, Any]:
    plain = {"external_userid": f"wm{customer}", "unionid": "", "owner_userid": "RM01", "tier": "金卡"}
    return {"customer_key": key_of(customer), "node": node, **plain, "age_band": "30-39", "opened_on": "", **given}


def csv_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@dataclass
class StoodMeasures:
    """`scrm.kpi.ports.StandingMeasures`: by day and source the last version told, and what stands at each node."""

    stood: dict[tuple[date, str], tuple[int, dict[str, Measures]]] = field(default_factory=dict)
    versions: dict[tuple[date, str, str], int] = field(default_factory=dict)

    def stand(self, day: date, source: str, version: int, by_node: Mapping[str, Measures]) -> None:
        _, nodes = self.stood.get((day, source), (0, {}))
        for node_id, measures in by_node.items():
            if version >= self.versions.get((day, source, node_id), 0):
                self.versions[day, source, node_id] = version
                nodes[node_id] = measures
        self.stood[day, source] = (version, nodes)


@dataclass
class FeedBank:
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    measures: StoodMeasures = field(default_factory=StoodMeasures)
    moment: datetime = datetime(2027, 4, 2, 1, 0, tzinfo=UTC)
    settings: FeedSettings = field(default_factory=lambda: FeedSettings(bad_percent=40))
    places: Sequence[Place] = PLACES
    relations: Selection | None = None
    most_listed: int = MOST_LISTED

    @property
    def versions(self) -> FeedVersions:
        return FeedVersions(self.bucket)

    @property
    def log(self) -> FeedDeliveries:
        return FeedDeliveries(self.bucket)

    def listed(self, month: str) -> Sequence[tuple[str, Delivery]]:
        return self.log.page(month, None, 1_000).items

    def intake(self) -> FeedIntake:
        return FeedIntake(
            files=self.bucket,
            tables=DuckDbFeedTables(self.bucket, most_listed=self.most_listed),
            publications=self.versions,
            measures=self.measures,
            engine=DuckDbEngine(self.bucket),
            log=self.log,
            places=lambda: self.places,
            relations=lambda: self.relations,
            settings=lambda: self.settings,
            now=lambda: self.moment,
        )

    def deliver(
        self,
        feed: Feed,
        period: str,
        rows: Sequence[Mapping[str, Any]],
        delivered_at: str = "2027-04-02T03:00:00+08:00",
    ) -> Delivery:
        """Put one CSV file and its manifest, and have it taken."""
        self.put(csv_of(rows, [column.name for column in COLUMNS[feed]]))
        return self.take(self.manifest(feed, period, rows, delivered_at))

    def put(self, content: bytes, name: str = "rows.csv") -> None:
        self.bucket.files[f"{FOLDER}{name}"] = content

    def manifest(
        self,
        feed: Feed,
        period: str,
        rows: Sequence[Mapping[str, Any]],
        delivered_at: str = "2027-04-02T03:00:00+08:00",
        name: str = "rows.csv",
    ) -> dict[str, Any]:
        """As it should be for the file that was put."""
        content = self.bucket.files[f"{FOLDER}{name}"]
        file = {"name": name, "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
        totals = {column: sum(int(row[column]) for row in rows) for column in totals_of(feed)}
        return {
            "schema_version": 1,
            "feed": feed.value,
            "period": period,
            "delivered_at": delivered_at,
            "files": [file],
            "totals": totals,
        }

    def take(self, manifest: Mapping[str, Any]) -> Delivery:
        self.bucket.files[f"{FOLDER}manifest.json"] = json.dumps(manifest).encode()
        return self.intake().take(f"{FOLDER}manifest.json", self.moment)

    def rows(self, feed: Feed, period: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """What readers find of the latest version."""
        selection = self.versions.selection(feed, period)
        if selection is None:
            return []
        statement = f"SELECT {columns} FROM {DATASETS[feed].name} ORDER BY 1"
        return DuckDbEngine(self.bucket).query(statement, [selection], {})
