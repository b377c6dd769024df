"""Campaigns over the API: who may do what, what he is shown, and what he is told when it cannot be done."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from scrm import clock
from scrm.campaign.task import RecipientState, SendPlan
from scrm.campaign.terms import Channel, ContentRef
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.org import member

CHECKER = {"sub": "op-checker", "scrm_node": "10", "scrm_roles": "[operator]"}
COMPLIANCE = {"sub": "op-compliance", "scrm_node": "1", "scrm_roles": "[compliance]"}
AUDITOR = {"sub": "op-auditor", "scrm_node": "1", "scrm_roles": "[auditor]"}
SUB_BRANCH = {"sub": "op-sub-branch", "scrm_node": "12", "scrm_roles": "[operator]"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    api.campaigns.contents.valid_until = clock.now() + timedelta(days=30)
    return api.join(monkeypatch)


def send(api: Api, method: str, path: str, claims: Mapping[str, Any], body: Any = None, key: str = "k") -> Reply:
    headers = {"idempotency-key": key} if method == "POST" else {}
    return api.send(Request(path, method, claims=claims, headers=headers, body=body))


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "name": "十一月产品提升",
        "channel": "one_to_one",
        "target_kpi": "product_holding",
        "activity_id": "act_1",
        "content_version": 1,
        "segment_id": "seg_1",
        **changes,
    }


def made(api: Api, claims: Mapping[str, Any] = BRANCH_10, **changes: Any) -> str:
    reply = send(api, "POST", "/v1/campaigns", claims, asked(**changes))
    assert reply.status == 201, reply.body
    return f"/v1/campaigns/{reply.body['campaign_id']}"


def submitted(api: Api, **changes: Any) -> tuple[str, str]:
    """The campaign's path and the snapshot that waits for a second person."""
    path = made(api, **changes)
    reply = send(api, "POST", f"{path}/submit", BRANCH_10)
    assert (reply.status, reply.body["is_freezing"]) == (200, True)
    api.campaigns.run.look(reply.body["campaign_id"], clock.now())
    shown = send(api, "GET", path, CHECKER).body
    return path, shown["submission"]["audience"]["snapshot_id"]


def approved(api: Api, **changes: Any) -> str:
    path, snapshot = submitted(api, **changes)
    assert send(api, "POST", f"{path}/approve", CHECKER, {"snapshot_id": snapshot}).status == 200
    return path


def started(api: Api, **changes: Any) -> str:
    path = approved(api, **changes)
    now = clock.now() + timedelta(seconds=5)
    assert send(api, "POST", f"{path}/schedule", BRANCH_10, {"starts_at": clock.to_iso(now)}).status == 200
    api.campaigns.run.look(path.rpartition("/")[2], now)
    return path


def test_a_campaign_is_made_submitted_and_approved_by_another_one(api: Api) -> None:
    path, snapshot = submitted(api)

    shown = send(api, "GET", path, CHECKER).body
    own = send(api, "POST", f"{path}/approve", BRANCH_10, {"snapshot_id": snapshot})
    approved = send(api, "POST", f"{path}/approve", CHECKER, {"snapshot_id": snapshot})

    assert shown["submission"]["audience"]["customers"] == 60
    assert len(shown["submission"]["audience"]["sample"]) == 3
    assert (own.status, own.body["type"]) == (409, "urn:scrm:problem:campaign-refused")
    assert "somebody else" in own.body["detail"]
    assert (approved.status, approved.body["state"], approved.body["review"]["by"]) == (
        200,
        "approved",
        "operator:op-checker",
    )
    actions = [entry.action for entry in api.audited("10")]
    assert [one for one in actions if one.startswith("campaign.")] == [
        "campaign.created",
        "campaign.submitted",
        "campaign.audience_frozen",
        "campaign.approved",
    ]


