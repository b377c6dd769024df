"""Reviews through the API: registered by head office, seen by who sees the node, both figures side by side."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scrm import clock
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.uplift.results import review
from scrm.uplift.reviews import Inputs, ReviewState
from scrm.uplift.sums import CellSums, Sums
from scrm.uplift.terms import Stratum
from scrm.uplift.unlinked import InWecom
from tests.admin_api import BRANCH_10, HEAD_OFFICE, Api, Reply, Request
from tests.unit.uplift.test_results import arm

NOW = datetime(2027, 5, 1, 2, 0, tzinfo=UTC)
TERMS: dict[str, Any] = {
    "name": "一季度试点<浦东>",
    "node_id": "1",
    "kpis": ["aum_fen", "holdings"],
    "first": "2027-03-01",
    "last": "2027-03-31",
}


def register(api: Api, claims: Mapping[str, str] = HEAD_OFFICE, **changed: Any) -> Reply:
    body = TERMS | changed
    request = Request("/v1/uplift-reviews", "POST", claims=claims, headers={"idempotency-key": "k"}, body=body)
    return api.send(request)


def get(api: Api, path: str, claims: Mapping[str, str] = HEAD_OFFICE, **query: str) -> Reply:
    return api.send(Request(f"/v1/uplift-reviews{path}", claims=claims, query=query))


def found(by_branch: Mapping[str, tuple[int, float]]) -> Sums:
    rows = []
    for branch, (customers, mean) in by_branch.items():
        strata = {Stratum.TIER: "gold", Stratum.AGE_BAND: "30", Stratum.BRANCH: branch}
        rows += [
            CellSums("added", strata, 0, arm(customers, mean)),
            CellSums("not_added", strata, 0, arm(customers, 100)),
        ]
    treated = sum(customers for customers, _ in by_branch.values())
    return Sums({"aum_fen": rows, "holdings": rows}, {"added": treated + 5, "not_added": treated, "before": 7})


def run(api: Api, sums: Sums) -> str:
    """As `kpi_review` does; the review's id."""
    store, documents = api.uplift.store, api.uplift.documents
    [asked] = store.all()
    inputs = Inputs("version=2", "version=1", {"2027-04": "month=2027-04/version=1"})
    documents.keep_result(asked, 1, inputs, review(documents.terms(asked.terms_sha256), sums), NOW)
    store.stored[asked.review_id] = type(asked)(
        **{name: getattr(asked, name) for name in asked.__slots__}
        | {"versions": 1, "state": ReviewState.DONE, "ran_at": NOW}
    )
    return asked.review_id


@pytest.fixture
def reviewed(api: Api) -> str:
    assert register(api).status == 201
    return run(api, found({"10": (900, 140.0), "20": (50, 140.0)}))


def test_head_office_registers_and_the_same_terms_are_the_same_review(api: Api) -> None:
    first, again = register(api), register(api)

    assert (first.status, again.body) == (201, first.body)
    assert (first.body["due_on"], first.body["state"], first.body["is_late"]) == ("2027-05-01", "registered", False)
    assert register(api, BRANCH_10, name="another").status == 403
    assert len(api.uplift.store.stored) == 1


def test_terms_that_cannot_be_answered_are_refused_by_name(api: Api) -> None:
    refused = register(api, months_before=1)

    assert (refused.status, refused.body["detail"]) == (422, "months_before: 2 to 12 months: a trend needs two.")
    assert register(api, kind="holdout", campaign_id="camp_none").status == 404
    assert register(api, node_id="nowhere").status == 404


def test_a_review_is_seen_by_who_sees_its_node(api: Api, reviewed: str) -> None:
    assert get(api, "", BRANCH_10).body["items"] == []
    assert get(api, f"/{reviewed}", BRANCH_10).status == 404
    assert get(api, f"/{reviewed}/result", BRANCH_10).status == 404
    assert get(api, f"/{reviewed}").body["versions"] == 1


def test_a_review_without_a_result_says_what_it_waits_for(api: Api) -> None:
    """Of a window that is long over, so that only the bank's deliveries miss."""
    year = clock.now().year - 1
    asked = register(api, first=f"{year}-03-01", last=f"{year}-03-31", months_before=2).body["review_id"]
    api.uplift.feeds.publish(Feed.BANK_CUSTOMERS, CURRENT)
    api.uplift.feeds.publish(Feed.CUSTOMER_MONTHS, f"{year}-01")

    waiting = get(api, f"/{asked}/waiting")
    result = get(api, f"/{asked}/result")
    for month in ("02", "04"):
        api.uplift.feeds.publish(Feed.CUSTOMER_MONTHS, f"{year}-{month}")

    assert waiting.body["waits"] == [
        {"reason": "month", "subject": f"{year}-02", "until": None},
        {"reason": "month", "subject": f"{year}-04", "until": None},
    ]
    assert (result.status, result.body["type"]) == (404, "urn:scrm:problem:no-result-yet")
    assert f"month {year}-02; month {year}-04" in result.body["detail"]
    assert [one["reason"] for one in get(api, f"/{asked}/waiting").body["waits"]] == ["next_run"]
    assert get(api, f"/{asked}/waiting", BRANCH_10).status == 404


