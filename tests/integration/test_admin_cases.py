"""Decisions about a case and passes over the contacts, through the real handler on moto."""

from typing import Any

import pytest

from scrm.audit.verifier import verify_chain
from tests.admin_api import BRANCH_10, Request, sample
from tests.integration import admin_stack as admin

schemas, stack = admin.schemas, admin.stack


def test_reassigned_customer_is_offered_to_the_chosen_member_once_per_key(stack: admin.Stack) -> None:
    first, again = stack.send(sample("reassign_edges")), stack.send(sample("reassign_edges"))
    edges = Request(f"/v1/cases/{admin.CASE_ID}/edges", query={"state": "planned"}, claims=BRANCH_10).event()
    (edge,) = stack.send(edges).body["items"]

    assert (first.status, again.status) == (200, 200)
    assert first.body["summary"]["state"] == "transferring"
    assert (edge["target_id"], edge["takeover_userid"], edge["reason"]) == ("wm007", "rm_zhou", "chosen_by_operator")
    audited = stack.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]
    assert [e["action"] for e in audited].count("handover.reassigned") == 1


def test_closed_case_keeps_the_reason_and_cannot_be_decided_about_again(stack: admin.Stack) -> None:
    closed = stack.send(sample("close_case"))
    refused = stack.send(sample("reassign_edges"))

    assert (closed.status, closed.body["outcome"]) == (200, "closed_by_person")
    assert closed.body["close_reason"] == "served by the branch office from now on"
    assert closed.body["summary"]["customers"]["by_state"] == {"done": 149, "resolved": 1}
    assert (refused.status, refused.body["type"]) == (409, "urn:scrm:problem:decision-refused")
    assert "Only what waits for a person" in refused.body["detail"]


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"sub": "op-auditor", "scrm_node": "10", "scrm_roles": "[auditor]"}, 403),
        ({"sub": "op-other", "scrm_node": "20", "scrm_roles": "[operator]"}, 404),
    ],
)
def test_nobody_decides_without_the_role_or_about_another_branch(
    stack: admin.Stack, claims: dict[str, str], status: int
) -> None:
    body = {"target_ids": ["wm007"], "takeover_userid": "rm_zhou"}
    headers = {"idempotency-key": "k"}

    asked = Request(f"/v1/cases/{admin.CASE_ID}/reassign", "POST", claims=claims, headers=headers, body=body)

    assert stack.send(asked.event()).status == status


@pytest.mark.parametrize(
    ("part", "body"),
    [
        ("reassign", {"target_ids": [], "takeover_userid": "rm_zhou"}),
        ("reassign", {"target_ids": ["wm007"], "takeover_userid": "a b"}),
        ("reassign", {"target_ids": [f"wm{place}" for place in range(101)], "takeover_userid": "rm_zhou"}),
        ("close", {"reason": ""}),
        ("close", {}),
    ],
)
def test_malformed_decision_is_refused(stack: admin.Stack, part: str, body: dict[str, Any]) -> None:
    asked = Request(f"/v1/cases/{admin.CASE_ID}/{part}", "POST", headers={"idempotency-key": "k"}, body=body)

    assert stack.send(asked.event()).status == 422


def test_a_sync_is_started_once_per_key(stack: admin.Stack) -> None:
    first, again = stack.send(sample("start_sync")), stack.send(sample("start_sync"))
    messages = stack.messages()

    assert first == again
    assert [(message["kind"], message["run_id"]) for message in messages] == [
        ("full_pass_requested", first.body["run_id"])
    ]


def test_another_key_or_another_caller_starts_another_sync(stack: admin.Stack) -> None:
    runs = {stack.send(_sync(key, sub)).body["run_id"] for key in ("a", "b") for sub in ("op-1", "op-2")}

    assert len(runs) == 4
    assert {message["run_id"] for message in stack.messages()} == runs


def _sync(key: str, subject: str) -> dict[str, Any]:
    claims = {"sub": subject, "scrm_node": "1", "scrm_roles": "[operator]"}
    return Request("/v1/syncs", "POST", claims=claims, headers={"idempotency-key": key}, body={}).event()


def test_a_sync_that_could_not_be_queued_is_carried_out_by_the_repeat(stack: admin.Stack) -> None:
    attributes = {"Attributes": {"VisibilityTimeout": "30"}}
    stack.sqs.delete_queue(QueueUrl=stack.queue_url)
    failed = stack.send(sample("start_sync"))
    stack.sqs.create_queue(QueueName="contact", **attributes)

    repeated = stack.send(sample("start_sync"))

    assert (failed.status, repeated.status) == (500, 202)
    assert [message["run_id"] for message in stack.messages()] == [repeated.body["run_id"]]


def test_the_audit_chain_of_many_requests_is_intact_and_names_the_sync(stack: admin.Stack) -> None:
    sync = stack.send(sample("start_sync")).body["run_id"]
    for name in ("list_cases", "claims_missing", "unknown_route", "get_me", "list_edges"):
        stack.send(sample(name))

    entries = stack.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]

    assert verify_chain(stack.audit, "1").is_intact
    assert verify_chain(stack.audit, "10").is_intact
    assert ("api.post.syncs", sync, "done") in [(e["action"], e["subject"], e["outcome"]) for e in entries]
    assert len(entries) == 6