def test_a_campaign_without_a_target_kpi_is_refused(api: Api) -> None:
    reply = send(api, "POST", "/v1/campaigns", BRANCH_10, asked(target_kpi=""))

    assert (reply.status, reply.body["type"]) == (422, "urn:scrm:problem:invalid-campaign")
    assert reply.body["fields"][0]["where"] == "body.target_kpi"


@pytest.mark.parametrize(
    ("rings", "what"),
    [
        ([{"name": "a", "after": "b"}, {"name": "b", "after": "a"}], "circle"),
        ([{"name": "a"}, {"name": "b"}], "two are the first"),
        ([{"name": "a"}, {"name": "a", "after": "a"}], "given twice"),
        ([{"name": "a"}, {"name": "b", "after": "a", "node_ids": ["10"]}], "open to everybody"),
    ],
)
def test_rings_that_lead_nowhere_are_refused(api: Api, rings: list[dict[str, Any]], what: str) -> None:
    reply = send(api, "POST", "/v1/campaigns", BRANCH_10, asked(rings=rings))

    assert reply.status == 422
    assert what in reply.body["detail"]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "telegram"},
        {"content_version": 0},
        {"unknown": 1},
        {"rings": [{"name": "#test"}]},
        {"deadline": "soon"},
        {"name": ""},
    ],
)
def test_what_no_campaign_can_be_is_refused_by_its_field(api: Api, changes: dict[str, Any]) -> None:
    reply = send(api, "POST", "/v1/campaigns", BRANCH_10, asked(**changes))

    assert (reply.status, reply.body["type"]) == (422, "urn:scrm:problem:invalid-request")


def test_an_unknown_segment_is_refused(api: Api) -> None:
    reply = send(api, "POST", "/v1/campaigns", BRANCH_10, asked(segment_id="seg_none"))

    assert (reply.status, reply.body["type"]) == (409, "urn:scrm:problem:campaign-refused")


def test_the_same_key_makes_one_campaign(api: Api) -> None:
    assert made(api) == made(api)
    other = send(api, "POST", "/v1/campaigns", BRANCH_10, asked(name="另一个"))
    assert (other.status, other.body["type"]) == (422, "urn:scrm:problem:idempotency-key-reused")


@pytest.mark.parametrize("claims", [SUB_BRANCH, COMPLIANCE, AUDITOR])
def test_only_operators_of_head_office_and_branches_make_campaigns(api: Api, claims: Mapping[str, Any]) -> None:
    assert send(api, "POST", "/v1/campaigns", claims, asked()).status == 403


def test_nobody_sees_or_touches_another_branchs_campaign(api: Api) -> None:
    path, snapshot = submitted(api)

    for method, step, body in [
        ("GET", "", None),
        ("GET", "/tasks", None),
        ("GET", "/recipients", None),
        ("GET", "/results", None),
        ("POST", "/approve", {"snapshot_id": snapshot}),
        ("POST", "/recall", {"reason": "x"}),
        ("POST", "/test-send", {"external_userids": ["wm_1"]}),
    ]:
        assert send(api, method, f"{path}{step}", BRANCH_20, body).status == 404, step
    assert send(api, "GET", "/v1/campaigns", BRANCH_20).body["items"] == []
    assert len(send(api, "GET", "/v1/campaigns", HEAD_OFFICE).body["items"]) == 1


def test_a_campaign_is_made_for_a_node_below_ones_own_only(api: Api) -> None:
    below = send(api, "POST", "/v1/campaigns", HEAD_OFFICE, asked(node_id="10"))
    beside = send(api, "POST", "/v1/campaigns", BRANCH_10, asked(node_id="20"))

    assert (below.status, below.body["definition"]["node_id"]) == (201, "10")
    assert beside.status == 404


