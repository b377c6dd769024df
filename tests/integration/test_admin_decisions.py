"""Decisions of two persons through the real handler on moto: 202 first, carried out by the confirmation."""

from dataclasses import replace
from typing import Any

import pytest

from scrm.audit.verifier import verify_chain
from scrm.aws import session
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.table import Table
from scrm.handover.model import Certificate
from tests.admin_api import AT, BRANCH_10, BRANCH_20, HEAD_OFFICE, Reply, Request, sample
from tests.integration import admin_stack as admin

schemas, stack = admin.schemas, admin.stack

CASE = f"/v1/cases/{admin.CASE_ID}"
AUDITOR = {"sub": "op-auditor", "scrm_node": "1", "scrm_roles": "[auditor]"}


@pytest.fixture
def strict(stack: admin.Stack) -> admin.Stack:
    """The bank wants two persons for everything that can have them."""
    settings = {"four_eyes": ["reassign", "close", "certificate_download"]}
    body = {"version": 0, "settings": settings}
    assert stack.send(Request("/v1/settings/handover", "PUT", body=body).event()).status == 200
    return stack


def post(stack: admin.Stack, path: str, claims: dict[str, str], body: Any = None) -> Reply:
    headers = {"idempotency-key": f"{path}-{claims['sub']}"}
    return stack.send(Request(path, "POST", claims=claims, headers=headers, body=body).event())


def waiting(stack: admin.Stack, claims: dict[str, str] = HEAD_OFFICE) -> list[str]:
    items = stack.send(Request("/v1/decisions", claims=claims).event()).body["items"]
    return [item["decision_id"] for item in items]


def test_a_decision_waits_and_the_confirmation_of_another_person_carries_it_out(strict: admin.Stack) -> None:
    asked, again = strict.send(sample("reassign_edges")), strict.send(sample("reassign_edges"))
    before = strict.send(Request(CASE).event()).body["summary"]["state"]
    path = f"/v1/decisions/{asked.body['decision_id']}/confirmation"
    own = post(strict, path, HEAD_OFFICE)
    confirmed, repeated = post(strict, path, BRANCH_10), post(strict, path, BRANCH_10)
    after = strict.send(Request(CASE).event()).body

    assert (asked.status, asked.body["state"], again.body) == (202, "pending", asked.body)
    assert asked.body["parameters"]["takeover_userid"] == "rm_zhou"
    assert (before, own.status) == ("attention", 409)
    assert (confirmed.status, confirmed.body["state"]) == (200, "confirmed")
    assert confirmed.body["done_at"] is not None
    assert repeated.body == confirmed.body
    assert (after["summary"]["state"], after["plan_made_by"]) == ("transferring", "operator:op-head-office")
    assert waiting(strict) == []


def test_decisions_are_listed_where_the_case_is_and_nowhere_else(strict: admin.Stack) -> None:
    decision_id = strict.send(sample("reassign_edges")).body["decision_id"]

    assert [waiting(strict, claims) for claims in (HEAD_OFFICE, BRANCH_10, BRANCH_20)] == [
        [decision_id],
        [decision_id],
        [],
    ]
    found = strict.send(Request(f"/v1/decisions/{decision_id}", claims=BRANCH_10).event())
    hidden = strict.send(Request(f"/v1/decisions/{decision_id}", claims=BRANCH_20).event())
    assert (found.body["made_by"], hidden.status) == ("operator:op-head-office", 404)
    for part in ("confirmation", "refusal"):
        body = {"reason": "no"} if part == "refusal" else None
        assert post(strict, f"/v1/decisions/{decision_id}/{part}", BRANCH_20, body).status == 404
        assert post(strict, f"/v1/decisions/{decision_id}/{part}", AUDITOR, body).status == 403


def test_a_refused_decision_is_not_carried_out(strict: admin.Stack) -> None:
    asked = strict.send(sample("close_case")).body
    path = f"/v1/decisions/{asked['decision_id']}"

    refused = post(strict, f"{path}/refusal", BRANCH_10, {"reason": "customers are still being called"})
    late = post(strict, f"{path}/confirmation", BRANCH_10)

    assert (refused.body["state"], refused.body["reason"]) == ("refused", "customers are still being called")
    assert (late.status, "refused already" in late.body["detail"]) == (409, True)
    assert strict.send(Request(CASE).event()).body["summary"]["state"] == "attention"


def test_what_no_longer_applies_is_refused_with_a_sentence(strict: admin.Stack) -> None:
    close = strict.send(sample("close_case")).body["decision_id"]
    reassign = strict.send(sample("reassign_edges")).body["decision_id"]
    post(strict, f"/v1/decisions/{close}/confirmation", BRANCH_10)

    refused = post(strict, f"/v1/decisions/{reassign}/confirmation", BRANCH_10)

    assert refused.status == 409
    assert "no longer applies. Only what waits for a person can be reassigned" in refused.body["detail"]
    assert strict.send(Request(f"/v1/decisions/{reassign}").event()).body["state"] == "outdated"


def test_what_could_not_be_done_now_does_not_wait_for_anybody(strict: admin.Stack) -> None:
    body = {"target_ids": ["wm001"], "takeover_userid": "rm_zhou"}  # moved already

    refused = post(strict, f"{CASE}/reassign", HEAD_OFFICE, body)

    assert refused.status == 409
    assert waiting(strict) == []


def test_both_persons_are_in_the_audit_log(strict: admin.Stack) -> None:
    asked = strict.send(sample("close_case")).body["decision_id"]
    post(strict, f"/v1/decisions/{asked}/confirmation", BRANCH_10)

    entries = strict.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]
    told = {(e["action"], e["actor"]) for e in entries if not e["action"].startswith("api.")}

    assert told >= {
        ("decision.close.requested", "operator:op-head-office"),
        ("decision.close.confirmed", "operator:op-branch-10"),
        ("handover.closed_by_person", "operator:op-head-office"),
    }
    assert verify_chain(strict.audit, "10").is_intact


def test_a_confirmed_download_is_its_makers_once(strict: admin.Stack) -> None:
    cases = DynamoCaseRepository(Table(session.client("dynamodb"), "handover"))
    known = cases.case(admin.CASE_ID)
    assert known is not None
    cases.save(
        replace(known, certificates=(Certificate(1, AT, "handover/certificates/c/1", "a" * 64, "b" * 64, 150, 1),))
    )

    def download(claims: dict[str, str]) -> Reply:
        return strict.send(Request(f"{CASE}/download", claims=claims).event())

    asked, again = download(AUDITOR), download(AUDITOR)
    post(strict, f"/v1/decisions/{asked.body['decision_id']}/confirmation", BRANCH_10)
    others, granted, afterwards = download(HEAD_OFFICE), download(AUDITOR), download(AUDITOR)

    assert (asked.status, asked.body["parameters"]) == (202, {"format": "json", "number": 1})
    assert again.body == asked.body
    assert [others.status, granted.status, afterwards.status] == [202, 200, 202]
    assert granted.body["sha256"] == "a" * 64
