"""Figures in the small bank's life: a month that is over is told by node, looked at down to members, and reported."""

import io
from datetime import date, datetime, timedelta

from local.cli.client import at
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.table import Table
from scrm.clock import BUSINESS_ZONE
from tests.e2e.small_bank import Bank


def figures_are_told_and_reported(bank: Bank) -> None:
    """The measures are the test's own: what counts them is told elsewhere."""
    head_office = bank.operator("head_office")
    today = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE).date()
    last = today.replace(day=1) - timedelta(days=1)
    month = f"{last.year:04d}-{last.month:02d}"
    branch = str(head_office.get(at("nodes", "1", "children"))["items"][0]["node_id"])
    _measured(bank, last, {"1": (4, 5), branch: (3, 4)})

    bank.invoke("KpiReviewFunction", {"schedule": "kpi_review.figures"})

    assert head_office.get(at("kpis"))["items"][0]["kpi"] == "staff_usage_rate"
    found = head_office.get(at("kpis", "staff_usage_rate", "nodes", "1"), month=month)
    own, below = found["figures"][0], found["items"][0]["figures"][0]
    assert (own["numerator"], own["denominator"], own["told_version"]) == (4, 5, 1)
    assert (below["numerator"], below["denominator"]) == (3, 4)
    kept = head_office.get(at("kpi-reports", month, "nodes", branch))["links"]
    assert sorted(kept) == ["csv", "html", "parquet", "xlsx"]
    made = head_office.post(at("kpi-reports"), {"month": month, "node_id": "1"})
    page = io.BytesIO()
    head_office.fetch(made["links"]["html"], page)
    assert "员工使用率" in page.getvalue().decode()


def _measured(bank: Bank, day: date, usage: dict[str, tuple[int, int]]) -> None:
    name = bank.stack.endpoints.resources["tables"]["KpiTable"]
    measures = DynamoKpiMeasures(Table(bank.stack.engine.client("dynamodb"), name))
    told = {node_id: {"active_rms": active, "roster_rms": roster} for node_id, (active, roster) in usage.items()}
    measures.stand(day, "story", 1, told)
