"""Contact ways through the API: who makes them, for whom, and over what was read (S55, S63)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scrm.org.model import Member, MemberStatus
from scrm.ways.model import Arrival
from tests.admin_api import AT, BRANCH_10, BRANCH_20, Api, Reply, Request

SUB_BRANCH = {**BRANCH_10, "scrm_node": "12"}
RM = {**BRANCH_10, "scrm_roles": "[rm]"}
WISH = {"name": "网点大堂", "userids": ["RM_A"]}


@pytest.fixture(autouse=True)
def staff(api: Api) -> None:
    for userid, path in (("rm_a", "/1/10/"), ("rm_b", "/1/10/12/"), ("rm_other", "/1/20/")):
        node_id = path.split("/")[-2]
        api.people.put_member(
            Member(userid, "", node_id, path, MemberStatus.ACTIVE, serves_customers=True, changed_at=AT)
        )
    api.people.node_rows = dict(api.org.nodes)


def create(api: Api, key: str = "k1", claims: Any = BRANCH_10, **more: Any) -> Reply:
    body = {**WISH, **more}
    headers = {"idempotency-key": key}
    return api.send(Request("/v1/contact-ways", "POST", claims=claims, headers=headers, body=body))


def change(api: Api, way_id: str, revision: int = 1, claims: Any = BRANCH_10, **more: Any) -> Reply:
    body = {**WISH, "revision": revision, **more}
    return api.send(Request(f"/v1/contact-ways/{way_id}", "PUT", claims=claims, body=body))


def end(api: Api, way_id: str, claims: Any = BRANCH_10) -> Reply:
    return api.send(Request(f"/v1/contact-ways/{way_id}", "DELETE", claims=claims))


def shown(api: Api, way_id: str, claims: Any = BRANCH_10) -> Reply:
    return api.send(Request(f"/v1/contact-ways/{way_id}", claims=claims))


def actions(api: Api) -> list[str]:
    found = [entry.action for entry in api.audited("10")]
    return [action for action in found if action.startswith("contact_way.")]


def test_a_way_is_made_once_for_a_key_and_told_to_the_worker(api: Api) -> None:
    made, again = create(api), create(api)

    assert (made.status, made.body) == (again.status, again.body)
    assert (made.status, made.body["state"], made.body["userids"]) == (201, "waiting", ["rm_a"])
    assert len(made.body["way_id"]) == 30
    assert api.way_news.told == [made.body["way_id"]]
    assert actions(api) == ["contact_way.created"]


def test_a_node_sees_its_ways_newest_first_and_no_other_branch_does(api: Api) -> None:
    first = create(api, "k1").body["way_id"]
    api.ways.rows[first] = replace(api.ways.rows[first], made_at=AT - timedelta(days=1))
    second = create(api, "k2").body["way_id"]
    below = create(api, "k3", node_id="12", userids=["rm_b"]).body["way_id"]

    listed = api.send(Request("/v1/contact-ways", claims=BRANCH_10)).body["items"]
    assert [row["way_id"] for row in listed] == [second, first]
    assert api.send(Request("/v1/contact-ways", claims=BRANCH_20)).body["items"] == []
    assert (shown(api, below).status, shown(api, below, BRANCH_20).status) == (200, 404)


def test_a_way_is_changed_only_over_what_was_read(api: Api) -> None:
    way_id = create(api).body["way_id"]

    assert change(api, way_id, name="新名称").body["revision"] == 2
    assert change(api, way_id, name="新名称").status == 200  # the repeat of a lost answer
    assert change(api, way_id, name="别人的").status == 409
    assert change(api, way_id, 2, claims=BRANCH_20).status == 404


def test_a_way_is_ended_for_good(api: Api) -> None:
    way_id = create(api).body["way_id"]

    assert (end(api, way_id).body["state"], end(api, way_id).status) == ("ended", 200)
    assert actions(api) == ["contact_way.created", "contact_way.ended"]


def test_customers_who_came_by_it_are_shown_by_day(api: Api) -> None:
    way_id = create(api).body["way_id"]
    api.ways.count(Arrival(way_id, "rm_a", "wm1", AT), api.ways.rows[way_id])

    found = shown(api, way_id).body
    assert (found["customers"], found["customers_by_day"]) == (1, {"2026-11-21": 1})


@pytest.mark.parametrize(
    "wish",
    [
        {"userids": []},
        {"userids": ["rm_other"], "kind": "multi"},
        {"userids": ["rm_a", "rm_b"]},
        {"userids": ["rm_a", "rm_a"], "kind": "multi"},
        {"userids": ["rm_nobody"]},
        {"userids": [], "department_ids": ["20"], "kind": "multi"},
        {"last_day": "2020-01-01"},
        {"name": "字" * 31},
        {"userids": [f"rm_{number}" for number in range(101)], "kind": "multi"},
    ],
)
def test_a_way_that_cannot_be_is_refused_with_the_reason(api: Api, wish: dict[str, Any]) -> None:
    refused = create(api, **wish)

    assert (refused.status, api.ways.rows) == (422, {})


@pytest.mark.parametrize(("claims", "status"), [(RM, 403), (SUB_BRANCH, 403)])
def test_only_operators_of_head_office_and_branches_make_ways(api: Api, claims: Any, status: int) -> None:
    way_id = create(api).body["way_id"]

    assert create(api, "k2", claims).status == status
    assert change(api, way_id, claims=claims).status == status
    assert end(api, way_id, claims).status == status


def test_departments_of_the_node_may_serve(api: Api) -> None:
    made = create(api, userids=["rm_a"], department_ids=["12"], kind="multi", scene="mini_program")

    assert (made.status, made.body["department_ids"], made.body["scene"]) == (201, ["12"], "mini_program")
