"""A review of uplift over ten million customer-months, by the function's own code or by polars; peak memory and time.

kpi_cohort.py make FOLDER CUSTOMERS      # the bank as it was published
kpi_cohort.py ours FOLDER KIND           # what kpi_review does with a review that is due
kpi_cohort.py polars FOLDER KIND         # the same sums by polars
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from local.bench.children.folder import Folder
from local.bench.children.spent import report
from scrm.uplift.terms import ReviewKind, ReviewTerms, Stratum

if TYPE_CHECKING:
    import polars as pl

    from scrm.uplift.reviews import Review

NOW = datetime(2027, 5, 2, tzinfo=UTC)
ADDED = ReviewTerms(
    "whole bank", ReviewKind.ADDED, "1", "/1/", ("aum_fen", "holdings", "cards_bound", "active"),
    date(2027, 3, 1), date(2027, 3, 31), strata=(Stratum.TIER, Stratum.AGE_BAND), segments=(Stratum.TIER,),
)  # fmt: skip
TERMS = {
    ADDED.kind: ADDED,
    ReviewKind.CHANNEL: replace(
        ADDED,
        kind=ReviewKind.CHANNEL,
        kpis=("aum_fen", "mobile_active"),
        strata=tuple(Stratum),
        segments=(Stratum.BRANCH,),
    ),
}
WINDOW = ("2027-02-28T16:00:00.000Z", "2027-03-31T16:00:00.000Z")
KEY = "customer_key"


def make(folder: Path, customers: int) -> dict[str, Any]:
    from local.bench.children import cohort_bank  # noqa: PLC0415 - each way loads only its own
    from scrm.aws.feed_versions import FeedVersions  # noqa: PLC0415
    from scrm.kpi.feeds.datasets import Feed  # noqa: PLC0415
    from scrm.kpi.feeds.publications import Publication  # noqa: PLC0415

    rows = cohort_bank.publish(folder, customers)
    versions = FeedVersions(Folder(folder))
    for number, day in ((1, "2027-02-28"), (2, "2027-04-30")):
        told = Publication(Feed.BANK_CUSTOMERS, day, number, cohort_bank.DELIVERED, "c", NOW, NOW, customers)
        versions.publish(told)
    for month in cohort_bank.MONTHS:
        versions.publish(Publication(Feed.CUSTOMER_MONTHS, month, 1, cohort_bank.DELIVERED, "c", NOW, NOW, customers))
    return {"rows": rows}


class Stored:
    """The one review."""

    def __init__(self, review: "Review") -> None:
        self.review = review

    def find(self, review_id: str) -> "Review | None":  # noqa: ARG002
        return self.review

    def all(self) -> Iterator["Review"]:
        yield self.review

    def save(self, review: "Review") -> "Review":
        self.review = review
        return review


class Unheard:
    def told(self, review: "Review", action: str, actor: str, at: datetime) -> None:
        """Nobody asks."""


def ours(folder: Path, kind: ReviewKind) -> dict[str, Any]:
    """What ``kpi_review`` does when the review is due, within its limits; the bucket is a folder."""
    from local.bench.children.cohort_bank import DELIVERED  # noqa: PLC0415 - each way loads only its own
    from scrm.aws.duckdb_engine import DuckDbEngine  # noqa: PLC0415
    from scrm.aws.feed_versions import FeedVersions  # noqa: PLC0415
    from scrm.aws.touches import TouchDays  # noqa: PLC0415
    from scrm.aws.uplift_documents import BucketReviewDocuments  # noqa: PLC0415
    from scrm.runtime.uplift_joins import BankSources  # noqa: PLC0415
    from scrm.runtime.wiring import kpi_review as wiring  # noqa: PLC0415
    from scrm.uplift.reviews import Inputs, Review, ReviewRuns  # noqa: PLC0415
    from scrm.uplift.sums import Sums  # noqa: PLC0415

    terms, bucket, kept = TERMS[kind], Folder(folder), list[Sums]()

    class Heard(BankSources):
        def sums(self, terms: ReviewTerms, inputs: Inputs) -> Sums:
            kept.append(super().sums(terms, inputs))
            return kept[-1]

    engine = DuckDbEngine(
        bucket,
        most_bytes=wiring.MOST_BYTES,
        memory_limit=wiring.MEMORY_LIMIT,
        most_spilled=wiring.MOST_SPILLED,
    )
    documents = BucketReviewDocuments(bucket)
    documents.keep_terms(terms)
    asked = Review(
        kind.value, terms.sha256, terms.name, terms.kind, terms.node_id, terms.node_path, terms.first, terms.due_on,
        "bench", NOW, customers_before=f"version=1-{DELIVERED}",
    )  # fmt: skip
    store = Stored(asked)
    sources = Heard(bucket, FeedVersions(bucket), TouchDays(bucket, engine), engine)
    with Watched(folder) as disk:
        ran = ReviewRuns(store, documents, sources, Unheard(), "bench").run_due(NOW, lambda: True)
    if ran.results != 1:
        raise RuntimeError(store.review.waits_for)
    [sums] = kept
    cells = [
        [kpi, row.arm, *map(str, row.strata.values()), row.band, *(getattr(row.moments, name) for name in MOMENTS)]
        for kpi, rows in sums.by_kpi.items()
        for row in rows
    ]
    told(folder, "ours", kind, cells, sums.customers)
    return {"cells": len(cells), "disk_mb": disk.most / 2**20}


MOMENTS = ("n", "y", "yy", "x", "xx", "xy", "d", "dd", "xd")


class Watched:
    """How much lay on local disk at most, files and what was spilled."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / "local"
        self._place.mkdir(exist_ok=True)
        self._ends = Event()
        self.most = 0

    def __enter__(self) -> "Watched":
        tempfile.tempdir = str(self._place)
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ends.wait(0.2):
            with suppress(FileNotFoundError):
                self.most = max(self.most, sum(path.stat().st_blocks * 512 for path in self._place.rglob("*")))


