"""Content, products and the calendar over the API: who may do what, and what he is told."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from scrm import clock
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.media import PNG
from tests.fakes.org import member

COMPLIANCE = {"sub": "op-compliance", "scrm_node": "1", "scrm_roles": "[compliance]"}
CHECKER = {"sub": "op-checker", "scrm_node": "10", "scrm_roles": "[operator]"}
AUDITOR = {"sub": "op-auditor", "scrm_node": "1", "scrm_roles": "[auditor]"}
SUB_BRANCH = {"sub": "op-sub-branch", "scrm_node": "12", "scrm_roles": "[operator]"}
RM = {"sub": "rm_li", "scrm_node": "12", "scrm_roles": "[relationship_manager]"}
LABEL = "营销信息"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    api.library.moment = clock.now()
    api.people.rows["rm_li"] = member("rm_li", "12", "/1/10/12/")
    return api.join(monkeypatch)


def draft(**changes: Any) -> dict[str, Any]:
    now = clock.now()
    return {
        "title": "秋季财富节",
        "kind": "activity",
        "selling_point": "绑卡即享开户礼",
        "target_kpi": "card_binding",
        "compliance_label": LABEL,
        "valid_from": clock.to_iso(now),
        "valid_until": clock.to_iso(now + timedelta(days=14)),
        "variants": {"group": {"text": f"{LABEL}：各位，秋季财富节来了。"}},
        **changes,
    }


def send(
    api: Api, method: str, path: str, claims: Mapping[str, Any], body: Any = None, key: str = "k", **query: str
) -> Reply:
    headers = {"idempotency-key": key} if method == "POST" else {}
    return api.send(Request(path, method, query, claims=claims, headers=headers, body=body))


def made(api: Api, claims: Mapping[str, Any] = BRANCH_10, **changes: Any) -> str:
    reply = send(api, "POST", "/v1/activities", claims, draft(**changes))
    assert reply.status == 201, reply.body
    return f"/v1/activities/{reply.body['activity_id']}"


def released(api: Api, claims: Mapping[str, Any] = BRANCH_10, checker: Mapping[str, Any] = CHECKER) -> str:
    path = f"{made(api, claims)}/versions/1"
    assert send(api, "POST", f"{path}/submit", claims).status == 200
    assert send(api, "POST", f"{path}/review", COMPLIANCE, {"note": "no objection"}).status == 200
    assert send(api, "POST", f"{path}/approve", checker).status == 200
    assert send(api, "POST", f"{path}/release", claims).status == 200
    return path


def test_a_version_is_made_checked_released_and_recalled(api: Api) -> None:
    path = released(api)

    recalled = send(api, "POST", f"{path}/recall", COMPLIANCE, {"note": "the bonus has ended"}).body

    assert [(step["state"], step["by"]) for step in recalled["steps"]] == [
        ("draft", "operator:op-branch-10"),
        ("in_review", "operator:op-branch-10"),
        ("in_approval", "operator:op-compliance"),
        ("approved", "operator:op-checker"),
        ("released", "operator:op-branch-10"),
        ("recalled", "operator:op-compliance"),
    ]
    assert (recalled["state"], set(recalled["hashes"])) == ("recalled", {"group"})
    told = [entry.action for entry in api.audited("10") if entry.action.startswith("content.")]
    assert told == [f"content.{step}" for step in ("made", "submitted", "reviewed", "approved", "released", "recalled")]


def test_a_repeat_of_a_request_gets_the_same_answer(api: Api) -> None:
    body = draft()
    first = send(api, "POST", "/v1/activities", BRANCH_10, body)
    again = send(api, "POST", "/v1/activities", BRANCH_10, body)
    other = send(api, "POST", "/v1/activities", BRANCH_10, draft(title="冬季"))

    assert first.body == again.body
    assert (other.status, other.body["type"]) == (422, "urn:scrm:problem:idempotency-key-reused")


@pytest.mark.parametrize("claims", [RM, SUB_BRANCH, AUDITOR, COMPLIANCE], ids=["rm", "sub_branch", "auditor", "checks"])
def test_nobody_but_head_office_and_branches_originates(api: Api, claims: Mapping[str, Any]) -> None:
    assert send(api, "POST", "/v1/activities", claims, draft()).status == 403
    assert api.library.contents.rows == {}


def test_roles_are_told_apart(api: Api) -> None:
    path = f"{made(api)}/versions/1"
    assert send(api, "POST", f"{path}/submit", BRANCH_10).status == 200

    assert send(api, "POST", f"{path}/review", CHECKER, {"note": "fine"}).status == 403
    assert send(api, "POST", f"{path}/review", COMPLIANCE, {"note": "fine"}).status == 200
    assert send(api, "POST", f"{path}/approve", COMPLIANCE).status == 403
    mine = send(api, "POST", f"{path}/approve", BRANCH_10)
    assert (mine.status, mine.body["detail"]) == (409, "You made this version; somebody else has to check it.")
    assert send(api, "POST", f"{path}/approve", BRANCH_20).status == 404
    assert send(api, "POST", f"{path}/approve", CHECKER).status == 200


def test_what_head_office_issues_branches_read_and_do_not_decide(api: Api) -> None:
    chief = {**HEAD_OFFICE, "sub": "op-chief"}
    path = released(api, HEAD_OFFICE, chief)

    assert send(api, "GET", path, BRANCH_20).body["state"] == "released"
    assert send(api, "POST", f"{path}/recall", BRANCH_20, {"note": "no"}).status == 403
    listed = send(api, "GET", "/v1/activities", BRANCH_20, issuer="head_office").body["items"]
    assert [each["title"] for each in listed] == ["秋季财富节"]
    assert send(api, "GET", "/v1/activities", BRANCH_20).body["items"] == []


def test_what_is_not_released_others_do_not_see(api: Api) -> None:
    path = made(api, HEAD_OFFICE)

    assert send(api, "GET", path, BRANCH_10).status == 404
    assert send(api, "GET", f"{path}/versions/1", BRANCH_10).status == 404
    assert send(api, "GET", "/v1/activities", BRANCH_10, issuer="head_office").body["items"] == []
    assert send(api, "GET", path, AUDITOR).body["versions"][0]["state"] == "draft"


def test_every_problem_of_a_draft_is_named(api: Api) -> None:
    body = draft(variants={"moments": {"text": "字" * 1_400}}, product_id="fund_99")

    reply = send(api, "POST", "/v1/activities", BRANCH_10, body)

    assert (reply.status, reply.body["type"]) == (422, "urn:scrm:problem:invalid-content")
    assert {(field["where"], field["kind"]) for field in reply.body["fields"]} == {
        ("variants.moments.text", "too_long"),
        ("variants.moments.text", "label_missing"),
        ("product_id", "unknown"),
    }


@pytest.mark.parametrize(
    "changes",
    [{"kind": "rumour"}, {"valid_from": "2026-11-23T00:00:00"}, {"variants": {"billboard": {}}}, {"extra": 1}],
)
def test_what_is_no_draft_is_refused(api: Api, changes: dict[str, Any]) -> None:
    assert send(api, "POST", "/v1/activities", BRANCH_10, draft(**changes)).status == 422


def test_a_banned_claim_blocks_approval(api: Api) -> None:
    path = f"{made(api, variants={'group': {'text': f'{LABEL} 保 本'}})}/versions/1"
    send(api, "POST", f"{path}/submit", BRANCH_10)
    send(api, "POST", f"{path}/review", COMPLIANCE, {"note": "overlooked"})

    reply = send(api, "POST", f"{path}/approve", CHECKER)

    assert reply.status == 422
    assert reply.body["fields"] == [{"where": "variants.group.text", "kind": "banned_claim"}]


def test_a_version_is_rejected_and_made_anew(api: Api) -> None:
    path = made(api)
    send(api, "POST", f"{path}/versions/1/submit", BRANCH_10)
    rejected = send(api, "POST", f"{path}/versions/1/reject", COMPLIANCE, {"note": "the risk note is missing"}).body
    revision = {**draft(title="秋季"), "base_version": 1}

    second = send(api, "POST", f"{path}/versions", BRANCH_10, revision)
    stale = send(api, "POST", f"{path}/versions", BRANCH_10, {**revision, "title": "冬季"}, "another")

    assert (rejected["state"], rejected["steps"][-1]["note"]) == ("rejected", "the risk note is missing")
    assert (second.status, second.body["version"]) == (201, 2)
    assert (stale.status, stale.body["type"]) == (409, "urn:scrm:problem:content-changed")
    assert [each["version"] for each in send(api, "GET", path, BRANCH_10).body["versions"]] == [1, 2]


def test_the_audit_log_names_version_and_step(api: Api) -> None:
    path = f"{made(api)}/versions/1"
    send(api, "POST", f"{path}/submit", BRANCH_10)

    last = api.audited("10")[-1]

    assert last.action == "api.post.activities.versions.submit"
    assert last.subject == f"{path.split('/')[3]}/1"


def test_the_catalogue_is_head_offices(api: Api) -> None:
    body = {"name": "积存金", "risk": 3, "on_sale_from": "2026-11-01T00:00:00Z", "qualifications": ["gold"]}

    assert send(api, "PUT", "/v1/products/gold_01", BRANCH_10, body).status == 403
    put = send(api, "PUT", "/v1/products/gold_01", HEAD_OFFICE, body)
    assert (put.body["version"], send(api, "GET", "/v1/products/gold_01", BRANCH_10).body) == (1, put.body)
    changed = {**body, "risk": 4}
    assert send(api, "PUT", "/v1/products/gold_01", HEAD_OFFICE, changed).status == 409
    assert send(api, "PUT", "/v1/products/gold_01", HEAD_OFFICE, {**changed, "risk": 6}).status == 422
    assert [each["product_id"] for each in send(api, "GET", "/v1/products", BRANCH_20).body["items"]] == [
        "fund_01",
        "gold_01",
    ]


def test_permissions_are_given_to_members_one_sees(api: Api) -> None:
    body = {"product_id": "fund_01", "userids": ["RM_Li"], "effective_from": clock.to_iso(clock.now())}

    assert send(api, "POST", "/v1/product-permissions", SUB_BRANCH, body).status == 403
    assert send(api, "POST", "/v1/product-permissions", BRANCH_20, body).status == 404
    done = send(api, "POST", "/v1/product-permissions", BRANCH_10, body)
    assert (done.status, done.body) == (201, {"product_id": "fund_01", "userids": ["rm_li"]})
    shown = send(api, "GET", "/v1/product-permissions/rm_li", BRANCH_10).body
    assert [(each["product_id"], each["refusal"]) for each in shown["grants"]] == [("fund_01", None)]
    assert send(api, "GET", "/v1/product-permissions/rm_li", BRANCH_20).status == 404
    api.library.moment = clock.now()
    after = send(api, "DELETE", "/v1/product-permissions/rm_li/products/fund_01", BRANCH_10).body
    assert [each["refusal"] for each in after["grants"]] == ["ended"]
    unknown = send(api, "POST", "/v1/product-permissions", BRANCH_10, {**body, "product_id": "fund_99"}, "b")
    assert unknown.status == 409


def test_a_certificate_is_recorded(api: Api) -> None:
    body = {"valid_until": "2027-06-30T16:00:00Z"}
    path = "/v1/product-permissions/rm_li/qualifications/fund_sales"

    assert send(api, "PUT", path, BRANCH_20, body).status == 404
    shown = send(api, "PUT", path, BRANCH_10, body).body

    assert [(each["code"], each["valid_until"]) for each in shown["qualifications"]] == [
        ("fund_sales", "2027-06-30T16:00:00.000Z")
    ]


def test_the_calendar_shows_the_weeks_mix(api: Api) -> None:
    entry = {"day": "2026-11-24", "channel": "moments", "target_kpi": "card_binding"}

    assert send(api, "POST", "/v1/calendar", SUB_BRANCH, entry).status == 403
    assert send(api, "POST", "/v1/calendar", BRANCH_10, {**entry, "node_id": "20"}).status == 404
    assert send(api, "POST", "/v1/calendar", BRANCH_10, {**entry, "activity_id": "act_none"}).status == 404
    first = send(api, "POST", "/v1/calendar", BRANCH_10, entry).body
    assert send(api, "POST", "/v1/calendar", BRANCH_10, entry).body == first
    send(api, "POST", "/v1/calendar", HEAD_OFFICE, {**entry, "target_kpi": "aum_growth"})

    week = send(api, "GET", "/v1/calendar", SUB_BRANCH, week="2026-W48").body
    assert week["first_day"] == "2026-11-23"
    assert week["mix"] == [
        {"target_kpi": "aum_growth", "entries": 1, "of": 2},
        {"target_kpi": "card_binding", "entries": 1, "of": 2},
    ]
    assert send(api, "GET", "/v1/calendar", BRANCH_20, week="2026-W48").body["mix"][0]["of"] == 1
    dropped = send(api, "DELETE", f"/v1/calendar/2026-11-24/{first['entry_id']}", BRANCH_10)
    assert [each["of"] for each in dropped.body["mix"]] == [1]
    assert send(api, "DELETE", f"/v1/calendar/2026-11-24/{first['entry_id']}", BRANCH_10).status == 404
    assert send(api, "GET", "/v1/calendar", BRANCH_10, week="2027-W53").status == 422
    assert send(api, "GET", "/v1/calendar", BRANCH_10).status == 200


def test_a_file_is_announced_put_checked_and_shown(api: Api) -> None:
    body = {"kind": "image", "file_name": "海报.png", "size": len(PNG), "sha256": hashlib.sha256(PNG).hexdigest()}

    assert send(api, "POST", "/v1/media", SUB_BRANCH, body).status == 403
    announced = send(api, "POST", "/v1/media", BRANCH_10, body).body
    path = f"/v1/media/{announced['asset_id']}"
    assert (announced["state"], announced["upload_url"] is None) == ("awaiting_file", False)
    assert send(api, "GET", path, BRANCH_20).status == 404
    assert send(api, "GET", path, SUB_BRANCH).body["upload_url"] is None
    assert send(api, "POST", f"{path}/check", BRANCH_10).status == 409
    api.shelf.files.files[announced["asset_id"]] = PNG
    assert send(api, "POST", f"{path}/check", BRANCH_10).body["state"] == "ready"
    assert send(api, "GET", path, BRANCH_10).body["upload_url"] is None
    too_large = {**body, "size": 11 * 1024 * 1024}
    assert send(api, "POST", "/v1/media", BRANCH_10, {**too_large, "sha256": "0c" * 32}).status == 409


def test_the_lexicon_is_head_offices(api: Api) -> None:
    body = {"version": 0, "settings": {"banned_claims": ["稳赚"]}}

    assert send(api, "PUT", "/v1/settings/content", BRANCH_10, body).status == 403
    changed = send(api, "PUT", "/v1/settings/content", HEAD_OFFICE, body).body
    assert (changed["version"], changed["given"]) == (1, ["banned_claims"])
    assert send(api, "GET", "/v1/settings/content", BRANCH_20).body == changed
    again = {**body, "settings": {}}
    assert send(api, "PUT", "/v1/settings/content", HEAD_OFFICE, again).status == 409
    assert send(api, "PUT", "/v1/settings/content", HEAD_OFFICE, {**body, "settings": {"lexicon": []}}).status == 422