def test_a_submission_is_rejected_with_a_reason_and_edited(api: Api) -> None:
    path, snapshot = submitted(api)

    rejected = send(api, "POST", f"{path}/reject", COMPLIANCE, {"snapshot_id": snapshot, "reason": "too many"})
    version = rejected.body["version"]
    edited = send(api, "PUT", path, BRANCH_10, {"version": version, "campaign": asked(name="改")})
    stale = send(api, "PUT", path, BRANCH_10, {"version": version, "campaign": asked()})

    assert (rejected.body["state"], rejected.body["reason"], rejected.body["submission"]) == ("draft", "too many", None)
    assert edited.body["definition"]["name"] == "改"
    assert (stale.status, stale.body["type"]) == (409, "urn:scrm:problem:campaign-changed")


def test_it_is_scheduled_paused_resumed_and_recalled(api: Api) -> None:
    path = started(api)

    paused = send(api, "POST", f"{path}/pause", COMPLIANCE, {"reason": "look first"})
    resumed = send(api, "POST", f"{path}/resume", BRANCH_10)
    recalled = send(api, "POST", f"{path}/recall", COMPLIANCE, {"reason": "wrong rate"})
    again = send(api, "POST", f"{path}/recall", COMPLIANCE, {"reason": "wrong rate"}, key="k2")

    assert [each.body["state"] for each in (paused, resumed, recalled, again)] == [
        "paused",
        "planning",
        "recalled",
        "recalled",
    ]
    assert len(api.campaigns.queue.cancellations) == 2
    assert send(api, "POST", f"{path}/resume", BRANCH_10, key="k3").status == 409


def test_the_next_ring_starts_on_somebodys_word(api: Api) -> None:
    rings = [
        {"name": "pilot", "node_ids": ["11"], "needs_go": True, "hold": "PT1H"},
        {"name": "rest", "after": "pilot"},
    ]
    path = started(api, rings=rings)

    go = send(api, "POST", f"{path}/rings/pilot/go", BRANCH_10)
    unknown = send(api, "POST", f"{path}/rings/rest/go", BRANCH_10)

    assert go.body["rings"][0]["go_by"] == "operator:op-branch-10"
    assert unknown.status == 409


def test_a_campaign_closes_only_when_everybody_has_his_end(api: Api) -> None:
    path = started(api)

    assert send(api, "POST", f"{path}/close", BRANCH_10).status == 409


def test_results_add_up_to_the_audience(api: Api) -> None:
    path = started(api)
    campaign_id = path.rpartition("/")[2]
    plan = SendPlan(campaign_id, "all", Channel.ONE_TO_ONE, ContentRef("act_1", 1), clock.now(), clock.now())
    (task,) = plan.tasks_of("rm_11_0", [f"wm_rm_11_0_{number}" for number in range(10)], "/1/10/11/")
    sent = task.ended_as(RecipientState.SENT, task.target_ids[:4], clock.now())
    api.campaigns.tasks.put_planned(
        [sent.ended_as(RecipientState.EXCLUDED, task.target_ids[4:5], clock.now(), "opted_out")]
    )

    results = send(api, "GET", f"{path}/results", BRANCH_10).body
    tasks = send(api, "GET", f"{path}/tasks", BRANCH_10).body["items"]
    recipients = send(api, "GET", f"{path}/recipients", BRANCH_10).body["items"]

    assert results["audience"] == 60
    assert results["not_planned"] + results["pending"] + sum(results["by_state"].values()) == 60
    assert (results["by_state"], results["excluded"]) == ({"sent": 4, "excluded": 1}, {"opted_out": 1})
    assert [(one["owner_userid"], one["counts"]["sent"]) for one in tasks] == [("rm_11_0", 4)]
    assert [one["state"] for one in recipients] == ["sent"] * 4 + ["excluded"] + ["pending"] * 5
    assert recipients[4]["reason"] == "opted_out"


