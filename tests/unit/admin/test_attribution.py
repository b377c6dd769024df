"""The attribution ledger through the API: by campaign and content, down to customers, each branch its own."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from scrm.aws import cursors
from scrm.uplift.ledger import BranchCredits, Credit
from scrm.uplift.ledgers import LedgerInputs
from tests.admin_api import BRANCH_10, HEAD_OFFICE, Api, Request

NOW = datetime(2027, 4, 2, 2, 0, tzinfo=UTC)
INPUTS = LedgerInputs("version=1", {"2027-02": "a", "2027-03": "b"}, ("day=2027-03-20",))


def credited(campaign: str, customers: int, change: int, kpi: str = "aum_fen", version: int = 1) -> Credit:
    content = ("act_1", version, "one_to_one") if campaign else ("", 0, "")
    return Credit(kpi, "", campaign, *content, "", "", customers, change)


def row(customer: str, node_path: str) -> dict[str, Any]:
    return {
        "campaign_id": "camp_a",
        "kpi": "aum_fen",
        "product": "",
        "change": 300,
        "customer_key": "k1",
        "external_userid": customer,
        "activity_id": "act_1",
        "content_version": 1,
        "channel": "one_to_one",
        "userid": "rm_li",
        "node_path": node_path,
        "task_id": "t1",
        "touched_at": "2027-03-20T02:00:00.000Z",
    }


@pytest.fixture
def kept(api: Api) -> Api:
    members = [Credit("aum_fen", "", "", "", 0, "", "rm_li", "/1/10/12/", 2, 300)]
    branches = [
        BranchCredits("", [credited("", 5, -40)], []),
        BranchCredits("10", [credited("camp_a", 2, 300), credited("camp_b", 1, 7, "holdings")], members),
        BranchCredits("20", [credited("camp_a", 1, 100, version=2)], []),
    ]
    rows = [("camp_a", [row("wmA", "/1/10/12/"), row("wmB", "/1/20/")])]
    api.uplift.ledgers.keep("2027-03", 1, INPUTS, branches, rows, NOW)
    return api


def get(api: Api, path: str, claims: Any = HEAD_OFFICE, **query: str) -> Any:
    return api.send(Request(f"/v1/attribution/2027-03{path}", claims=claims, query=query))


def test_changes_are_summed_by_campaign_with_what_is_credited_to_nobody(kept: Api) -> None:
    body = get(kept, "", kpi="aum_fen").body

    found = {(one["campaign_id"], one["is_credited"]): (one["customers"], one["change"]) for one in body["items"]}
    assert found == {("", False): (5, -40), ("camp_a", True): (3, 400)}
    assert (body["version"], body["window_days"]) == (1, 30)


def test_by_content_each_version_has_its_own(kept: Api) -> None:
    items = get(kept, "", by="content", kpi="aum_fen").body["items"]

    assert {one["content_version"]: one["change"] for one in items if one["is_credited"]} == {1: 300, 2: 100}


def test_a_branch_sees_its_own_and_not_what_is_the_banks(kept: Api) -> None:
    items = get(kept, "", BRANCH_10).body["items"]

    assert {(one["campaign_id"], one["change"]) for one in items} == {("camp_a", 300), ("camp_b", 7)}
    customers = get(kept, "/campaigns/camp_a", BRANCH_10).body["items"]
    assert [one["external_userid"] for one in customers] == ["wmA"]


def test_by_branch_the_bank_is_seen_in_pages_and_a_branch_sees_itself(kept: Api) -> None:
    first = get(kept, "", by="branch", kpi="aum_fen", limit="2").body
    rest = get(kept, "", by="branch", kpi="aum_fen", limit="2", cursor=first["cursor"]).body

    found = {one["node"]: one["change"] for one in (*first["items"], *rest["items"])}
    assert found == {"": -40, "10": 300, "20": 100}
    assert rest["cursor"] is None
    own = get(kept, "", BRANCH_10, by="branch", kpi="aum_fen").body["items"]
    assert [(one["node"], one["change"]) for one in own] == [("10", 300)]


def test_from_a_figure_down_to_customers_and_touches_in_pages(kept: Api) -> None:
    first = get(kept, "/campaigns/camp_a", limit="1").body
    rest = get(kept, "/campaigns/camp_a", limit="1", cursor=first["cursor"]).body

    found = [*first["items"], *rest["items"]]
    assert [(one["external_userid"], one["task_id"]) for one in found] == [("wmA", "t1"), ("wmB", "t1")]
    [member] = get(kept, "/members", node_id="10").body["items"]
    assert (member["userid"], member["change"]) == ("rm_li", 300)


@pytest.mark.parametrize("row", ["x", -1, {"row": "x"}])
def test_a_cursor_that_somebody_made_himself_is_refused(kept: Api, row: Any) -> None:
    given = get(kept, "/campaigns/camp_a", limit="1").body["cursor"]
    scope, position = json.loads(base64.urlsafe_b64decode(given + "=="))
    made = cursors.encode(scope, dict.fromkeys(position, row))

    assert get(kept, "/campaigns/camp_a", limit="1", cursor=made).status == 400


def test_a_month_without_a_ledger_is_not_found(kept: Api) -> None:
    reply = kept.send(Request("/v1/attribution/2027-02", claims=HEAD_OFFICE))

    assert reply.status == 404
    assert get(kept, "", version="9").status == 404