def peer(folder: Path, kind: ReviewKind) -> dict[str, Any]:
    """The same sums: arms, levels and trends, bands by rank, and moments by cell."""
    import polars as pl  # noqa: PLC0415 - each way loads only its own

    terms = TERMS[kind]
    before = pl.scan_parquet(folder / "kpi/bank_customers/version=1-*/*.parquet")
    links = (
        pl.concat([pl.scan_parquet(folder / "kpi/bank_customers/version=2-*/*.parquet"), before])
        .select(KEY, "external_userid", "unionid")
        .filter((pl.col("external_userid") != "") | (pl.col("unionid") != ""))
        .unique()
    )
    arms = added(folder, before, links) if kind is ReviewKind.ADDED else channels(folder, before, links)
    asked = {stratum.value for stratum in terms.strata}
    branch = pl.col("node_path").str.split("/").list.get(2)
    people = arms.with_columns(
        **{name: pl.col(name) if name in asked else pl.lit("") for name in ("tier", "age_band")},
        branch=branch if "branch" in asked else pl.lit(""),
    ).select(KEY, "arm", "tier", "age_band", "branch")
    joined = people
    halves = {"earlier": terms.months_of_level[:3], "later": terms.months_of_level[3:], "after": (terms.month_after,)}
    for name, months in halves.items():
        figures = pl.concat(
            [pl.scan_parquet(folder / f"kpi/customer_months/month={one}/*/*.parquet") for one in months]
        )
        summed = figures.group_by(KEY).agg(
            pl.when(pl.col(kpi).count() == len(months)).then(pl.col(kpi).cast(pl.Float64).sum()).alias(f"{name}_{kpi}")
            for kpi in terms.kpis
        )
        joined = joined.join(summed, on=KEY)
    customers = dict(arms.group_by("arm").len().collect(engine="streaming").iter_rows())
    compared = joined.drop(KEY).filter(pl.col("arm").is_in(ARMS[kind])).collect(engine="streaming")
    cells = [row for kpi in terms.kpis for row in by_cell(compared, kpi, terms.bands)]
    told(folder, "polars", kind, cells, customers)
    return {"cells": len(cells)}


ARMS = {
    ReviewKind.ADDED: ["added", "not_added"],
    ReviewKind.CHANNEL: ["one_to_one", "rm_task", "group", "moments", "not_reached"],
}


