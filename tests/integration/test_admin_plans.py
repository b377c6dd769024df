"""Plans through the real handler on moto: shown, approved, sent back and made anew, by whom it may be."""

from typing import Any

import pytest

from scrm.aws import session
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.contacts.model import Customer, GroupChat, Relation, RelationState
from scrm.contacts.ports import Change
from scrm.handover.edges import Chunk, ChunkKind, Edge
from scrm.handover.model import CaseState, HandoverCase
from scrm.org.model import Member, MemberStatus
from tests.admin_api import AT, BRANCH_10, BRANCH_20, HEAD_OFFICE, Reply, Request, sample
from tests.integration import admin_stack as admin

schemas, stack = admin.schemas, admin.stack

CASE_ID = "case_" + "b" * 26
PLAN = f"/v1/cases/{CASE_ID}"
TEAM = {"sub": "op-team", "scrm_node": "12", "scrm_roles": "[operator]"}
MAKER = {"sub": "op-maker", "scrm_node": "10", "scrm_roles": "[operator]"}


@pytest.fixture
def plan(stack: admin.Stack) -> admin.Stack:
    """Three customers of rm_chen for rm_zhou: a plan that op-maker made and that waits for approval."""
    org = DynamoOrgRepository(Table(session.client("dynamodb"), "org"))
    for userid in ("rm_chen", "rm_sun", "rm_qian"):
        org.put_member(Member(userid, "", "12", "/1/10/12/", MemberStatus.ACTIVE, serves_customers=True, changed_at=AT))
    cases = DynamoCaseRepository(Table(session.client("dynamodb"), "handover"))
    case = HandoverCase(
        case_id=CASE_ID,
        corp_id="wwSIMCORP0000001",
        handover_userid="rm_chen",
        handover_name="陈静",
        node_id="12",
        node_path="/1/10/12/",
        node_name="浦东支行",
        state=CaseState.AWAITING_APPROVAL,
        opened_at=AT,
        due_at=AT,
        start_at=AT,
        signals=(),
        planned_at=AT,
        plan_made_by="operator:op-maker",
    )
    assert cases.open_case(case, 1)
    edges = tuple(Edge(f"wm_c{place}", reason="same_team") for place in range(3))
    cases.add_chunks(case, [Chunk(CASE_ID, ChunkKind.CUSTOMERS, 0, "rm_chen", "rm_zhou", edges)])
    return stack


def post(stack: admin.Stack, part: str, body: dict[str, Any], claims: dict[str, str] = BRANCH_10) -> Reply:
    headers = {"idempotency-key": f"{part}-{claims['sub']}"}
    return stack.send(Request(f"{PLAN}/{part}", "POST", claims=claims, headers=headers, body=body).event())


def checksum(stack: admin.Stack) -> str:
    seen: str = stack.send(Request(f"{PLAN}/preview").event()).body["checksum"]
    return seen


def test_a_stored_plan_is_shown_in_numbers(plan: admin.Stack) -> None:
    shown = plan.send(Request(f"{PLAN}/preview", claims=TEAM).event()).body

    assert (shown["is_stored"], shown["state"], shown["plan_made_by"]) == (
        True,
        "awaiting_approval",
        "operator:op-maker",
    )
    assert shown["takers"] == [
        {
            "takeover_userid": "rm_zhou",
            "takeover_name": "周",
            "customers": 3,
            "groups": 0,
            "calls": 1,
            "reasons": {"same_team": 3},
        }
    ]
    assert (shown["calls"], shown["days"], len(shown["checksum"])) == (1, 1, 64)


def test_an_approved_plan_is_asked_for_and_the_case_names_who_approved(plan: admin.Stack) -> None:
    asked = {"checksum": checksum(plan)}

    approved, again = post(plan, "approval", asked), post(plan, "approval", asked)
    audited = plan.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]

    assert (approved.status, again.status) == (200, 200)
    assert approved.body["review"]["by"] == "operator:op-branch-10"
    assert (approved.body["review"]["approved"], approved.body["review"]["customers"]) == (True, 3)
    assert [e["actor"] for e in audited if e["action"] == "handover.plan_approved"] == ["operator:op-branch-10"]


