"""Nodes and rejections through the API: who may, what holds, what is refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.admin_api import AT, BRANCH_10, BRANCH_20, NODES, Api, Request, rejection

COMPLIANCE_10 = {**BRANCH_10, "scrm_roles": "[compliance]"}


def put(node_id: str, claims: Mapping[str, str] = BRANCH_10, **setting: Any) -> Request:
    return Request(f"/v1/nodes/{node_id}", "PUT", claims=claims, body={"version": 0} | setting)


def test_node_tells_what_is_set_and_what_holds(api: Api) -> None:
    api.send(put("10", lifecycle="pilot", mode="branch_direct_center", branch_code="SH-01"))

    branch = api.send(Request("/v1/nodes/10")).body
    below = api.send(Request("/v1/nodes/12")).body

    assert (branch["lifecycle"], branch["branch_code"], branch["version"]) == ("pilot", "SH-01", 1)
    assert (below["lifecycle"], below["mode"]) == (None, None)
    assert (below["effective_lifecycle"], below["effective_mode"]) == ("pilot", "branch_direct_center")
    assert [entry.action for entry in api.audited("10")][:1] == ["api.put.nodes"]
    assert [row["node_id"] for row in api.send(Request("/v1/nodes/10/children")).body["items"]] == ["12"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("node_id", ["10", "99"])
def test_node_of_another_branch_is_not_found(api: Api, method: str, node_id: str) -> None:
    body = {"version": 0} if method == "PUT" else None
    reply = api.send(Request(f"/v1/nodes/{node_id}", method, claims=BRANCH_20, body=body))

    assert reply.status == 404
    assert api.org.nodes["10"] == NODES["10"]


def test_repeat_changes_nothing_and_another_change_of_an_old_version_is_refused(api: Api) -> None:
    first, again = (api.send(put("10", lifecycle="pilot")) for _ in range(2))
    other = api.send(put("10", lifecycle="formal"))

    assert (first.status, again.status, again.body["version"]) == (200, 200, 1)
    assert (other.status, other.body["type"]) == (409, "urn:scrm:problem:node-not-changed")
    assert "read it again" in other.body["detail"]


def test_branch_code_belongs_to_one_node(api: Api) -> None:
    api.send(put("12", branch_code="SH-01"))

    assert api.send(put("10", branch_code="SH-01")).status == 409


@pytest.mark.parametrize(("name", "value"), [("mode", "elsewhere"), ("branch_code", "a b"), ("name", "other")])
def test_setting_that_does_not_exist_is_invalid(api: Api, name: str, value: str) -> None:
    request = Request("/v1/nodes/10", "PUT", body={"version": 0, name: value})

    assert api.send(request).status == 422


def test_only_those_who_decide_change_nodes_and_review_rejections(api: Api) -> None:
    api.org.rejected = [rejection(1, "/1/10/")]

    changed = api.send(put("10", COMPLIANCE_10, lifecycle="pilot"))
    reviewed = api.send(Request("/v1/rejections/rej_1/review", "PUT", claims=COMPLIANCE_10, body={}))

    assert (changed.status, reviewed.status) == (403, 403)


def test_rejection_is_reviewed_once_and_listed_as_such(api: Api) -> None:
    api.org.rejected = [rejection(1), replace(rejection(2), received_at=AT)]

    for note in ("HR sent it again", "too late"):
        reply = api.send(Request("/v1/rejections/rej_1/review", "PUT", body={"note": note}))
    still_open = api.send(Request("/v1/rejections", query={"state": "open"})).body["items"]

    assert (reply.body["state"], reply.body["note"], reply.body["reviewed_by"]) == (
        "reviewed",
        "HR sent it again",
        "operator:op-head-office",
    )
    assert [row["rejection_id"] for row in still_open] == ["rej_2"]


def test_rejection_of_another_branch_is_not_found(api: Api) -> None:
    api.org.rejected = [rejection(1, "/1/10/")]

    reply = api.send(Request("/v1/rejections/rej_1/review", "PUT", claims=BRANCH_20, body={}))

    assert reply.status == 404
