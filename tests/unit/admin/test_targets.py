"""Targets through the API: plans by two persons, what a node has to reach, stages, overrides, figures."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from scrm import clock
from scrm.aws import cursors
from tests.admin_api import BRANCH_10, HEAD_OFFICE, Api, Reply, Request

CHECKER = {**HEAD_OFFICE, "sub": "op-checker"}
YEAR = clock.now().year - 1  # over, whatever day it is today
PLAN = f"{YEAR}-aum"
TERMS: dict[str, Any] = {
    "kpi": "aum",
    "year": YEAR,
    "outcome": 1_200_000_000_00,
    "baseline": {"value": 5_000_000_000_00, "as_of": f"{YEAR - 1}-12-31", "source": "core banking"},
    "conversion": {
        "uplift_per_valid_add": {"numerator": 50_000_00},
        "valid_per_added": {"numerator": 4, "denominator": 5},
        "added_per_reached": {"numerator": 1, "denominator": 10},
        "reached_per_rm": {"numerator": 300},
    },
    "shares": [{"node_id": "10", "weight": 2}, {"node_id": "20", "weight": 1}],
}


def post(api: Api, path: str, claims: Mapping[str, str] = HEAD_OFFICE, body: Any = None) -> Reply:
    return api.send(Request(path, "POST", claims=claims, headers={"idempotency-key": "k"}, body=body))


def tell(api: Api, month: str, rows: list[dict[str, Any]], claims: Mapping[str, str] = HEAD_OFFICE) -> Reply:
    body = {"month": month, "as_of": f"{month}-28", "source": "core banking", "rows": rows}
    return api.send(Request("/v1/kpi-figures", "PUT", claims=claims, body=body))


@pytest.fixture
def planned(api: Api) -> Api:
    """The plan is approved, and the Shanghai branch has three RMs in Pudong."""
    api.targets.headcounts.counts = {"10": {"12": 2, "member:head": 1}, "12": {"member:a": 1, "member:b": 1}}
    post(api, "/v1/targets", body=TERMS)
    assert post(api, f"/v1/targets/{PLAN}/versions/1/approval", CHECKER).status == 200
    return api


def test_a_plan_is_written_by_one_and_approved_by_another(api: Api) -> None:
    drafted = post(api, "/v1/targets", body=TERMS)
    own = post(api, f"/v1/targets/{PLAN}/versions/1/approval")
    approved = post(api, f"/v1/targets/{PLAN}/versions/1/approval", CHECKER)

    assert (drafted.status, drafted.body["state"], drafted.body["frozen_at"]) == (201, "draft", None)
    assert (own.status, own.body["type"]) == (409, "urn:scrm:problem:plan-refused")
    assert (approved.body["state"], approved.body["decided_by"]) == ("approved", "operator:op-checker")
    assert approved.body["frozen_at"] == approved.body["decided_at"]
    listed = api.send(Request("/v1/targets", query={"year": str(YEAR)})).body["items"]
    assert [(row["version"], row["state"]) for row in listed] == [(1, "approved")]
    actions = [entry.action for entry in api.audited() if entry.action.startswith("target_plan")]
    assert actions == ["target_plan.draft", "target_plan.approved"]


def test_a_rejected_plan_says_why_and_is_never_in_force(api: Api) -> None:
    post(api, "/v1/targets", body=TERMS)

    rejected = post(api, f"/v1/targets/{PLAN}/versions/1/rejection", CHECKER, {"note": "基数有误"})

    assert (rejected.body["state"], rejected.body["note"]) == ("rejected", "基数有误")
    assert api.send(Request(f"/v1/targets/{PLAN}/nodes/10")).status == 404


def test_a_branch_writes_no_plan(api: Api) -> None:
    assert post(api, "/v1/targets", BRANCH_10, TERMS).status == 403


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"shares": [{"node_id": "12", "weight": 1}]}, "no branch"),
        ({"shares": [{"node_id": "99", "weight": 1}]}, "no branch"),
        ({"season": [0] * 12}, "with a weight is early"),
        (
            {"conversion": TERMS["conversion"] | {"valid_per_added": {"numerator": 3, "denominator": 2}}},
            "share above 0",
        ),
        ({"shares": [{"node_id": "10", "weight": 1}] * 2}, "listed twice"),
        ({"first_month": f"{YEAR + 1}-01"}, f"{YEAR + 1}-01 is no month of {YEAR}"),
        ({"baseline": TERMS["baseline"] | {"as_of": f"{YEAR}-01-01"}}, "before the programme begins"),
        (
            {"first_month": f"{YEAR}-05", "shares": [{"node_id": "10", "weight": 1, "first_month": f"{YEAR}-04"}]},
            "begin earlier",
        ),
    ],
)
def test_a_plan_that_cannot_be_says_what_is_wrong(api: Api, change: dict[str, Any], told: str) -> None:
    refused = post(api, "/v1/targets", body=TERMS | change)

    assert refused.status == 422
    assert told in refused.body["detail"]


def test_a_node_sees_its_targets_and_their_split_that_sums_up(planned: Api) -> None:
    found = planned.send(Request(f"/v1/targets/{PLAN}/nodes/10", claims=BRANCH_10)).body

    year = {row["metric"]: row["year"] for row in found["metrics"]}
    assert (year["outcome"], year["valid_added"], year["reached"]) == (800_000_000_00, 16_000, 200_000)
    assert [row["below_id"] for row in found["below"]] == ["12", "member:head"]
    for place, row in enumerate(found["metrics"]):
        months = zip(*(below["metrics"][place]["months"] for below in found["below"]), strict=True)
        assert [sum(month) for month in months] == row["months"]
        assert len(row["quarters"]) == 4


def test_where_the_whole_bank_stood_is_told_to_who_sees_the_bank(planned: Api) -> None:
    path = f"/v1/targets/{PLAN}/nodes/10"

    assert planned.send(Request(path, claims=BRANCH_10)).body["baseline_value"] is None
    assert planned.send(Request(path, claims=HEAD_OFFICE)).body["baseline_value"] == TERMS["baseline"]["value"]


def test_a_cursor_of_targets_that_somebody_made_himself_is_refused(planned: Api) -> None:
    path = f"/v1/targets/{PLAN}/nodes/10"
    made = cursors.encode(f"targets/{PLAN}/1/10", {"below_id": 7})

    assert planned.send(Request(path, claims=HEAD_OFFICE, query={"cursor": made})).status == 400


def test_a_split_is_read_page_by_page(planned: Api) -> None:
    path = f"/v1/targets/{PLAN}/nodes/12"
    first = planned.send(Request(path, query={"limit": "1"})).body
    second = planned.send(Request(path, query={"limit": "1", "cursor": first["cursor"]})).body

    assert [row["below_id"] for row in (*first["below"], *second["below"])] == ["member:a", "member:b"]
    assert second["cursor"] is None


def test_nobody_sees_another_branchs_targets(planned: Api) -> None:
    for path in (f"/v1/targets/{PLAN}/nodes/20", f"/v1/targets/{PLAN}/nodes/20/progress", "/v1/gates/20"):
        assert planned.send(Request(path, claims=BRANCH_10)).status == 404


def test_unknown_plans_and_versions_are_told(planned: Api) -> None:
    for path in ("/v1/targets/nonsense/nodes/10", f"/v1/targets/{YEAR}-mau/nodes/10"):
        assert planned.send(Request(path)).status == 404
    missing = planned.send(Request(f"/v1/targets/{PLAN}/nodes/10", query={"version": "7"}))
    assert (missing.status, missing.body["detail"]) == (404, "The plan has no version 7.")
    unplanned = planned.send(Request(f"/v1/targets/{PLAN}/nodes/100"))
    assert unplanned.body["detail"] == "The plan gives this branch nothing."


def test_progress_is_what_stood_against_what_was_planned(planned: Api) -> None:
    levels = (1_000_00, 70_000_000_00, 130_000_000_00, 210_000_000_00)
    for month, level in zip((f"{YEAR - 1}-12", f"{YEAR}-01", f"{YEAR}-02", f"{YEAR}-03"), levels, strict=True):
        tell(planned, month, [{"node_id": "10", "kpi": "aum", "numerator": level}])
    tell(planned, f"{YEAR}-01", [{"node_id": "10", "kpi": "added", "numerator": 1_700}])

    found = planned.send(Request(f"/v1/targets/{PLAN}/nodes/10/progress", claims=BRANCH_10)).body

    rows = {row["metric"]: row for row in found["rows"]}
    assert rows["outcome"]["gate"] == "locked"
    assert rows["outcome"]["actual_to_date"] == 210_000_000_00 - 1_000_00
    assert rows["outcome"]["closed_months"] == 3
    assert rows["outcome"]["forecast_low"] < rows["outcome"]["forecast"] < rows["outcome"]["forecast_high"]
    assert (rows["added"]["actual_to_date"], rows["added"]["is_behind"], rows["added"]["gate"]) == (
        1_700,
        False,
        "open",
    )
    assert rows["reached"]["actual_to_date"] is None
    assert (found["plan"]["version"], found["confidence_percent"]) == (1, 80)


def test_a_programme_that_began_in_may_is_measured_from_may_on(api: Api) -> None:
    shares = [{"node_id": "10", "weight": 2}, {"node_id": "20", "weight": 1, "first_month": f"{YEAR}-09"}]
    post(api, "/v1/targets", body=TERMS | {"first_month": f"{YEAR}-05", "shares": shares})
    post(api, f"/v1/targets/{PLAN}/versions/1/approval", CHECKER)
    for month, added in zip(("05", "06", "07"), (1_700, 900, 1_100), strict=True):
        told = [{"node_id": node, "kpi": "added", "numerator": added} for node in ("1", "10")]
        tell(api, f"{YEAR}-{month}", told)
    for month in ("05", "07"):
        tell(api, f"{YEAR}-{month}", [{"node_id": "10", "kpi": "reached", "numerator": 9}])

    months = {row["metric"]: row["months"] for row in api.send(Request(f"/v1/targets/{PLAN}/nodes/10")).body["metrics"]}
    pilot, bank, later = (
        api.send(Request(f"/v1/targets/{PLAN}/nodes/{node}/progress")).body for node in ("10", "1", "20")
    )

    assert all(not any(each[:4]) for each in months.values())
    assert (pilot["first_month"], bank["first_month"], later["first_month"]) == (
        f"{YEAR}-05",
        f"{YEAR}-05",
        f"{YEAR}-09",
    )
    rows = {row["metric"]: row for row in pilot["rows"]}
    assert rows["added"]["actual_to_date"] == 3_700
    assert rows["added"]["target_to_date"] == sum(months["added"][4:7])
    assert (rows["added"]["first_month"], rows["added"]["last_month"]) == (f"{YEAR}-05", f"{YEAR}-07")
    assert rows["added"]["forecast_low"] < rows["added"]["forecast"] < rows["added"]["forecast_high"]
    assert (rows["reached"]["actual_to_date"], rows["reached"]["absent"]) == (None, "gap")
    assert rows["reached"]["absent_month"] == f"{YEAR}-06"
    assert (rows["outcome"]["absent"], rows["outcome"]["absent_month"]) == ("not_told", f"{YEAR}-05")
    assert {row["absent"] for row in later["rows"]} == {"not_told"}
    assert pilot["frozen_late"]


def test_a_gate_opens_with_the_figures_and_says_why_it_is_shut(api: Api) -> None:
    month = clock.now().astimezone(clock.BUSINESS_ZONE).strftime("%Y-%m")

    def figures(used: int) -> None:
        day = clock.now().astimezone(clock.BUSINESS_ZONE).date().isoformat()
        rows = [
            {"node_id": "10", "kpi": "staff_usage_rate", "numerator": used, "denominator": 1000},
            {"node_id": "10", "kpi": "customer_coverage_rate", "numerator": 6, "denominator": 10},
            {"node_id": "10", "kpi": "pool_size", "numerator": 5000},
        ]
        body = {"month": month, "as_of": day, "source": "wecom", "rows": rows}
        assert api.send(Request("/v1/kpi-figures", "PUT", body=body)).body["rows"] == 3

    figures(799)
    shut = api.send(Request("/v1/gates/10", claims=BRANCH_10)).body
    figures(800)
    opened = api.send(Request("/v1/gates/10", claims=BRANCH_10)).body

    assert (shut["stage"], shut["states"]["aum"]) == ("usage", "locked")
    assert [(row["finding"], row["at_least"], row["numerator"]) for row in shut["evidence"]] == [("below", "4/5", 799)]
    assert (opened["stage"], opened["states"]["aum"]) == ("business", "open")


def test_an_override_needs_a_reason_and_a_second_person_at_head_office(api: Api) -> None:
    until = clock.to_iso(clock.now() + timedelta(days=30))
    wanted = {"kpi": "aum", "node_id": "10", "valid_until": until, "reason": "二月新设分行"}

    assert post(api, "/v1/gate-overrides", BRANCH_10, wanted | {"reason": " "}).status == 409
    asked = post(api, "/v1/gate-overrides", BRANCH_10, wanted).body
    at = f"/v1/gate-overrides/{asked['override_id']}"
    assert post(api, f"{at}/approval", BRANCH_10).status == 403
    assert post(api, f"{at}/approval").body["state"] == "approved"
    assert api.send(Request("/v1/gates/10")).body["states"]["aum"] == "overridden"
    assert api.send(Request("/v1/gates/20")).body["states"]["aum"] == "locked"
    assert post(api, f"{at}/rejection", body={"note": "late"}).status == 409
    assert post(api, f"{at}/revocation", CHECKER, {"note": "数据已齐"}).body["state"] == "revoked"
    assert api.send(Request("/v1/gates/10")).body["states"]["aum"] == "locked"
    listed = api.send(Request("/v1/gate-overrides", claims=BRANCH_10)).body["items"]
    assert [row["note"] for row in listed] == ["数据已齐"]


def test_a_figure_told_again_changes_nothing_and_a_corrected_one_is_a_new_version(api: Api) -> None:
    rows = [{"node_id": "10", "kpi": "added", "numerator": 5}]

    first, again = tell(api, f"{YEAR}-01", rows).body, tell(api, f"{YEAR}-01", rows).body
    corrected = tell(api, f"{YEAR}-01", [rows[0] | {"numerator": 6}]).body

    assert [one["changed"] for one in (first, again, corrected)] == [1, 0, 1]
    assert [one.version for one in api.targets.figures.stored["10", "added", f"{YEAR}-01"]] == [1, 2]


def test_figures_of_the_future_unknown_nodes_and_branches_are_refused(api: Api) -> None:
    row = {"node_id": "10", "kpi": "added", "numerator": 5}

    assert tell(api, f"{YEAR + 2}-01", [row]).status == 422
    assert tell(api, f"{YEAR}-01", [row | {"node_id": "99"}]).status == 404
    assert tell(api, f"{YEAR}-01", [row], BRANCH_10).status == 403


def test_stages_are_set_by_head_office_and_must_make_sense(api: Api) -> None:
    usage = {
        "name": "usage",
        "criteria": [{"kpi": "staff_usage_rate", "at_least_numerator": 9, "at_least_denominator": 10}],
    }
    stages = {"stages": [usage, {"name": "business", "assesses": ["aum"]}]}

    before = api.send(Request("/v1/settings/targets")).body
    set_now = api.send(Request("/v1/settings/targets", "PUT", body={"version": 0, "settings": stages}))
    stale = api.send(Request("/v1/settings/targets", "PUT", body={"version": 0, "settings": {}}))
    twice = api.send(
        Request("/v1/settings/targets", "PUT", body={"version": 1, "settings": {"stages": [usage, usage]}})
    )

    assert [stage["name"] for stage in before["settings"]["stages"]] == ["usage", "coverage", "business"]
    assert (set_now.body["version"], set_now.body["given"]) == (1, ["stages"])
    assert stale.status == 409
    assert (twice.status, twice.body["detail"]) == (422, "Two stages have the same name.")
    assert (
        api.send(Request("/v1/settings/targets", "PUT", claims=BRANCH_10, body={"version": 1, "settings": {}})).status
        == 403
    )


def test_two_figures_of_one_kpi_are_refused_and_named(api: Api) -> None:
    month = "2026-01"
    row = {"node_id": "10", "kpi": "aum", "numerator": 5}

    refused = tell(api, month, [row, {**row, "node_id": "20"}, {**row, "numerator": 6}])

    assert (refused.status, refused.body["type"]) == (422, "urn:scrm:problem:told-twice")
    assert "Node 10 has aum 2 times" in refused.body["detail"]
    assert api.targets.figures.stored == {}
