"""Rules of welcome messages through the API: who sets them, and with what content (S55, S56)."""

from typing import Any

import pytest

from scrm.content.model import Scene, Variant
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.content import HEAD_OFFICE_MAKER, LABEL, a_draft

SUB_BRANCH = {**BRANCH_10, "scrm_node": "12"}
RM = {**BRANCH_10, "scrm_roles": "[rm]"}


@pytest.fixture
def activity_id(api: Api) -> str:
    """Released by head office, with a one-to-one variant."""
    words = ((Scene.ONE_TO_ONE, Variant(f"{LABEL} 欢迎")),)
    return api.library.released(a_draft(variants=words, product_id=""), "welcome", HEAD_OFFICE_MAKER).activity_id


def put(api: Api, activity_id: str, node_id: str = "10", claims: Any = BRANCH_10, **more: Any) -> Reply:
    body = {"activity_id": activity_id, "version": 1, **more}
    return api.send(Request(f"/v1/welcome-rules/{node_id}", "PUT", claims=claims, body=body))


def listed(api: Api, claims: Any = BRANCH_10, **query: str) -> list[tuple[str, str, int]]:
    items = api.send(Request("/v1/welcome-rules", claims=claims, query=query)).body["items"]
    return [(row["node_id"], row["state"], row["revision"]) for row in items]


def test_rules_of_a_node_come_before_those_above_it(api: Api, activity_id: str) -> None:
    put(api, activity_id, "1", HEAD_OFFICE)
    stored = put(api, activity_id, "12")
    put(api, activity_id, state="qr")

    assert (stored.status, stored.body["set_by"], stored.body["revision"]) == (200, "operator:op-branch-10", 1)
    assert listed(api, node_id="12") == [("12", "", 1), ("10", "qr", 1), ("1", "", 1)]
    assert listed(api, BRANCH_20) == [("1", "", 1)]
    assert [entry.action for entry in api.audited("10")].count("welcome.set") == 2


def test_a_rule_is_changed_only_over_what_was_read(api: Api, activity_id: str) -> None:
    put(api, activity_id)

    assert put(api, activity_id).status == 409
    assert put(api, activity_id, revision=1).body["revision"] == 2


def test_a_rule_is_removed_once(api: Api, activity_id: str) -> None:
    put(api, activity_id, state="qr")
    removal = Request("/v1/welcome-rules/10", "DELETE", claims=BRANCH_10, query={"state": "qr"})

    assert (api.send(removal).status, listed(api), api.send(removal).status) == (200, [], 404)
    assert "welcome.removed" in [entry.action for entry in api.audited("10")]


@pytest.mark.parametrize(
    ("claims", "node_id", "status"), [(RM, "10", 403), (SUB_BRANCH, "12", 403), (BRANCH_20, "10", 404)]
)
def test_only_operators_of_head_office_and_branches_set_rules_of_their_nodes(
    api: Api, activity_id: str, claims: dict[str, str], node_id: str, status: int
) -> None:
    assert put(api, activity_id, node_id, claims).status == status


def test_only_released_content_without_a_product_greets(api: Api, activity_id: str) -> None:
    words = ((Scene.ONE_TO_ONE, Variant(f"{LABEL} 欢迎")),)
    of_product = api.library.released(
        a_draft(variants=words, product_id="fund_01"), "product", HEAD_OFFICE_MAKER
    ).activity_id

    assert put(api, "act_unknown").body["type"] == "urn:scrm:problem:content-refused"
    assert put(api, activity_id, version=2).status == 409
    assert put(api, of_product).status == 409
    assert put(api, activity_id, state="字" * 31).status == 422