@pytest.mark.parametrize(
    ("claims", "status", "word"),
    [
        (MAKER, 409, "You made this plan"),
        (TEAM, 403, "branch or above"),
        ({"sub": "op-auditor", "scrm_node": "1", "scrm_roles": "[auditor]"}, 403, "head office and for operators"),
        (BRANCH_20, 404, "No such case"),
    ],
)
def test_nobody_approves_who_made_the_plan_or_answers_for_less_than_the_branch(
    plan: admin.Stack, claims: dict[str, str], status: int, word: str
) -> None:
    refused = post(plan, "approval", {"checksum": checksum(plan)}, claims)

    assert (refused.status, word in refused.body["detail"]) == (status, True)
    assert plan.send(Request(PLAN).event()).body["review"] is None


def test_another_plan_than_the_one_that_was_shown_is_not_approved(plan: admin.Stack) -> None:
    refused = post(plan, "approval", {"checksum": "0" * 64})

    assert (refused.status, refused.body["type"]) == (409, "urn:scrm:problem:decision-refused")


def test_a_plan_that_was_sent_back_waits_for_a_person_with_the_reason(plan: admin.Stack) -> None:
    sent_back = post(plan, "rejection", {"checksum": checksum(plan), "reason": "too many for one colleague"})
    edges = plan.send(Request(f"{PLAN}/edges").event()).body["items"]

    assert sent_back.body["summary"]["state"] == "attention"
    assert sent_back.body["review"]["reason"] == "too many for one colleague"
    assert {(e["state"], e["cause"], e["owner_userid"]) for e in edges} == {("manual", "plan_rejected", "head_office")}


def test_another_plan_is_asked_for_with_its_maker(plan: admin.Stack) -> None:
    refused = post(plan, "plan", {"successor_userids": ["rm_chen"]}, HEAD_OFFICE)
    asked = post(plan, "plan", {"successor_userids": ["rm_qian"]}, MAKER)

    assert (refused.status, asked.status) == (409, 200)
    assert "Successor 1 is the member himself" in refused.body["detail"]
    assert (asked.body["summary"]["state"], asked.body["plan_made_by"]) == ("planning", "operator:op-maker")


def test_a_departure_is_previewed_without_a_case_by_those_who_see_the_member(plan: admin.Stack) -> None:
    contacts = DynamoContactRepository(Table(session.client("dynamodb"), "contacts"))
    for place in range(3):
        row = Relation("rm_sun", f"wm_s{place}", RelationState.ACTIVE, AT, AT)
        assert contacts.write([Change(Customer(f"wm_s{place}"), (row,))])
    contacts.put_group(GroupChat("wr_s1", "rm_sun", "", AT))
    path, query = "/v1/members/RM_SUN/preview", {"successor_userid": "rm_chen2,rm_zhou", "last_day": "2027-01-31"}

    shown = plan.send(Request(path, query=query, claims=BRANCH_10).event())
    hidden = plan.send(Request(path, claims=BRANCH_20).event())
    unknown = plan.send(Request("/v1/members/nobody/preview", claims=BRANCH_20).event())

    assert (shown.status, hidden.status) == (200, 404)
    assert hidden == unknown
    (taker,) = shown.body["takers"]
    assert (taker["takeover_userid"], taker["customers"], taker["groups"]) == ("rm_zhou", 3, 1)
    assert (shown.body["case_id"], shown.body["state"], shown.body["last_day"]) == ("", "scheduled", "2027-01-31")
    assert plan.send(Request("/v1/cases", query={"state": "scheduled"}).event()).body["items"] == []


def test_a_preview_of_a_member_with_an_open_case_shows_that_case(plan: admin.Stack) -> None:
    shown = plan.send(Request("/v1/members/rm_chen/preview").event()).body

    assert (shown["case_id"], shown["is_stored"]) == (CASE_ID, True)
