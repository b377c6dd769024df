"""An operator below a campaign's node sees what falls to his own members, and no other's number (invariant 7)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from scrm import clock
from scrm.campaign.task import RecipientState, SendPlan
from scrm.campaign.terms import Channel, ContentRef
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request

CHECKER = {"sub": "op-checker", "scrm_node": "1", "scrm_roles": "[head_office operator]"}
SUB_BRANCH = {"sub": "op-sub-branch", "scrm_node": "12", "scrm_roles": "[operator]"}
SHARED = "/v1/shared-campaigns"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    api.campaigns.contents.valid_until = clock.now() + timedelta(days=30)
    return api.join(monkeypatch)


def call(api: Api, method: str, path: str, claims: Mapping[str, Any], body: Any = None, key: str = "k") -> Reply:
    headers = {"idempotency-key": key} if method == "POST" else {}
    return api.send(Request(path, method, claims=claims, headers=headers, body=body))


def got(api: Api, path: str, claims: Mapping[str, Any]) -> Any:
    reply = call(api, "GET", path, claims)
    assert reply.status == 200, reply.body
    return reply.body


def submitted(api: Api, node_id: str = "1") -> str:
    """A draft of head office for that node, with a frozen audience."""
    asked = {
        "name": "十一月产品提升",
        "node_id": node_id,
        "channel": "one_to_one",
        "target_kpi": "product_holding",
        "activity_id": "act_1",
        "content_version": 1,
        "segment_id": "seg_1",
    }
    campaign_id = str(call(api, "POST", "/v1/campaigns", HEAD_OFFICE, asked, node_id).body["campaign_id"])
    call(api, "POST", f"/v1/campaigns/{campaign_id}/submit", HEAD_OFFICE)
    api.campaigns.run.look(campaign_id, clock.now())
    return campaign_id


def started(api: Api, node_id: str = "1") -> str:
    """And begun: twelve customers of two branches have tasks, four of them a message."""
    campaign_id = submitted(api, node_id)
    path, at = f"/v1/campaigns/{campaign_id}", clock.now() + timedelta(seconds=5)
    snapshot = got(api, path, CHECKER)["submission"]["audience"]["snapshot_id"]
    call(api, "POST", f"{path}/approve", CHECKER, {"snapshot_id": snapshot})
    call(api, "POST", f"{path}/schedule", HEAD_OFFICE, {"starts_at": clock.to_iso(at)})
    api.campaigns.run.look(campaign_id, at)
    plan = SendPlan(campaign_id, "all", Channel.ONE_TO_ONE, ContentRef("act_1", 1), clock.now(), clock.now())
    for owner, node_path, customers in (
        ("rm_11", "/1/10/11/", 3),
        ("rm_12", "/1/10/12/", 4),
        ("rm_21", "/1/20/21/", 5),
    ):
        (task,) = plan.tasks_of(owner, [f"wm_{owner}_{number}" for number in range(customers)], node_path)
        sent = task.ended_as(RecipientState.SENT, task.target_ids[:2], clock.now())
        left_out = sent.ended_as(RecipientState.EXCLUDED, task.target_ids[2:3], clock.now(), "opted_out")
        api.campaigns.tasks.put_planned([left_out])
    return campaign_id


def test_each_node_is_shown_its_own_share_which_adds_up(api: Api) -> None:
    campaign_id = started(api)

    sums = {
        name: got(api, f"{SHARED}/{campaign_id}/results", claims)
        for name, claims in (("10", BRANCH_10), ("20", BRANCH_20), ("12", SUB_BRANCH))
    }

    assert {name: found["audience"] for name, found in sums.items()} == {"10": 7, "20": 5, "12": 4}
    assert sums["12"]["by_state"] == {"sent": 2, "excluded": 1}
    assert sums["12"]["excluded"] == {"opted_out": 1}
    for found in sums.values():
        assert found["not_planned"] + found["pending"] + sum(found["by_state"].values()) == found["audience"]


def test_tasks_and_customers_are_those_of_the_own_members(api: Api) -> None:
    campaign_id = started(api)

    tasks = got(api, f"{SHARED}/{campaign_id}/tasks", BRANCH_10)["items"]
    recipients = got(api, f"{SHARED}/{campaign_id}/recipients", SUB_BRANCH)["items"]

    assert {one["owner_userid"] for one in tasks} == {"rm_11", "rm_12"}
    assert [one["target_id"] for one in recipients] == [f"wm_rm_12_{number}" for number in range(4)]


def test_what_is_shown_of_the_campaign_itself_holds_no_number(api: Api) -> None:
    campaign_id = started(api)

    (listed,) = got(api, SHARED, SUB_BRANCH)["items"]

    assert listed == got(api, f"{SHARED}/{campaign_id}", BRANCH_20)
    assert (listed["campaign_id"], listed["name"], listed["node_id"]) == (campaign_id, "十一月产品提升", "1")
    assert not {"submission", "rings", "outside", "review", "made_by"} & listed.keys()


def test_what_has_not_begun_and_what_lies_elsewhere_is_not_there(api: Api) -> None:
    draft, of_branch = submitted(api), started(api, "10")

    for claims, campaign_id in (
        (BRANCH_10, draft),
        (BRANCH_20, of_branch),  # beside
        (BRANCH_10, of_branch),  # his own, with all its numbers at /v1/campaigns
        (HEAD_OFFICE, of_branch),  # below
    ):
        for part in ("", "/results", "/tasks", "/recipients"):
            assert call(api, "GET", f"{SHARED}/{campaign_id}{part}", claims).status == 404, (claims, part)
    assert [one["campaign_id"] for one in got(api, SHARED, SUB_BRANCH)["items"]] == [of_branch]
    assert got(api, SHARED, BRANCH_20)["items"] == got(api, SHARED, HEAD_OFFICE)["items"] == []


def test_the_whole_campaign_stays_with_its_own_node(api: Api) -> None:
    campaign_id = started(api)

    for part in ("", "/results", "/tasks", "/recipients"):
        assert call(api, "GET", f"/v1/campaigns/{campaign_id}{part}", BRANCH_10).status == 404
    assert call(api, "POST", f"/v1/campaigns/{campaign_id}/recall", BRANCH_10, {"reason": "x"}).status == 404
