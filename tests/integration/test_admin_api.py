"""The real handler over the real adapters on moto, from the events in ``events/admin_api``."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.admin_api.handler import lambda_handler
from local.engine.paths import ROOT
from scrm.audit.verifier import verify_chain
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table
from scrm.aws.task_table import DynamoTaskTable
from scrm.contacts.model import Customer, RelationState, Standing
from scrm.contacts.ports import Change
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeState
from scrm.handover.model import CaseState, HandoverCase, SignalRecord, SignalSource
from scrm.org.model import Cover, Member, MemberStatus
from scrm.runtime.wiring import admin_api as wiring
from scrm.tasks.model import Task, TaskKind
from scrm.tasks.ports import TaskChange
from tests.admin_api import AT, BRANCH_10, EVENTS, HEAD_OFFICE, NODES, Reply, Request, lambda_context, sample
from tests.engine import declared_tables

CASE_ID = "case_" + "a" * 26
CUSTOMER_ID = "wmEXAMPLE0000000000000000000001"
TASK_ID = "task_" + "a" * 26
TABLES = {
    "platform": "PlatformTable",
    "org": "OrgTable",
    "contacts": "ContactsTable",
    "handover": "HandoverTable",
    "tasks": "TasksTable",
    "consent": "ConsentTable",
    "content": "ContentTable",
    "welcome": "WelcomeTable",
    "lexicon": "LexiconTable",
    "review": "ReviewTable",
    "pressure": "PressureTable",
    "audience": "AudienceTable",
    "campaign": "CampaignTable",
    "send-tasks": "SendTaskTable",
    "audit": "AuditTable",
    "archive": "ArchiveTable",
}
EXPECTED = {
    "draft_lexicon": 201,
    "approve_lexicon": 404,  # samples come by name: it is not drafted yet
    "list_review_cases": 200,
    "get_review_case": 404,  # nothing was found yet
    **{f"{name}_review_case": 404 for name in ("claim", "release", "decide", "confirm", "send_back", "escalate")},
    "reassign_review_case": 404,
    "get_review_settings": 200,
    "put_review_settings": 200,
    "get_intercept_rules": 200,
    "get_lexicon_changes": 200,
    "get_lexicon_version": 200,
    "list_lexicon_entries": 200,
    "list_lexicon_versions": 200,
    "put_lexicon_in_force": 409,  # nobody approved it
    "reject_lexicon": 200,
    "scan_with_lexicon": 200,
    "list_cases": 200,
    "get_case": 200,
    "get_case_of_another_branch": 404,
    "get_certificate": 200,
    "list_orphans": 200,
    "download_certificate": 404,  # the case is still open
    "list_edges": 200,
    "list_groups": 200,
    "list_rejections": 200,
    "review_rejection": 200,
    "get_node": 200,
    "list_children": 200,
    "put_node": 200,
    "list_audit": 200,
    "get_me": 200,
    "start_sync": 202,
    "list_decisions": 200,
    "get_decision": 404,
    "confirm_decision": 404,
    "refuse_decision": 404,
    "preview_case": 200,
    "preview_departure": 404,  # nobody of that name is a member
    "approve_plan": 409,  # nothing of it waits for approval
    "reject_plan": 409,
    "replan_case": 409,
    "close_case": 200,
    "reassign_edges": 409,  # played after the case was closed
    "start_sync_without_key": 422,
    "get_handover_settings": 200,
    "put_handover_settings": 200,
    "claims_missing": 403,
    "get_customer": 200,
    "get_consent": 200,
    "record_consent": 200,
    "make_consent_link": 200,
    "get_consent_settings": 200,
    "put_consent_settings": 200,
    "list_findings": 200,
    "hold_customer": 200,
    "release_customer": 200,
    "assign_owner": 200,
    "list_member_tasks": 200,
    "list_covers": 200,
    "get_member_cover": 200,
    "end_task": 200,
    "unknown_route": 404,
    "get_archive_intake": 200,
    "sweep_archive_intake": 202,
    "reopen_archive_rows": 202,
    "list_welcome_rules": 200,
    "put_welcome_rule": 409,  # the content is not released
    "remove_welcome_rule": 404,
    "list_activities": 200,
    "create_activity": 201,
    "get_activity": 404,  # nobody made it, nor any version of it
    "revise_activity": 404,
    "get_content_version": 404,
    "submit_content": 404,
    "review_content": 404,
    "approve_content": 404,
    "reject_content": 404,
    "release_content": 404,
    "recall_content": 404,
    "put_product": 200,
    "get_product": 404,  # read before it is put: samples play in order of their names
    "list_products": 200,
    "grant_product": 409,  # as above
    "get_member_permissions": 200,
    "put_qualification": 200,
    "withdraw_product": 200,
    "plan_content": 201,
    "get_calendar_week": 200,
    "drop_content": 404,
    "approve_campaign": 404,
    "close_campaign": 404,
    "create_campaign": 201,
    "edit_campaign": 404,
    "get_campaign": 404,
    "get_campaign_results": 404,
    "get_campaign_settings": 200,
    "get_customer_exposure": 404,
    "let_next_ring_start": 404,
    "list_campaign_recipients": 404,
    "list_campaign_tasks": 404,
    "list_campaigns": 200,
    "list_shared_campaigns": 200,
    "get_shared_campaign": 404,
    "get_shared_results": 404,
    "list_shared_tasks": 404,
    "list_shared_recipients": 404,
    "pause_campaign": 404,
    "put_campaign_settings": 200,
    "recall_campaign": 404,
    "reject_campaign": 404,
    "resume_campaign": 404,
    "schedule_campaign": 404,
    "submit_campaign": 404,
    "test_campaign": 404,
    "list_segment_fields": 200,
    "list_segments": 200,
    "create_segment": 201,
    "get_segment": 404,
    "announce_segment_list": 201,
    "revise_segment": 404,
    "preview_audience": 200,
    "get_audience_settings": 200,
    "put_audience_settings": 200,
    "get_needs_settings": 200,
    "put_needs_settings": 200,
    "list_customer_recommendations": 200,
    "list_member_recommendations": 200,
    "get_content_settings": 200,
    "put_content_settings": 200,
    "announce_asset": 201,
    "get_asset": 404,
    "check_asset": 404,
    "get_customer_pressure": 200,
    "list_pressure_exceptions": 200,
    "ask_for_pressure_exception": 409,  # the sample's day has passed, or lies too far ahead
    "approve_pressure_exception": 404,
    "reject_pressure_exception": 404,
    "revoke_pressure_exception": 404,
    "get_pressure_settings": 200,
    "put_pressure_settings": 200,
}


@dataclass(frozen=True)
class Stack:
    sqs: Any
    queue_url: str
    audit: DynamoAuditStore

    def send(self, event: dict[str, Any]) -> Reply:
        return Reply.of(lambda_handler(event, lambda_context()))

    def messages(self) -> list[dict[str, Any]]:
        reply = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in reply.get("Messages", [])]


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    return declared_tables(ROOT / "infra" / "template.yaml")


@pytest.fixture
def stack(schemas: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        session.reset()
        wiring.reset()
        admin, sqs = boto3.client("dynamodb"), boto3.client("sqs")
        for name, logical_id in TABLES.items():
            admin.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **schemas[logical_id])
        queue_url = sqs.create_queue(QueueName="contact")["QueueUrl"]
        monkeypatch.setenv("CONTACT_QUEUE_URL", queue_url)
        for name in (
            "HANDOVER_QUEUE_URL",
            "RECONCILE_QUEUE_URL",
            "CAMPAIGN_QUEUE_URL",
            "CAMPAIGN_PLANNER_QUEUE_URL",
            "ARCHIVE_QUEUE_URL",
            "ARCHIVE_INTAKE_QUEUE_URL",
        ):
            monkeypatch.setenv(name, sqs.create_queue(QueueName=name.split("_")[0].lower())["QueueUrl"])
        keys = json.dumps({"current": "k1", "k1": "a-key-of-tests-and-samples-which-opens-nothing"})
        boto3.client("secretsmanager").create_secret(Name=os.environ["LINK_SECRET_ID"], SecretString=keys)
        dynamodb = session.client("dynamodb")
        _fill(Table(dynamodb, "org"), Table(dynamodb, "handover"))
        yield Stack(sqs, queue_url, DynamoAuditStore("audit", dynamodb))
    session.reset()
    wiring.reset()


def _fill(org: Table, handover: Table) -> None:
    """A departure in the Shanghai branch: 150 customers in two chunks, one refused, and one group."""
    for node in NODES.values():
        DynamoOrgRepository(org).put_node(node, None)
    DynamoOrgRepository(org).reject("bank.hr", "hr-9", "the field userid is missing", AT, "{}")
    able = Member("rm_zhou", "周", "12", "/1/10/12/", MemberStatus.ACTIVE, serves_customers=True, changed_at=AT)
    DynamoOrgRepository(org).put_member(able)
    DynamoOrgRepository(org).put_member(replace(able, userid="rm_hu"))
    assert DynamoOrgRepository(org).put_cover(Cover("rm_hu", AT, "hr-3", "rm_zhou", AT.date()), None)
    contacts = DynamoContactRepository(Table(session.client("dynamodb"), "contacts"))
    following = {"rm_zhou": Standing(RelationState.ACTIVE, AT, AT)}
    assert contacts.write([Change(Customer(CUSTOMER_ID, following, owner_userid="rm_zhou", owner_since=AT))])
    task = Task(TASK_ID, "rm_zhou", TaskKind.GREET_CUSTOMER, ("wm001",), "/1/10/12/", AT, AT)
    assert DynamoTaskTable(Table(session.client("dynamodb"), "tasks")).save([TaskChange(None, task)])
    cases = DynamoCaseRepository(handover)
    case = HandoverCase(
        case_id=CASE_ID,
        corp_id="wwSIMCORP0000001",
        handover_userid="rm_wang",
        handover_name="王伟",
        node_id="12",
        node_path="/1/10/12/",
        node_name="浦东支行",
        state=CaseState.ATTENTION,
        opened_at=AT,
        due_at=AT,
        signals=(SignalRecord(SignalSource.HR, "StaffDeparted", "hr-1", AT),),
        successors=("rm_li",),
    )
    assert cases.open_case(case, 1)
    edges = [Edge(f"wm{number:03d}", EdgeState.DONE, updated_at=AT) for number in range(150)]
    edges[7] = replace(
        edges[7], state=EdgeState.MANUAL, cause="customer_refused", owner_userid="mgr_shanghai", due_at=AT
    )
    for number, part in enumerate((edges[:100], edges[100:]), 1):
        case = cases.add_chunks(case, [Chunk(CASE_ID, ChunkKind.CUSTOMERS, number, "rm_wang", "rm_li", tuple(part))])
    cases.add_chunks(case, [Chunk(CASE_ID, ChunkKind.GROUPS, 1, "rm_wang", "rm_li", (Edge("wr1", EdgeState.DONE),))])


def test_every_sample_event_has_its_expected_answer(stack: Stack) -> None:
    answered = {path.stem: stack.send(sample(path.stem)).status for path in sorted(EVENTS.glob("*.json"))}

    assert answered == EXPECTED


def test_a_case_is_found_with_counted_totals(stack: Stack) -> None:
    listed = stack.send(sample("list_cases")).body["items"]
    case = stack.send(sample("get_case")).body

    assert [item["case_id"] for item in listed] == [CASE_ID]
    assert case["summary"]["customers"] == {"total": 150, "by_state": {"done": 149, "manual": 1}}
    assert case["summary"]["groups"] == {"total": 1, "by_state": {"done": 1}}


def test_open_edges_name_who_must_act(stack: Stack) -> None:
    (edge,) = stack.send(sample("list_edges")).body["items"]

    assert (edge["target_id"], edge["cause"], edge["owner_userid"]) == ("wm007", "customer_refused", "mgr_shanghai")


def test_a_leave_shows_the_tasks_that_go_to_the_cover(stack: Stack) -> None:
    tasks = DynamoTaskTable(Table(session.client("dynamodb"), "tasks"))
    for number in range(3):
        task = Task(f"task_{number}", "rm_hu", TaskKind.FOLLOW_UP, ("wm001",), "/1/10/12/", AT, AT)
        assert tasks.save([TaskChange(None, task)])

    listed = stack.send(sample("list_covers")).body["items"]
    found = stack.send(sample("get_member_cover")).body

    assert [(row["userid"], row["cover_userid"], row["last_day"]) for row in listed] == [("rm_hu", "rm_zhou", None)]
    assert found["acting_userid"] == "rm_zhou"
    assert [task["task_id"] for task in found["open_tasks"]] == ["task_0", "task_1", "task_2"]
    assert (found["ended_tasks"], found["cases"], found["is_whole"]) == ([], [], True)


def test_holds_and_assignments_are_stored_and_audited_once(stack: Stack) -> None:
    for name in ("hold_customer", "hold_customer", "release_customer", "assign_owner", "assign_owner"):
        last = stack.send(sample(name)).body
    done = [entry.action for entry in stack.audit.oldest("10")]

    assert (last["hold"], last["owner_userid"], last["basis"]) == (None, "rm_zhou", "assigned")
    assert [action for action in done if not action.startswith("api.")] == [
        "customer.held.complaint",
        "customer.released.complaint",
        "customer.assigned",
    ]


def test_edges_are_paged_over_chunks_without_loss_or_repeat(stack: Stack) -> None:
    found: list[str] = []
    query = {"limit": "40"}
    for _ in range(4):
        body = stack.send(Request(f"/v1/cases/{CASE_ID}/edges", query=query, claims=BRANCH_10).event()).body
        found += [edge["target_id"] for edge in body["items"]]
        query = {"limit": "40", "cursor": body["cursor"]}

    assert found == [f"wm{number:03d}" for number in range(150)]
    assert body["cursor"] is None


def test_a_cursor_of_one_list_is_refused_by_another(stack: Stack) -> None:
    cursor = stack.send(Request(f"/v1/cases/{CASE_ID}/edges", query={"limit": "40"}).event()).body["cursor"]

    for path in ("/v1/cases", f"/v1/cases/{CASE_ID}/groups", "/v1/rejections", "/v1/audit"):
        reply = stack.send(Request(path, query={"cursor": cursor}).event())
        assert (reply.status, reply.body["type"]) == (400, "urn:scrm:problem:invalid-cursor")


def test_reassigned_customer_is_offered_to_the_chosen_member_once_per_key(stack: Stack) -> None:
    first, again = stack.send(sample("reassign_edges")), stack.send(sample("reassign_edges"))
    edges = Request(f"/v1/cases/{CASE_ID}/edges", query={"state": "planned"}, claims=BRANCH_10).event()
    (edge,) = stack.send(edges).body["items"]

    assert (first.status, again.status) == (200, 200)
    assert first.body["summary"]["state"] == "transferring"
    assert (edge["target_id"], edge["takeover_userid"], edge["reason"]) == ("wm007", "rm_zhou", "chosen_by_operator")
    audited = stack.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]
    assert [e["action"] for e in audited].count("handover.reassigned") == 1


def test_closed_case_keeps_the_reason_and_cannot_be_decided_about_again(stack: Stack) -> None:
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
    stack: Stack, claims: dict[str, str], status: int
) -> None:
    body = {"target_ids": ["wm007"], "takeover_userid": "rm_zhou"}
    headers = {"idempotency-key": "k"}

    asked = Request(f"/v1/cases/{CASE_ID}/reassign", "POST", claims=claims, headers=headers, body=body)

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
def test_malformed_decision_is_refused(stack: Stack, part: str, body: dict[str, Any]) -> None:
    asked = Request(f"/v1/cases/{CASE_ID}/{part}", "POST", headers={"idempotency-key": "k"}, body=body)

    assert stack.send(asked.event()).status == 422


def test_a_sync_is_started_once_per_key(stack: Stack) -> None:
    first, again = stack.send(sample("start_sync")), stack.send(sample("start_sync"))
    messages = stack.messages()

    assert first == again
    assert [(message["kind"], message["run_id"]) for message in messages] == [
        ("full_pass_requested", first.body["run_id"])
    ]


def test_another_key_or_another_caller_starts_another_sync(stack: Stack) -> None:
    runs = {stack.send(_sync(key, sub)).body["run_id"] for key in ("a", "b") for sub in ("op-1", "op-2")}

    assert len(runs) == 4
    assert {message["run_id"] for message in stack.messages()} == runs


def _sync(key: str, subject: str) -> dict[str, Any]:
    claims = {"sub": subject, "scrm_node": "1", "scrm_roles": "[operator]"}
    return Request("/v1/syncs", "POST", claims=claims, headers={"idempotency-key": key}, body={}).event()


def test_a_sync_that_could_not_be_queued_is_carried_out_by_the_repeat(stack: Stack) -> None:
    attributes = {"Attributes": {"VisibilityTimeout": "30"}}
    stack.sqs.delete_queue(QueueUrl=stack.queue_url)
    failed = stack.send(sample("start_sync"))
    stack.sqs.create_queue(QueueName="contact", **attributes)

    repeated = stack.send(sample("start_sync"))

    assert (failed.status, repeated.status) == (500, 202)
    assert [message["run_id"] for message in stack.messages()] == [repeated.body["run_id"]]


def test_the_audit_chain_of_many_requests_is_intact_and_names_the_sync(stack: Stack) -> None:
    sync = stack.send(sample("start_sync")).body["run_id"]
    for name in ("list_cases", "claims_missing", "unknown_route", "get_me", "list_edges"):
        stack.send(sample(name))

    entries = stack.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]

    assert verify_chain(stack.audit, "1").is_intact
    assert verify_chain(stack.audit, "10").is_intact
    assert ("api.post.syncs", sync, "done") in [(e["action"], e["subject"], e["outcome"]) for e in entries]
    assert len(entries) == 6


def test_changed_settings_are_in_force_and_kept_with_who_changed_them(stack: Stack) -> None:
    before = stack.send(sample("get_handover_settings")).body
    changed = stack.send(sample("put_handover_settings"))
    again = stack.send(sample("put_handover_settings"))
    body = {"version": 0, "settings": {"rounds": 4}}
    late = stack.send(Request("/v1/settings/handover", "PUT", body=body).event())

    assert (before["version"], before["given"], before["settings"]["approval_above"]) == (0, [], 200)
    assert (changed.body["version"], changed.body["given"]) == (1, ["approval_above", "confirmation_wait"])
    assert changed.body["settings"] | {"approval_above": 500, "confirmation_wait": "P2D"} == changed.body["settings"]
    assert again.body == changed.body
    assert (late.status, late.body["type"]) == (409, "urn:scrm:problem:settings-conflict")
    entries = stack.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]
    assert [(e["actor"], e["subject"]) for e in entries if e["action"] == "settings.changed"] == [
        ("operator:op-head-office", "settings:handover:1")
    ]


@pytest.mark.parametrize(
    ("claims", "settings", "status"),
    [
        (BRANCH_10, {"rounds": 3}, 403),
        ({"sub": "op-1", "scrm_node": "1", "scrm_roles": "[auditor]"}, {"rounds": 3}, 403),
        (HEAD_OFFICE, {"rounds": 0}, 422),
        (HEAD_OFFICE, {"groups_per_day": 900}, 422),
        (HEAD_OFFICE, {"four_eyes": ["everything"]}, 422),
    ],
)
def test_settings_are_changed_by_head_office_and_within_their_ranges(
    stack: Stack, claims: dict[str, str], settings: dict[str, Any], status: int
) -> None:
    asked = Request("/v1/settings/handover", "PUT", claims=claims, body={"version": 0, "settings": settings})

    assert stack.send(asked.event()).status == status
    assert stack.send(sample("get_handover_settings")).body["version"] == 0


def test_a_stored_document_that_does_not_fit_is_told_and_can_be_replaced(stack: Stack) -> None:
    store = DynamoSettingsStore(Table(session.client("dynamodb"), "platform"))
    assert store.write("handover", {"rounds": "many"}, 0, "by hand", AT)

    found = stack.send(sample("get_handover_settings")).body
    body = {"version": found["version"], "settings": {"rounds": 3}}
    repaired = stack.send(Request("/v1/settings/handover", "PUT", body=body).event()).body

    assert (found["is_valid"], found["given"], found["settings"]["rounds"]) == (False, ["rounds"], 2)
    assert (repaired["version"], repaired["is_valid"], repaired["settings"]["rounds"]) == (2, True, 3)


def test_settings_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIT_TABLE")
    monkeypatch.setenv("ORG_TABLE", "")
    wiring.reset()

    with pytest.raises(Exception, match="ORG_TABLE, AUDIT_TABLE"):
        wiring.settings()
