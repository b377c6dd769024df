"""Joins monthly reports; needs ``KPI_TABLE``, ``TARGETS_TABLE``, ``ORG_TABLE`` and ``DATA_BUCKET``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.report_documents import BucketReports
from scrm.aws.uplift_documents import BucketReviewDocuments
from scrm.aws.uplift_table import DynamoReviews
from scrm.kpi.report import MonthlyReports
from scrm.runtime.kpi_exports import PARQUET, parquet_rows
from scrm.runtime.report_joins import OrgPlaces, ReviewedUplift, files_of
from scrm.runtime.wiring import kpi
from scrm.runtime.wiring import targets as target_wiring
from scrm.runtime.wiring.tables import bucket, table
from scrm.sql import SqlEngine

MOST_NODES_HERE: Final = 40
"""Below a node whose report is made while somebody waits for it; each takes a quarter of a second."""


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """Makes reports and gives them out; with an ``engine`` also as Parquet."""

    reports: MonthlyReports
    kept: BucketReports
    engine: SqlEngine | None = None

    def make(self, node_id: str, month: str, now: datetime) -> Mapping[str, str]:
        """Links by form. Raises `scrm.kpi.errors.ReportRefusedError`."""
        report = self.reports.collect(node_id, month, now)
        catalogue = self.reports.reader.catalogue()
        leading = {one.kpi: one for one in reversed(catalogue.in_force(month))}
        self.kept.keep(month, node_id, files_of(report, leading))
        if self.engine is not None:
            self.engine.write(PARQUET, month, node_id, parquet_rows(report))
        return self.kept.links(month, node_id)


def desk(most_nodes: int, engine: SqlEngine | None = None) -> ReportDesk:
    """For one request or run, with the settings in force."""
    documents, gates, settings = bucket("DATA_BUCKET"), target_wiring.gate_keeper(), kpi.reader()
    reports = MonthlyReports(
        reader=kpi.figures(),
        book=gates.figures,
        gates=gates,
        views=target_wiring.views(),
        progress=target_wiring.progress(),
        places=OrgPlaces(DynamoOrgRepository(table("ORG_TABLE"))),
        uplift=ReviewedUplift(DynamoReviews(table("TARGETS_TABLE")), BucketReviewDocuments(documents)),
        confidence=target_wiring.confidence,
        gain_of_aum_per_10000=lambda: settings.current().gain_of_aum_per_10000,
        most_nodes=most_nodes,
    )
    return ReportDesk(reports, BucketReports(documents), engine)
