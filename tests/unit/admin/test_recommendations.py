"""Recommendations over the API: rules of head office, content of the library, what a customer must not get left out."""

from datetime import timedelta
from typing import Any

import pytest

from scrm.content.permissions import Grant
from scrm.org.model import MemberDetail
from tests.admin_api import AT, BRANCH_10, BRANCH_20, HEAD_OFFICE, Api
from tests.fakes.audience import NOW, facts
from tests.fakes.content import START, a_draft
from tests.fakes.org import member
from tests.unit.admin.test_content import send

RULES = {
    "impact_assessment_id": "PIA-2026-014",
    "rules": [
        {
            "rule_id": "no_fund",
            "when": "tier = gold",
            "score": 80,
            "reason": "黄金客户，尚未持有稳健理财",
            "product_ids": ["fund_01"],
        }
    ],
}
CUSTOMER = "/v1/customers/wm1/recommendations"
MEMBER = "/v1/members/rm_li/recommendations"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """wm1 and wm2 are gold customers of rm_li; only wm1 may get an R2 product. The fund's activity is released."""
    api = Api()
    li = member("rm_li", "12", "/1/10/12/")
    api.people.rows["rm_li"] = li
    api.org.people.append(MemberDetail(li))
    for customer in ("wm1", "wm2"):
        api.contacts.changes.added("rm_li", customer, AT)
    api.known.by_owner = {"rm_li": {"wm1": facts("wm1", tier="gold"), "wm2": facts("wm2", tier="gold", risk_class=1)}}
    api.library.grants.put_grants([Grant("rm_li", "fund_01", START, None, "operator:x", START)])
    api.library.released(a_draft(product_id="fund_01"))
    return api.join(monkeypatch)


def rules(api: Api, document: dict[str, Any] = RULES, version: int = 0, **claims: Any) -> int:
    body = {"version": version, "settings": document}
    return send(api, "PUT", "/v1/settings/needs", claims.get("by", HEAD_OFFICE), body).status


def test_a_customer_gets_content_with_its_reason(api: Api) -> None:
    assert rules(api) == 200

    (best,) = send(api, "GET", CUSTOMER, BRANCH_10).body["items"]

    assert (best["title"], best["product_id"], best["product_risk"]) == ("秋季财富节", "fund_01", 2)
    assert (best["score"], best["rule_id"], best["reason"]) == (80, "no_fund", "黄金客户，尚未持有稳健理财")
    assert best["because"] == "客户等级为gold"
    assert send(api, "GET", CUSTOMER.replace("wm1", "wm2"), BRANCH_10).body["items"] == []


def test_nobody_elses_customers_or_members_are_shown(api: Api) -> None:
    assert rules(api) == 200

    assert [send(api, "GET", path, BRANCH_20).status for path in (CUSTOMER, MEMBER)] == [404, 404]
    (row,) = send(api, "GET", MEMBER, BRANCH_10).body["items"]
    assert (row["external_userid"], row["best"]["rule_id"]) == ("wm1", "no_fund")


@pytest.mark.parametrize("change", ["recalled", "not_permitted", "elsewhere", "not_yet"])
def test_what_may_not_be_sent_is_not_offered(api: Api, change: str) -> None:
    assert rules(api) == 200
    (activity_id,) = api.library.contents.activities
    if change == "recalled":
        api.library.authoring.recall(activity_id, 1, "operator:x", "it ended")
    elif change == "not_permitted":
        api.library.grants.granted.clear()
    else:
        api.library.authoring.recall(activity_id, 1, "operator:x", "it ended")
        later = {"valid_from": NOW + timedelta(days=1)} if change == "not_yet" else {"scope_node_ids": ("11",)}
        api.library.released(a_draft(product_id="fund_01", **later), "another")

    assert send(api, "GET", CUSTOMER, BRANCH_10).body["items"] == []


def test_rules_are_head_offices_and_want_an_assessment(api: Api) -> None:
    assert rules(api, by=BRANCH_10) == 403
    assert rules(api, {**RULES, "impact_assessment_id": ""}) == 422
    unclear = {**RULES, "rules": [{**RULES["rules"][0], "when": "teir = gold"}]}  # type: ignore[dict-item]
    refused = send(api, "PUT", "/v1/settings/needs", HEAD_OFFICE, {"version": 0, "settings": unclear})
    assert (refused.status, refused.body["type"]) == (422, "urn:scrm:problem:invalid-expression")
    assert send(api, "GET", CUSTOMER, BRANCH_10).body["items"] == []
    assert rules(api) == 200
