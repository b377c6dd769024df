"""Customers through the API: who answers for them, who may hold and assign them, and what the audit log keeps."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.admin_api import AT, BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.org import member

COMPLIANCE_10 = {**BRANCH_10, "scrm_roles": "[compliance]"}
AUDITOR_10 = {**BRANCH_10, "scrm_roles": "[auditor]"}
OWNER, SECOND, ELSEWHERE = "rm_owner", "rm_second", "rm_elsewhere"


@pytest.fixture
def bank(api: Api) -> Api:
    """wm1 is followed by two members of the Shanghai branch and one of Hangzhou; the longest is his owner."""
    for userid, node_id, path in ((OWNER, "12", "/1/10/12/"), (SECOND, "10", "/1/10/"), (ELSEWHERE, "20", "/1/20/")):
        api.people.rows[userid] = member(userid, node_id, path)
    for days, userid in enumerate((OWNER, SECOND, ELSEWHERE)):
        api.contacts.changes.added(userid, "wm1", AT - timedelta(days=30 - days))
    return api


def ask(api: Api, method: str, part: str = "", claims: Mapping[str, str] = BRANCH_10, **more: Any) -> Reply:
    return api.send(Request(f"/v1/customers/wm1{part}", method, claims=claims, **more))


def hold(api: Api, reason: str = "complaint", claims: Mapping[str, str] = BRANCH_10) -> Reply:
    return ask(api, "PUT", "/hold", claims, body={"reason": reason})


def release(api: Api, reason: str = "complaint", claims: Mapping[str, str] = BRANCH_10) -> Reply:
    return ask(api, "DELETE", "/hold", claims, query={"reason": reason})


def assign(api: Api, userid: str, claims: Mapping[str, str] = BRANCH_10) -> Reply:
    return ask(api, "PUT", "/owner", claims, body={"userid": userid})


def decisions(api: Api) -> list[tuple[str, str, str]]:
    """What the audit log of the Shanghai branch says beside the requests themselves."""
    entries = api.audited("10")
    return [(each.action, each.subject, each.actor) for each in entries if not each.action.startswith("api.")]


def test_a_customer_is_shown_with_owner_basis_and_followers(bank: Api) -> None:
    shown = ask(bank, "GET").body

    assert (shown["owner_userid"], shown["basis"], shown["hold"], shown["finding"]) == (
        OWNER,
        "longest_standing",
        None,
        None,
    )
    assert [(row["userid"], row["state"]) for row in shown["followers"]] == [
        (OWNER, "active"),
        (SECOND, "active"),
        (ELSEWHERE, "active"),
    ]


@pytest.mark.parametrize("method", ["GET", "hold", "release", "assign"])
def test_a_customer_is_where_his_owner_sits_and_hidden_elsewhere(bank: Api, method: str) -> None:
    before = bank.contacts.customer("wm1")
    requests = {"GET": lambda: ask(bank, "GET", claims=BRANCH_20), "hold": lambda: hold(bank, claims=BRANCH_20)}
    requests |= {
        "release": lambda: release(bank, claims=BRANCH_20),
        "assign": lambda: assign(bank, ELSEWHERE, BRANCH_20),
    }

    assert requests[method]().status == 404
    assert bank.contacts.customer("wm1") == before


def test_an_unknown_customer_is_not_found(api: Api) -> None:
    assert ask(api, "GET").status == 404
    assert hold(api, claims=HEAD_OFFICE).status == 404


def test_a_hold_stands_once_and_is_lifted_by_its_reason(bank: Api) -> None:
    held, again, other = hold(bank), hold(bank), hold(bank, "investigation")
    wrong = release(bank, "investigation")
    still_held = ask(bank, "GET").body["hold"]
    lifted, nothing_left = release(bank), release(bank)

    assert (held.body["hold"]["reason"], held.body["hold"]["by"]) == ("complaint", "operator:op-branch-10")
    assert again.body["hold"] == held.body["hold"] == still_held
    assert [(each.status, each.body["type"]) for each in (other, wrong)] == [(409, "urn:scrm:problem:another-hold")] * 2
    assert (lifted.body["hold"], nothing_left.status) == (None, 200)


def test_holds_are_in_the_audit_log_once_each(bank: Api) -> None:
    for decide in (hold, hold, release, release):
        decide(bank)

    subject, actor = f"wm1/{OWNER}", "operator:op-branch-10"
    assert decisions(bank) == [
        ("customer.held.complaint", subject, actor),
        ("customer.released.complaint", subject, actor),
    ]


@pytest.mark.parametrize(("claims", "status"), [(COMPLIANCE_10, 200), (AUDITOR_10, 403)], ids=["compliance", "auditor"])
def test_compliance_may_hold_and_release_and_an_auditor_only_looks(
    bank: Api, claims: Mapping[str, str], status: int
) -> None:
    assert [hold(bank, claims=claims).status, release(bank, claims=claims).status] == [status, status]


def test_an_active_follower_is_assigned_and_stays_the_owner(bank: Api) -> None:
    first, again = assign(bank, "RM_Second"), assign(bank, SECOND)

    assert (first.body["owner_userid"], first.body["basis"]) == (SECOND, "assigned")
    assert again.body == first.body
    assert decisions(bank) == [("customer.assigned", f"wm1/{SECOND}", "operator:op-branch-10")]


def test_who_does_not_follow_the_customer_cannot_be_assigned(bank: Api) -> None:
    bank.people.rows["rm_stranger"] = member("rm_stranger", "12", "/1/10/12/")

    refused = assign(bank, "rm_stranger")

    assert (refused.status, refused.body["type"]) == (409, "urn:scrm:problem:not-following")
    assert bank.contacts.customer("wm1").owner_userid == OWNER


def test_a_branch_does_not_give_its_customer_to_another_branch(bank: Api) -> None:
    assert assign(bank, ELSEWHERE).status == 404
    assert assign(bank, ELSEWHERE, HEAD_OFFICE).status == 200


def test_compliance_assigns_nobody(bank: Api) -> None:
    assert assign(bank, SECOND, COMPLIANCE_10).status == 403


def test_findings_of_the_customer_master_are_listed_below_the_callers_node(bank: Api) -> None:
    for name, owner in (("wm2", ELSEWHERE), ("wm3", SECOND)):
        bank.contacts.changes.added(owner, name, AT)
    for name in ("wm1", "wm2", "wm3"):
        bank.contacts.accountability.master_says(name, "rm_nobody", AT)

    def listed(claims: Mapping[str, str], **query: str) -> list[str]:
        page = bank.send(Request("/v1/customers", query={"finding": "gap"} | query, claims=claims)).body
        return [row["external_userid"] for row in page["items"]]

    assert listed(HEAD_OFFICE) == ["wm1", "wm2", "wm3"]
    assert listed(BRANCH_10) == ["wm1", "wm3"]
    assert listed(HEAD_OFFICE, node_id="20") == ["wm2"]
    assert bank.send(Request("/v1/customers", claims=BRANCH_10)).status == 422
