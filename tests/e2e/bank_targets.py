"""A year's targets in the small bank's life: planned, approved, looked at, and a gate that is opened for a while."""

from datetime import datetime, timedelta
from typing import Any

from local.cli.client import at
from scrm.clock import BUSINESS_ZONE
from tests.e2e.small_bank import Bank


def a_year_is_planned(bank: Bank) -> None:
    """The year of the last month that is over: in January there is nothing yet to compare its own targets with."""
    head_office, now = bank.operator("head_office"), datetime.fromisoformat(bank.wecom.clock()["now"])
    year = (now.astimezone(BUSINESS_ZONE).replace(day=1) - timedelta(days=1)).year
    branches = [row["node_id"] for row in head_office.get(at("nodes", "1", "children"))["items"]]
    one = {"numerator": 1}
    terms = {
        "kpi": "aum",
        "year": year,
        "outcome": 100_000_00,
        "baseline": {"value": 1, "as_of": f"{year - 1}-12-31", "source": "core"},
        "conversion": {
            "uplift_per_valid_add": {"numerator": 1000_00},
            "valid_per_added": one,
            "added_per_reached": one,
            "reached_per_rm": one,
        },
        "shares": [{"node_id": node_id, "weight": 1} for node_id in branches],
    }
    plan = _approved(bank, terms)
    _approved(bank, terms | {"kpi": "mobile_bank_mau"})  # the monthly report is the first to look at this one
    found = head_office.get(at(*plan, "nodes", branches[0]))
    for metric in range(5):
        months = zip(*(row["metrics"][metric]["months"] for row in found["below"]), strict=True)
        assert [sum(month) for month in months] == found["metrics"][metric]["months"]
    figure = {"node_id": branches[0], "kpi": "added", "numerator": 3}
    told = {"month": f"{year}-01", "as_of": f"{year}-01-31", "source": "core", "rows": [figure]}
    assert head_office.put(at("kpi-figures"), told)["changed"] == 1
    assert head_office.get(at(*plan, "nodes", branches[0], "progress"))["rows"][2]["actual_to_date"] == 3
    _a_gate_is_opened_for_a_while(bank, branches[0], now)


def _approved(bank: Bank, terms: dict[str, Any]) -> tuple[str, str]:
    made = bank.operator("head_office").post(at("targets"), terms)
    plan = "targets", str(made["plan_id"])
    bank.operator("checker").post(at(*plan, "versions", str(made["version"]), "approval"), {})
    return plan


def _a_gate_is_opened_for_a_while(bank: Bank, node_id: str, now: datetime) -> None:
    head_office = bank.operator("head_office")
    until = (now + timedelta(days=30)).isoformat()
    asked = head_office.post(
        at("gate-overrides"), {"kpi": "aum", "node_id": node_id, "valid_until": until, "reason": "a new branch"}
    )
    assert head_office.get(at("gates", node_id))["states"]["aum"] == "locked"
    bank.operator("checker").post(at("gate-overrides", asked["override_id"], "approval"), {})
    assert head_office.get(at("gates", node_id))["states"]["aum"] == "overridden"