def added(folder: Path, before: "pl.LazyFrame", links: "pl.LazyFrame") -> "pl.LazyFrame":
    import polars as pl  # noqa: PLC0415 - each way loads only its own

    last = folder / "kpi/relations/day=2027-04-30/*.parquet"
    seen = pl.concat(
        [
            pl.scan_parquet(last).with_columns(is_current=pl.lit(1)),
            pl.scan_parquet(folder / "kpi/relations/day=2027-03-*/*.parquet").with_columns(is_current=pl.lit(0)),
        ]
    )
    adds = pl.concat(
        links.filter(pl.col(one) != "")
        .select(KEY, one)
        .join(seen.select(one, "added_at", "is_current"), on=one)
        .select(KEY, "added_at", "is_current")
        for one in ("external_userid", "unionid")
    )
    firsts = adds.group_by(KEY).agg(pl.col("added_at").min(), pl.col("is_current").max())
    arm = (
        pl.when(pl.col("added_at").is_null())
        .then(pl.lit("not_added"))
        .when(pl.col("added_at") < WINDOW[0])
        .then(pl.lit("before"))
        .when(pl.col("added_at") >= WINDOW[1])
        .then(pl.lit("later"))
        .when(pl.col("is_current") == 0)
        .then(pl.lit("lost"))
        .otherwise(pl.lit("added"))
    )
    return (
        before.filter(pl.col("node_path").str.starts_with("/1/")).join(firsts, on=KEY, how="left").with_columns(arm=arm)
    )


def channels(folder: Path, before: "pl.LazyFrame", links: "pl.LazyFrame") -> "pl.LazyFrame":
    import polars as pl  # noqa: PLC0415 - each way loads only its own

    touches = (
        pl.scan_parquet(folder / "uplift/touches/day=*/*.parquet")
        .sort("told_at", "task_id", descending=True)
        .unique(["campaign_id", "external_userid"], keep="first", maintain_order=True)
        .filter((pl.col("state") == "sent") & (pl.col("touched_at") >= WINDOW[0]) & (pl.col("touched_at") < WINDOW[1]))
    )
    followed = pl.scan_parquet(folder / "kpi/relations/day=2027-03-*/*.parquet").select("unionid", "external_userid")
    by_unionid = links.filter(pl.col("unionid") != "").select(KEY, "unionid").join(followed, on="unionid")
    touched = (
        pl.concat([one.select(KEY, "external_userid") for one in (links, by_unionid)])
        .filter(pl.col("external_userid") != "")
        .unique()
        .join(touches.select("external_userid", "channel"), on="external_userid")
        .group_by(KEY)
        .agg(pl.col("channel").min(), other=pl.col("channel").max())
    )
    arm = (
        pl.when(pl.col("channel").is_null())
        .then(pl.lit("not_reached"))
        .when(pl.col("channel") != pl.col("other"))
        .then(pl.lit("several"))
        .otherwise(pl.col("channel"))
    )
    return (
        before.filter(pl.col("node_path").str.starts_with("/1/"))
        .join(touched, on=KEY, how="left")
        .with_columns(arm=arm)
    )


def by_cell(compared: "pl.DataFrame", kpi: str, bands: int) -> list[tuple[Any, ...]]:
    import polars as pl  # noqa: PLC0415 - each way loads only its own

    earlier, later, y, x, d = pl.col(f"earlier_{kpi}"), pl.col(f"later_{kpi}"), pl.col("y"), pl.col("x"), pl.col("d")
    found = (
        compared.lazy()
        .filter(earlier.is_not_null() & later.is_not_null() & pl.col(f"after_{kpi}").is_not_null())
        .with_columns(y=pl.col(f"after_{kpi}"), x=(earlier + later) / 6, d=later / 3 - earlier / 3)
        # In whole numbers: polars divides by a reciprocal, which puts who stands on a border of bands below it.
        .with_columns(band=(x.rank("min").cast(pl.Int64) - 1) * bands // pl.len().cast(pl.Int64))
        .group_by("arm", "tier", "age_band", "branch", "band")
        .agg(
            n=pl.len(), y_=y.sum(), yy=(y * y).sum(), x_=x.sum(), xx=(x * x).sum(), xy=(x * y).sum(), d_=d.sum(),
            dd=(d * d).sum(), xd=(x * d).sum(),
        )
        .collect()
    )  # fmt: skip
    return [(kpi, *row) for row in found.iter_rows()]


def told(folder: Path, way: str, kind: ReviewKind, cells: list[Any], customers: Mapping[str, int]) -> None:
    (folder / f"{way}-{kind.value}.json").write_text(json.dumps({"cells": cells, "customers": customers}))


def main() -> None:
    way, folder, more = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if way == "make":
        report(lambda: make(folder, int(more)))
    else:
        report(lambda: (ours if way == "ours" else peer)(folder, ReviewKind(more)))


if __name__ == "__main__":
    main()