def test_campaigns_are_listed_by_what_they_are_for(api: Api) -> None:
    made = [
        send(api, "POST", "/v1/campaigns", BRANCH_10, asked(**changes), key=f"k{number}").body
        for number, changes in enumerate([{}, {"purpose": "activation"}, {"purpose": "education"}])
    ]

    listed = api.send(Request("/v1/campaigns", query={"purpose": "activation"}, claims=BRANCH_10)).body["items"]
    unknown = api.send(Request("/v1/campaigns", query={"purpose": "spam"}, claims=BRANCH_10))

    assert [one["definition"]["purpose"] for one in made] == ["promotion", "activation", "education"]
    assert [one["campaign_id"] for one in listed] == [made[1]["campaign_id"]]
    assert unknown.status == 422


def test_a_test_goes_to_seeds_as_a_campaign_of_its_own_that_no_list_shows(api: Api) -> None:
    path, _ = submitted(api)
    api.campaigns.owners.owners = {"wm_seed_1": "rm_11_0", "wm_seed_2": "rm_11_1"}

    reply = send(api, "POST", f"{path}/test-send", BRANCH_10, {"external_userids": ["wm_seed_1", "wm_seed_2"]})
    nobodys = send(api, "POST", f"{path}/test-send", BRANCH_10, {"external_userids": ["wm_other"]}, key="k2")

    test = send(api, "GET", f"/v1/campaigns/{reply.body['campaign_id']}", BRANCH_10).body
    assert (reply.status, reply.body["customers"], test["test_of"]) == (200, 2, path.rpartition("/")[2])
    tasks = send(api, "GET", f"/v1/campaigns/{reply.body['campaign_id']}/tasks", BRANCH_10).body["items"]
    assert sorted(one["owner_userid"] for one in tasks) == ["rm_11_0", "rm_11_1"]
    assert (nobodys.status, "Nobody answers" in nobodys.body["detail"]) == (409, True)
    assert len(send(api, "GET", "/v1/campaigns", BRANCH_10).body["items"]) == 1


def test_a_customers_exposure_is_shown_to_who_sees_him(api: Api) -> None:
    api.people.rows["rm_li"] = member("rm_li", "12", "/1/10/12/")
    api.contacts.changes.added("rm_li", "wm_1", clock.now() - timedelta(days=30))
    plan = SendPlan("camp_1", "all", Channel.ONE_TO_ONE, ContentRef("act_1", 1), clock.now(), clock.now())
    (task,) = plan.tasks_of("rm_li", ["wm_1"], "/1/10/12/")
    api.campaigns.tasks.put_planned([task.ended_as(RecipientState.SENT, ["wm_1"], clock.now())])

    shown = send(api, "GET", "/v1/customers/wm_1/exposure", HEAD_OFFICE)
    hidden = send(api, "GET", "/v1/customers/wm_1/exposure", BRANCH_20)

    assert [(one["state"], one["by"]) for one in shown.body["items"]] == [("sent", "rm_li")]
    assert hidden.status == 404


def test_settings_of_campaigns_are_head_offices(api: Api) -> None:
    refused = api.send(Request("/v1/settings/campaigns", "PUT", claims=BRANCH_10, body={"version": 0, "settings": {}}))
    changed = api.send(
        Request(
            "/v1/settings/campaigns",
            "PUT",
            claims=HEAD_OFFICE,
            body={"version": 0, "settings": {"sending_stopped": True, "quiet_from": "20:00"}},
        )
    )
    shown = api.send(Request("/v1/settings/campaigns", claims=BRANCH_10)).body
    asked = api.campaigns.queue.stops
    again = {"version": 1, "settings": {"sending_stopped": False}}
    api.send(Request("/v1/settings/campaigns", "PUT", claims=HEAD_OFFICE, body=again))

    assert (asked, api.campaigns.queue.stops) == (1, 1), "what waits is asked about when all is stopped, and only then"
    assert (refused.status, changed.status) == (403, 200)
    assert (shown["settings"]["sending_stopped"], shown["settings"]["quiet_from"][:5]) == (True, "20:00")
    assert shown["given"] == ["quiet_from", "sending_stopped"]
