"""Two campaigns as their operators run them: the admin API and all functions over the template's tables and queues."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions.admin_api.handler import lambda_handler
from scrm import clock
from scrm.runtime.wiring import admin_api as admin_wiring
from scrm.runtime.wiring import campaign_settings
from tests.admin_api import Reply, Request, lambda_context
from tests.campaign_bank import CUSTOMERS, MINUTES, CampaignBank, campaign_bank
from tests.engine import EngineTables
from tests.local_bank import customer_id

pytestmark = pytest.mark.engine
MAKER = {"sub": "op-maker", "scrm_node": "10", "scrm_roles": "[operator]"}
CHECKER = {"sub": "op-checker", "scrm_node": "10", "scrm_roles": "[operator]"}
HEAD_OFFICE = {"sub": "op-head", "scrm_node": "1", "scrm_roles": "[head_office operator]"}


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    with campaign_bank(tables, monkeypatch) as made:
        admin_wiring.reset()
        yield made
        admin_wiring.reset()


def call(method: str, path: str, claims: Mapping[str, Any], body: Any = None, key: str = "k") -> Reply:
    headers = {"idempotency-key": key} if method == "POST" else {}
    event = Request(path, method, claims=claims, headers=headers, body=body).event()
    return Reply.of(lambda_handler(event, lambda_context()))


def made(bank: CampaignBank, key: str, **changes: Any) -> str:
    content = bank.released()
    asked = {
        "name": "十一月产品提升",
        "channel": "one_to_one",
        "target_kpi": "product_holding",
        "activity_id": content.activity_id,
        "content_version": content.version,
        "segment_id": "all_customers",
        **changes,
    }
    reply = call("POST", "/v1/campaigns", MAKER, asked, key)
    assert reply.status == 201, reply.body
    return f"/v1/campaigns/{reply.body['campaign_id']}"


def approved(bank: CampaignBank, path: str) -> None:
    assert call("POST", f"{path}/submit", MAKER).status == 200
    bank.bank.run_until_idle()
    snapshot = call("GET", path, CHECKER).body["submission"]["audience"]["snapshot_id"]
    assert call("POST", f"{path}/approve", CHECKER, {"snapshot_id": snapshot}).status == 200


def scheduled(bank: CampaignBank, key: str, **changes: Any) -> str:
    path = made(bank, key, **changes)
    approved(bank, path)
    starts_at = {"starts_at": clock.to_iso(clock.now() + MINUTES)}
    assert call("POST", f"{path}/schedule", MAKER, starts_at).status == 200
    return path


def sums(path: str) -> dict[str, Any]:
    found: dict[str, Any] = call("GET", f"{path}/results", CHECKER).body
    assert found["not_planned"] + found["pending"] + sum(found["by_state"].values()) == found["audience"]
    return found


def everybody(path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        event = Request(f"{path}/recipients", query=query, claims=CHECKER).event()
        page = Reply.of(lambda_handler(event, lambda_context())).body
        rows += page["items"]
        if page["cursor"] is None:
            return rows
        query = {"cursor": page["cursor"]}


def test_a_campaign_is_made_approved_sent_and_its_results_add_up(bank: CampaignBank) -> None:
    path = scheduled(bank, "k1", holdout_percent=20)
    bank.pass_time(20 * MINUTES)
    under_way = sums(path)
    bank.wecom.confirm_all()
    bank.pass_time(60 * MINUTES)

    found = sums(path)
    kept_back = found["excluded"]["holdout"]
    assert call("GET", path, CHECKER).body["state"] == "closed"
    assert (under_way["pending"], under_way["tasks_left"]) == (CUSTOMERS - kept_back, 1)
    assert found["by_state"] == {"sent": CUSTOMERS - kept_back, "excluded": kept_back}
    recipients = everybody(path)
    assert sorted(one["target_id"] for one in recipients) == [customer_id(place) for place in range(CUSTOMERS)]
    exposed = call("GET", f"/v1/customers/{customer_id(0)}/exposure", CHECKER).body["items"]
    assert [one["state"] for one in exposed] in (["sent"], ["excluded"])


def test_the_cap_defers_a_third_campaign_and_a_recall_takes_another_back(bank: CampaignBank) -> None:
    first, second = scheduled(bank, "k1"), scheduled(bank, "k2", name="绑卡")
    third = scheduled(bank, "k3", name="基金")
    bank.pass_time(30 * MINUTES)

    deferred = [path for path in (first, second, third) if sums(path)["tasks_deferred"]]
    assert len(deferred) == 1, "two pushes a week"
    (kept, recalled) = [path for path in (first, second, third) if path not in deferred]
    assert call("POST", f"{recalled}/recall", CHECKER, {"reason": "利率有误"}).body["state"] == "recalled"
    bank.bank.run_until_idle()
    bank.wecom.confirm_all()
    bank.pass_time(60 * MINUTES)

    assert sums(recalled)["by_state"] == {"cancelled": CUSTOMERS}
    assert sums(kept)["by_state"] == {"sent": CUSTOMERS}
    assert sums(deferred[0])["pending"] == CUSTOMERS


def test_while_the_bank_has_stopped_all_sending_nothing_is_created(bank: CampaignBank) -> None:
    stop = {"version": 0, "settings": {"sending_stopped": True}}
    assert call("PUT", "/v1/settings/campaigns", HEAD_OFFICE, stop).status == 200
    campaign_settings.reset()
    path = scheduled(bank, "k1")
    bank.pass_time(20 * MINUTES)
    created = len(bank.wecom.creations)

    again = {"version": 1, "settings": {"sending_stopped": False}}
    assert call("PUT", "/v1/settings/campaigns", HEAD_OFFICE, again).status == 200
    bank.pass_time(20 * MINUTES)

    assert created == 0
    assert len(bank.wecom.creations) == 1
    assert sums(path)["pending"] == CUSTOMERS


def test_seeds_get_a_test_before_anybody_approves(bank: CampaignBank) -> None:
    path = made(bank, "k1")
    call("POST", f"{path}/submit", MAKER)
    bank.bank.run_until_idle()

    test = call("POST", f"{path}/test-send", MAKER, {"external_userids": [customer_id(0), customer_id(1)]}).body
    bank.bank.run_until_idle()
    bank.wecom.confirm_all()
    bank.pass_time(60 * MINUTES)

    found = call("GET", f"/v1/campaigns/{test['campaign_id']}", MAKER).body
    assert (found["state"], found["test_of"]) == ("closed", path.rpartition("/")[2])
    assert sums(f"/v1/campaigns/{test['campaign_id']}")["by_state"] == {"sent": 2}
    assert len(call("GET", "/v1/campaigns", MAKER).body["items"]) == 1


def test_a_moment_is_made_published_and_its_results_add_up_and_another_is_recalled(bank: CampaignBank) -> None:
    seen, taken_back = scheduled(bank, "k1", channel="moments"), scheduled(bank, "k2", channel="moments", name="次日")
    bank.pass_time(60 * MINUTES)
    under_way = [sums(path)["pending"] for path in (seen, taken_back)]
    assert call("POST", f"{taken_back}/recall", CHECKER, {"reason": "利率有误"}).body["state"] == "recalled"
    bank.bank.run_until_idle()
    bank.wecom.publish_all()
    bank.pass_time(240 * MINUTES)

    assert under_way == [CUSTOMERS, CUSTOMERS]
    assert [len(moment["members"]) for moment in bank.wecom.moments] == [1, 1]
    assert sums(seen)["by_state"] == {"sent": CUSTOMERS}
    assert sums(taken_back)["by_state"] == {"cancelled": CUSTOMERS}
    exposed = call("GET", f"/v1/customers/{customer_id(0)}/exposure", CHECKER).body["items"]
    assert sorted(one["state"] for one in exposed) == ["cancelled", "sent"]


def test_a_moment_is_not_tested_on_single_customers(bank: CampaignBank) -> None:
    path = made(bank, "k1", channel="moments")
    call("POST", f"{path}/submit", MAKER)
    bank.bank.run_until_idle()

    assert call("POST", f"{path}/test-send", MAKER, {"external_userids": [customer_id(0)]}).status == 409


def test_stopping_the_whole_bank_takes_back_what_waits_and_it_goes_on_afterwards(bank: CampaignBank) -> None:
    path = scheduled(bank, "k1")
    bank.pass_time(20 * MINUTES)
    before = sums(path)["tasks_confirmable"]
    stop = {"version": 0, "settings": {"sending_stopped": True}}
    assert call("PUT", "/v1/settings/campaigns", HEAD_OFFICE, stop).status == 200
    campaign_settings.reset()
    bank.pass_time(10 * MINUTES)
    bank.wecom.confirm_all()
    bank.pass_time(10 * MINUTES)
    stopped = sums(path)

    again = {"version": 1, "settings": {"sending_stopped": False}}
    assert call("PUT", "/v1/settings/campaigns", HEAD_OFFICE, again).status == 200
    campaign_settings.reset()
    bank.pass_time(20 * MINUTES)
    bank.wecom.confirm_all()
    bank.pass_time(60 * MINUTES)

    assert (before, stopped["tasks_confirmable"], stopped["pending"]) == (1, 0, CUSTOMERS)
    assert len(bank.wecom.creations) == 2
    assert sums(path)["by_state"] == {"sent": CUSTOMERS}