def test_a_review_that_has_a_result_waits_for_nothing(api: Api, reviewed: str) -> None:
    assert get(api, f"/{reviewed}/waiting").body["waits"] == []


def test_a_result_shows_both_figures_and_whom_it_leaves_out(api: Api, reviewed: str) -> None:
    body = get(api, f"/{reviewed}/result").body

    assert body["overall"] == {"added": "passed"}
    [aum, _] = body["findings"]
    assert aum["naive"]["value"] == pytest.approx(0.4)
    assert aum["adjusted"]["value"] == pytest.approx(0.4)
    assert body["left_out"] == {"before": 7}
    assert body["figures_missing"]["aum_fen/added"] == 5
    assert (body["month_after"], body["months_of_level"][0]) == ("2027-04", "2026-09")
    assert get(api, f"/{reviewed}/result", version="2").status == 404


def test_a_result_says_whom_the_bank_does_not_recognise_and_what_that_can_hide(api: Api) -> None:
    assert register(api).status == 201
    sums = replace(found({"10": (900, 115.0)}), in_wecom=InWecom(1000, 300, {"in_window": 300}, 1200, 310))

    body = get(api, f"/{run(api, sums)}/result").body

    assert body["in_wecom"] == {
        "people": 1000,
        "unlinked": 300,
        "unlinked_since": {"in_window": 300},
        "people_of_bank": 1200,
        "unlinked_of_bank": 310,
        "share": 0.3,
    }
    assert body["findings"][0]["diluted"]["share"] == pytest.approx(1 / 3)
    assert body["notes"] == ["identity_links_poor", "unlinked_may_hide_it"]
    assert body["overall"] == {"added": "open"}


def test_a_result_made_before_that_was_counted_is_shown_as_it_was_told(api: Api, reviewed: str) -> None:
    bucket = api.uplift.documents._documents
    for key in (f"uplift/results/{reviewed}/000001.json", f"uplift/results/{reviewed}/000001-segments.json"):
        told = json.loads(bucket.get(key) or b"")
        told.pop("in_wecom", None) if isinstance(told, dict) else None
        for row in told["findings"] if isinstance(told, dict) else told:
            del row["diluted"]
        bucket.put(key, json.dumps(told).encode(), "application/json")

    body = get(api, f"/{reviewed}/result").body

    assert (body["in_wecom"], body["findings"][0]["diluted"]) == (None, None)
    assert body["overall"] == {"added": "passed"}
    assert len(get(api, f"/{reviewed}/segments", by="branch").body["items"]) == 4


def test_segments_come_in_pages_and_small_ones_tell_no_percentage(api: Api, reviewed: str) -> None:
    first = get(api, f"/{reviewed}/segments", by="branch", limit="3").body
    rest = get(api, f"/{reviewed}/segments", by="branch", limit="3", cursor=first["cursor"]).body

    rows = [*first["items"], *rest["items"]]
    assert [(row["segment"], row["verdict"]) for row in rows] == [
        ("branch=10", "passed"),
        ("branch=10", "passed"),
        ("branch=20", "insufficient"),
        ("branch=20", "insufficient"),
    ]
    assert rows[2]["naive"] is None
    assert rest["cursor"] is None


def test_returns_are_told_by_what_the_bank_says_a_unit_is_worth(api: Api, reviewed: str) -> None:
    assert get(api, f"/{reviewed}/returns").body["net_fen"] is None
    settings = {
        "worth": {"aum_fen": {"numerator_fen": 3, "denominator": 10}},
        "yearly_costs": [{"name": "会话存档席位", "fen": 1000}],
    }
    put = Request("/v1/settings/uplift", "PUT", claims=HEAD_OFFICE, body={"version": 0, "settings": settings})
    assert api.send(put).status == 200

    body = get(api, f"/{reviewed}/returns").body

    [aum, holdings] = body["rows"]
    assert aum["gain"] == pytest.approx(950 * 40)
    assert aum["worth_fen"] == 950 * 12
    assert aum["worth_fen_low"] < aum["worth_fen"] < aum["worth_fen_high"]
    assert holdings["worth_fen"] is None
    assert body["net_fen"] == 950 * 12 - 1000
    assert body["net_fen_low"] < body["net_fen"] < body["net_fen_high"]


def test_what_cannot_be_believed_brings_nothing(api: Api) -> None:
    register(api)
    review_id = run(api, found({"10": (100, 140.0)}))

    body = get(api, f"/{review_id}/returns").body

    assert [row["gain"] for row in body["rows"]] == [None, None]
    assert body["net_fen"] is None
