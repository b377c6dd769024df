"""Exits of pilots through the API: looked at with their evidence, recorded, and what the record opens."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import pytest

from scrm import clock
from scrm.org.model import Lifecycle
from scrm.settings.targets import PilotExitDocument, TargetsDocument
from scrm.targets.figures import MonthFigure, month_before, month_of
from scrm.uplift.results import review
from scrm.uplift.reviews import Inputs, ReviewState
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.unit.admin.test_campaigns import asked
from tests.unit.admin.test_uplift import found

CHECKER = {**HEAD_OFFICE, "sub": "op-checker"}


def closed_months() -> list[str]:
    """The last three."""
    this = month_of(clock.now().astimezone(clock.BUSINESS_ZONE).date())
    return [month_before(this, back) for back in (3, 2, 1)]


def post(api: Api, path: str, claims: Mapping[str, str] = HEAD_OFFICE, body: Any = None) -> Reply:
    return api.send(Request(path, "POST", claims=claims, headers={"idempotency-key": "k"}, body=body))


def look(api: Api, node_id: str = "10", claims: Mapping[str, str] = HEAD_OFFICE, **query: str) -> Reply:
    return api.send(Request(f"/v1/nodes/{node_id}/pilot-exit", claims=claims, query=query))


def tell(api: Api, month: str, used: int = 850) -> None:
    rows = [
        {"node_id": "10", "kpi": "staff_usage_rate", "numerator": used, "denominator": 1000},
        {"node_id": "10", "kpi": "customer_coverage_rate", "numerator": 6, "denominator": 10},
        {"node_id": "10", "kpi": "pool_size", "numerator": 5000},
    ]
    body = {"month": month, "as_of": f"{month}-28", "source": "wecom", "rows": rows}
    assert api.send(Request("/v1/kpi-figures", "PUT", body=body)).status == 200


def reviewed(api: Api, customers: int = 900, mean: float = 140.0, **changed: Any) -> str:
    """A review over the pilot that was registered in time and has run; its id."""
    first = date.fromisoformat(f"{month_before(closed_months()[0], 2)}-01")
    terms = {"name": "试点", "node_id": "10", "kpis": ["aum_fen", "holdings"], "first": first.isoformat()}
    terms |= {"last": (first + timedelta(days=20)).isoformat()} | changed
    review_id: str = post(api, "/v1/uplift-reviews", body=terms).body["review_id"]
    registered = api.uplift.store.stored[review_id]
    result = review(api.uplift.documents.terms(registered.terms_sha256), found({"10": (customers, mean)}))
    api.uplift.documents.keep_result(registered, 1, Inputs("version=2", "version=1", {}), result, clock.now())
    in_time = clock.now() - timedelta(days=300)
    api.uplift.store.stored[review_id] = replace(
        registered, versions=1, state=ReviewState.DONE, ran_at=clock.now(), registered_at=in_time
    )
    return review_id


@pytest.fixture
def pilot(api: Api) -> Api:
    """The Shanghai branch is in pilot and reaches everything; the gate is on."""
    api.org.nodes["10"] = replace(api.org.nodes["10"], lifecycle=Lifecycle.PILOT)
    api.targets.document = TargetsDocument(rollout_gate=True)
    for month in closed_months():
        tell(api, month)
    return api


def test_a_pilot_shows_each_criterion_with_its_evidence_and_the_verdict(pilot: Api) -> None:
    review_id = reviewed(pilot)

    body = look(pilot, claims=BRANCH_10, review_id=review_id).body

    assert (body["verdict"], body["reasons"], body["lifecycle"], body["gate"]) == ("ready", [], "pilot", "shut")
    assert (len(body["lasting"]), body["through"]) == (9, closed_months()[-1])
    assert body["lasting"][0] == {
        "stage": "usage",
        "kpi": "staff_usage_rate",
        "month": closed_months()[0],
        "bound": "4/5",
        "at_most": False,
        "figure": {"numerator": 850, "denominator": 1000, "as_of": f"{closed_months()[0]}-28"},
        "source": "wecom",
        "finding": "met",
    }
    assert [(row["kpi"], row["arm"], row["finding"]) for row in body["results"]] == [
        ("aum_fen", "added", "met"),
        ("holdings", "added", "met"),
    ]
    assert body["results"][0]["low"] > body["results"][0]["bar"] == 0.2
    assert len(body["trend"]) == 9


def test_a_pilot_that_falls_short_once_is_not_ready_and_says_where(pilot: Api) -> None:
    tell(pilot, closed_months()[1], used=799)

    body = look(pilot, review_id=reviewed(pilot)).body

    assert body["verdict"] == "not_ready"
    assert body["reasons"] == [{"finding": "below", "kpi": "staff_usage_rate", "months": [closed_months()[1]]}]


def test_a_month_that_was_hidden_since_is_absent_and_no_point_of_the_trend(pilot: Api) -> None:
    hidden = closed_months()[1]
    told = MonthFigure("10", "pool_size", hidden, None, "bank_facts, definition 1", "kpi", clock.now())
    pilot.targets.joined().figures.tell([told])

    reply = look(pilot, review_id=reviewed(pilot))

    assert reply.status == 200
    assert reply.body["reasons"] == [{"finding": "absent", "kpi": "pool_size", "months": [hidden]}]
    assert hidden not in [row["month"] for row in reply.body["trend"] if row["kpi"] == "pool_size"]


def test_a_review_that_holds_every_other_time_is_no_proof(pilot: Api) -> None:
    refused = look(pilot, review_id=reviewed(pilot, confidence=0.5))

    assert (refused.status, refused.body["type"]) == (422, "urn:scrm:problem:unfit-review")
    assert "90%" in refused.body["detail"]
    assert look(pilot, review_id=reviewed(pilot, confidence=0.9)).body["verdict"] == "ready"


def test_too_few_customers_are_insufficient_and_tell_no_percentage(pilot: Api) -> None:
    body = look(pilot, review_id=reviewed(pilot, customers=50)).body

    assert body["verdict"] == "undecided"
    assert {row["finding"] for row in body["results"]} == {"insufficient"}
    assert {row[name] for row in body["results"] for name in ("value", "low", "high")} == {None}


@pytest.mark.parametrize("result", ["passed", "above_zero"])
def test_groups_that_cannot_be_compared_prove_nothing_and_tell_no_percentage(
    pilot: Api, monkeypatch: pytest.MonkeyPatch, result: Literal["passed", "above_zero"]
) -> None:
    pilot.targets.document = TargetsDocument(pilot_exit=PilotExitDocument(result=result))
    review_id = reviewed(pilot)
    told = dict(pilot.uplift.documents.result(review_id, 1))
    told["findings"] = [row | {"verdict": "not_comparable"} for row in told["findings"]]
    monkeypatch.setattr(type(pilot.uplift.documents), "result", lambda *_: told)

    body = look(pilot, review_id=review_id).body

    assert (body["verdict"], {row["finding"] for row in body["results"]}) == ("undecided", {"not_comparable"})
    assert {row[name] for row in body["results"] for name in ("value", "low", "high")} == {None}


def test_a_smaller_gain_counts_where_the_bank_asks_for_no_more(pilot: Api) -> None:
    review_id = reviewed(pilot, mean=110.0)

    by_the_bar = look(pilot, review_id=review_id).body
    pilot.targets.document = TargetsDocument(pilot_exit=PilotExitDocument(result="above_zero"))
    above_zero = look(pilot, review_id=review_id).body

    assert (by_the_bar["verdict"], by_the_bar["results"][0]["finding"]) == ("not_ready", "below")
    assert (above_zero["verdict"], above_zero["results"][0]["bar"]) == ("ready", 0.0)


def test_a_late_review_and_none_at_all_leave_it_undecided_and_others_are_named(pilot: Api) -> None:
    first, second = reviewed(pilot), reviewed(pilot, name="又一次")
    late = pilot.uplift.store.stored[first]
    pilot.uplift.store.stored[first] = replace(late, registered_at=clock.now())

    body = look(pilot, review_id=first).body

    assert (body["verdict"], {row["finding"] for row in body["results"]}) == ("undecided", {"late"})
    assert body["review"]["others"] == [second]
    assert look(pilot).body["results"][0]["finding"] == "absent"


def test_a_review_that_cannot_tell_of_the_pilot_is_refused(pilot: Api) -> None:
    elsewhere = reviewed(pilot, node_id="1")
    channels = reviewed(pilot, kind="channel")

    assert "over node 1" in look(pilot, review_id=elsewhere).body["detail"]
    assert "proves nothing" in look(pilot, review_id=channels).body["detail"]
    assert look(pilot, review_id="uplift_none").status == 404
    assert look(pilot, through="2099-01").status == 422


def test_a_campaign_that_keeps_nobody_back_has_no_holdout_to_review(pilot: Api) -> None:
    campaign = post(pilot, "/v1/campaigns", BRANCH_10, asked(holdout_percent=0)).body
    terms = {"name": "留白", "kind": "holdout", "node_id": "10", "kpis": ["aum_fen"]}
    terms |= {"first": "2027-03-01", "last": "2027-03-31", "campaign_id": campaign["campaign_id"]}

    refused = post(pilot, "/v1/uplift-reviews", body=terms)

    assert (refused.status, refused.body["type"]) == (422, "urn:scrm:problem:no-holdout")


def test_a_holdout_tells_of_a_pilot_only_where_its_campaign_reached_the_pilots_customers(pilot: Api) -> None:
    pilot.campaigns.contents.valid_until = clock.now() + timedelta(days=30)
    terms = {"name": "留白", "kind": "holdout", "node_id": "10", "kpis": ["aum_fen"]}
    terms |= {"first": "2027-03-01", "last": "2027-03-31"}
    looked = []
    for claims in (BRANCH_10, BRANCH_20):
        campaign = post(pilot, "/v1/campaigns", claims, asked(holdout_percent=20)).body
        review_id = post(pilot, "/v1/uplift-reviews", body=terms | {"campaign_id": campaign["campaign_id"]}).body
        looked.append(look(pilot, review_id=review_id["review_id"]))

    own, elsewhere = looked
    assert (own.status, own.body["results"][0]["finding"]) == (200, "absent")
    assert (elsewhere.status, elsewhere.body["type"]) == (422, "urn:scrm:problem:unfit-review")


def test_a_pilot_is_seen_by_who_sees_its_node(pilot: Api) -> None:
    body = {"node_id": "10", "review_id": reviewed(pilot)}
    exit_id = post(pilot, "/v1/pilot-exits", body=body).body["exit_id"]

    assert look(pilot, claims=BRANCH_20).status == 404
    assert pilot.send(Request(f"/v1/pilot-exits/{exit_id}", claims=BRANCH_20)).status == 404
    assert pilot.send(Request("/v1/pilot-exits", claims=BRANCH_20)).body["items"] == []
    assert post(pilot, "/v1/pilot-exits", BRANCH_10, body).status == 403


def test_a_ready_exit_is_recorded_once_with_its_evidence_and_audited(pilot: Api) -> None:
    body = {"node_id": "10", "review_id": reviewed(pilot)}

    first, again = post(pilot, "/v1/pilot-exits", body=body), post(pilot, "/v1/pilot-exits", CHECKER, body)

    assert (first.status, again.body) == (201, first.body)
    assert (first.body["opens_the_bank"], first.body["recorded_by"]) == (True, "operator:op-head-office")
    assert first.body["evidence"]["verdict"] == "ready"
    [listed] = pilot.send(Request("/v1/pilot-exits", claims=BRANCH_10)).body["items"]
    assert listed["sha256"] == first.body["sha256"]
    [entry] = [one for one in pilot.audited("10") if one.action == "pilot_exit.recorded"]
    assert entry.subject == f"{first.body['exit_id']}/10/{first.body['sha256']}"


def test_what_is_not_ready_or_no_pilot_is_not_recorded(pilot: Api) -> None:
    review_id = reviewed(pilot)
    tell(pilot, closed_months()[2], used=799)

    not_ready = post(pilot, "/v1/pilot-exits", body={"node_id": "10", "review_id": review_id})
    no_pilot = post(pilot, "/v1/pilot-exits", body={"node_id": "20", "review_id": review_id})
    earlier = {"node_id": "10", "review_id": review_id, "through": closed_months()[1]}

    assert (not_ready.status, not_ready.body["type"]) == (409, "urn:scrm:problem:exit-not-ready")
    assert (no_pilot.status, no_pilot.body["type"]) == (409, "urn:scrm:problem:no-pilot")
    assert post(pilot, "/v1/pilot-exits", body=earlier).status == 422  # nobody chooses the months


def formal(api: Api, node_id: str) -> Reply:
    version = api.org.nodes[node_id].version
    return api.send(Request(f"/v1/nodes/{node_id}", "PUT", body={"lifecycle": "formal", "version": version}))


def test_the_bank_becomes_formal_after_a_recorded_exit_and_not_before(pilot: Api) -> None:
    review_id = reviewed(pilot)

    before = [formal(pilot, node_id) for node_id in ("1", "10", "20")]
    post(pilot, "/v1/pilot-exits", body={"node_id": "10", "review_id": review_id})
    after = [formal(pilot, node_id) for node_id in ("10", "20")]

    assert {(one.status, one.body["type"]) for one in before} == {(409, "urn:scrm:problem:rollout-gate-shut")}
    assert [(one.status, one.body["effective_lifecycle"]) for one in after] == [(200, "formal")] * 2
    assert look(pilot).body["gate"] == "recorded"


def test_two_persons_let_a_node_become_formal_with_a_reason(pilot: Api) -> None:
    until = clock.to_iso(clock.now() + timedelta(days=30))
    wanted = {"kpi": "rollout", "node_id": "20", "valid_until": until, "reason": "监管要求统一上线"}
    override = post(pilot, "/v1/gate-overrides", body=wanted).body

    assert formal(pilot, "20").status == 409
    assert post(pilot, f"/v1/gate-overrides/{override['override_id']}/approval").status == 409
    assert post(pilot, f"/v1/gate-overrides/{override['override_id']}/approval", CHECKER).status == 200

    assert (formal(pilot, "20").status, look(pilot, "20").body["gate"]) == (200, "overridden")
    assert formal(pilot, "10").status == 409


def test_without_the_gate_nodes_become_formal_as_ever(api: Api) -> None:
    assert (formal(api, "20").status, look(api, "20").body["gate"]) == (200, "off")
