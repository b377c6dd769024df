"""Rules of automatic tags through the API: one person writes, another releases (S22)."""

from typing import Any

import pytest

from scrm.runtime.tagging_joins import MAINTAINED_GROUPS
from scrm.tagging.model import Newcomer
from tests.admin_api import AT, BRANCH_10, BRANCH_20, Api, Reply, Request

CHECKER_10 = {**BRANCH_10, "sub": "checker-branch-10"}
SUB_BRANCH = {**BRANCH_10, "scrm_node": "12"}
RM = {**BRANCH_10, "scrm_roles": "[rm]"}
WISH = {"name": "大堂客户", "group": "来源", "tags": ["网点大堂"], "came_by": ["*"]}


def draft(api: Api, key: str = "k1", claims: Any = BRANCH_10, **more: Any) -> Reply:
    headers = {"idempotency-key": key}
    return api.send(Request("/v1/tag-rules", "POST", claims=claims, headers=headers, body={**WISH, **more}))


def change(api: Api, rule_id: str, revision: int = 1, claims: Any = BRANCH_10, **more: Any) -> Reply:
    body = {**WISH, "revision": revision, **more}
    return api.send(Request(f"/v1/tag-rules/{rule_id}", "PUT", claims=claims, body=body))


def step(api: Api, rule_id: str, name: str, revision: int = 1, claims: Any = CHECKER_10) -> Reply:
    headers, body = {"idempotency-key": f"{name}{revision}"}, {"revision": revision}
    return api.send(Request(f"/v1/tag-rules/{rule_id}/{name}", "POST", claims=claims, headers=headers, body=body))


def shown(api: Api, rule_id: str, claims: Any = BRANCH_10) -> Reply:
    return api.send(Request(f"/v1/tag-rules/{rule_id}", claims=claims))


def test_a_second_person_releases_the_very_words_he_read_and_anybody_retires_them(api: Api) -> None:
    made, again = draft(api), draft(api)
    rule_id = made.body["rule_id"]
    assert (made.status, again.body) == (201, made.body)

    assert step(api, rule_id, "release", claims=BRANCH_10).status == 409  # who wrote it
    assert change(api, rule_id, name="新名称").body["revision"] == 2
    assert step(api, rule_id, "release", 1).status == 409  # not what he read
    released = step(api, rule_id, "release", 2)
    assert (released.body["state"], released.body["released_by"]) == ("released", "operator:checker-branch-10")
    assert step(api, rule_id, "release", 2).status == 200  # the repeat of a lost answer

    assert change(api, rule_id, 3).status == 409
    assert step(api, rule_id, "retire", 3, BRANCH_10).body["state"] == "retired"
    assert step(api, rule_id, "release", 4).status == 409
    actions = [entry.action for entry in api.audited("10") if entry.action.startswith("tag_rule.")]
    assert actions == ["tag_rule.drafted", "tag_rule.changed", "tag_rule.released", "tag_rule.retired"]


def test_who_changed_the_words_last_does_not_release_them(api: Api) -> None:
    rule_id = draft(api).body["rule_id"]
    change(api, rule_id, claims=CHECKER_10, name="别的")

    assert step(api, rule_id, "release", 2, CHECKER_10).status == 409
    assert step(api, rule_id, "release", 2, BRANCH_10).status == 200


def test_a_branch_sees_and_steps_only_its_own_rules(api: Api) -> None:
    rule_id = draft(api, node_id="12").body["rule_id"]

    assert [row["rule_id"] for row in listed(api, BRANCH_10, node_id="12")] == [rule_id]
    assert listed(api, BRANCH_20) == []
    assert [shown(api, rule_id, claims).status for claims in (BRANCH_10, BRANCH_20)] == [200, 404]
    assert step(api, rule_id, "release", claims=BRANCH_20).status == 404


def listed(api: Api, claims: Any, **query: str) -> list[Any]:
    found: list[Any] = api.send(Request("/v1/tag-rules", claims=claims, query=query)).body["items"]
    return found


def test_how_many_it_tagged_is_shown_by_day(api: Api) -> None:
    rule_id = draft(api).body["rule_id"]
    api.tag_rules.count(api.tag_rules.rows[rule_id], Newcomer("rm_a", "wm1", "", AT))

    found = shown(api, rule_id).body
    assert (found["customers"], found["customers_by_day"]) == (1, {"2026-11-21": 1})


@pytest.mark.parametrize(
    "wish",
    [
        {"tags": []},
        {"tags": ["a", "a"]},
        {"tags": ["字" * 31]},
        {"came_by": ["字" * 31]},
        {"group": next(iter(MAINTAINED_GROUPS))},
        {"missing": "guess"},
    ],
)
def test_a_rule_that_cannot_be_is_refused(api: Api, wish: dict[str, Any]) -> None:
    assert (draft(api, **wish).status, api.tag_rules.rows) == (422, {})


@pytest.mark.parametrize("claims", [RM, SUB_BRANCH])
def test_only_operators_of_head_office_and_branches_write_rules(api: Api, claims: Any) -> None:
    rule_id = draft(api, node_id="12").body["rule_id"]

    assert draft(api, "k2", claims).status == 403
    assert change(api, rule_id, claims=claims).status == 403
    assert step(api, rule_id, "release", claims=claims).status == 403
    assert step(api, rule_id, "retire", claims=claims).status == 403
