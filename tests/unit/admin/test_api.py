import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrm.handover.edges import EdgeState
from scrm.handover.model import CaseState
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, NODES, Api, Request, case, edge, rejection

CASE = case(1)
CASE_ID = CASE.summary.case_id


def test_a_branch_lists_its_own_cases_and_those_below_it_newest_first(api: Api) -> None:
    api.cases.cases = [case(1, "10"), case(2, "12"), case(3, "20"), case(4, "100"), case(5, "1")]

    reply = api.send(Request("/v1/cases", claims=BRANCH_10))

    assert reply.status == 200
    assert [item["node_name"] for item in reply.body["items"]] == ["浦东支行", "上海分行"]


@given(node_id=st.sampled_from(sorted(NODES)), owners=st.lists(st.sampled_from(sorted(NODES)), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_nobody_sees_a_case_outside_his_node_by_any_operation(api: Api, node_id: str, owners: list[str]) -> None:
    api.cases.cases = [case(number, owner) for number, owner in enumerate(owners)]
    claims = {"sub": "op-1", "scrm_node": node_id, "scrm_roles": "[operator]"}
    own = NODES[node_id].path

    listed = api.send(Request("/v1/cases", claims=claims, query={"limit": "100"})).body["items"]
    visible = {item.summary.case_id for item in api.cases.cases if item.summary.node_path.startswith(own)}

    assert {item["case_id"] for item in listed} == visible
    for found in api.cases.cases:
        for part in ("", "/edges", "/groups", "/certificate"):
            reply = api.send(Request(f"/v1/cases/{found.summary.case_id}{part}", claims=claims))
            assert reply.status == (200 if found.summary.case_id in visible else 404)


def test_a_case_of_another_branch_looks_exactly_like_one_that_does_not_exist(api: Api) -> None:
    api.cases.cases = [CASE]

    foreign = api.send(Request(f"/v1/cases/{CASE_ID}", claims=BRANCH_20))
    unknown = api.send(Request("/v1/cases/case_unknown", claims=BRANCH_20))

    assert foreign == unknown
    assert foreign.status == 404


def test_a_case_is_told_with_its_signals_and_times_in_utc_with_milliseconds(api: Api) -> None:
    api.cases.cases = [CASE]

    body = api.send(Request(f"/v1/cases/{CASE_ID}")).body

    assert body["summary"]["opened_at"] == "2026-11-21T08:01:00.000Z"
    assert body["summary"]["customers"] == {"total": 3, "by_state": {"done": 2, "manual": 1}}
    assert [signal["event_id"] for signal in body["signals"]] == ["hr-1"]


def test_lists_filter_by_state_and_node(api: Api) -> None:
    api.cases.cases = [case(1, "10"), case(2, "12", CaseState.CLOSED), case(3, "12")]

    closed = api.send(Request("/v1/cases", query={"state": "closed"})).body["items"]
    below = api.send(Request("/v1/cases", query={"node_id": "12"}, claims=BRANCH_10)).body["items"]

    of_member = api.send(Request("/v1/cases", query={"member": case(1).summary.handover_userid.upper()})).body["items"]
    nobodys = api.send(Request("/v1/cases", query={"member": "rm_nobody"})).body["items"]

    assert {item["handover_userid"] for item in of_member} == {case(1).summary.handover_userid}
    assert nobodys == []
    assert [item["case_id"] for item in closed] == [case(2).summary.case_id]
    assert [item["case_id"] for item in below] == [case(3).summary.case_id, case(2).summary.case_id]


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/rejections", "/v1/audit"])
@pytest.mark.parametrize("node_id", ["20", "1", "999"])
def test_a_list_of_a_node_outside_the_callers_is_not_found(api: Api, path: str, node_id: str) -> None:
    reply = api.send(Request(path, query={"node_id": node_id}, claims=BRANCH_10))

    assert (reply.status, reply.body["type"]) == (404, "urn:scrm:problem:not-found")


def test_edges_and_groups_are_paged_to_the_end_by_their_cursor(api: Api) -> None:
    api.cases.cases = [CASE]
    api.cases.edges = {CASE_ID: [edge(f"wm{n}") for n in range(5)]}
    api.cases.groups = {CASE_ID: [edge("wr1", EdgeState.MANUAL)]}

    found, cursor = [], None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        body = api.send(Request(f"/v1/cases/{CASE_ID}/edges", query=query)).body
        found += [item["target_id"] for item in body["items"]]
        cursor = body["cursor"]
    groups = api.send(Request(f"/v1/cases/{CASE_ID}/groups", query={"state": "manual"})).body["items"]

    assert (found, cursor) == ([f"wm{n}" for n in range(5)], None)
    assert groups[0]["owner_userid"] == "mgr_shanghai"
    assert groups[0]["due_at"] == "2026-11-21T08:00:00.000Z"


def test_rejections_of_the_callers_nodes_are_listed_without_their_content(api: Api) -> None:
    api.org.rejected = [rejection(1, "/1/"), rejection(2, "/1/10/")]

    mine = api.send(Request("/v1/rejections", claims=BRANCH_10)).body["items"]
    every = api.send(Request("/v1/rejections")).body["items"]

    assert [found["rejection_id"] for found in mine] == ["rej_2"]
    assert len(every) == 2
    review = {"state", "reviewed_by", "reviewed_at", "note"}
    assert set(mine[0]) == {"rejection_id", "source", "received_at", "reason", "event_id"} | review


def test_the_caller_learns_who_he_is_to_the_api(api: Api) -> None:
    body = api.send(Request("/v1/me", claims=BRANCH_10)).body

    assert body == {
        "subject": "op-branch-10",
        "node": {"node_id": "10", "name": "上海分行", "path": "/1/10/"},
        "roles": ["operator"],
    }


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": "op"},
        {"sub": "op", "scrm_node": "10"},
        {"sub": "op", "scrm_node": "10", "scrm_roles": "[]"},
        {"sub": "op", "scrm_node": "10", "scrm_roles": "[root]"},
        {"sub": "op", "scrm_node": "999", "scrm_roles": "[operator]"},
        {"scrm_node": "10", "scrm_roles": "[operator]"},
        {"sub": "王 经理", "scrm_node": "10", "scrm_roles": "[operator]"},
        {"sub": "op", "scrm_node": "", "scrm_roles": "[operator]"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/cases", "/v1/me", "/v1/nothing"])
def test_a_token_without_a_known_node_and_role_sees_nothing(api: Api, claims: dict[str, str], path: str) -> None:
    api.cases.cases = [CASE]

    reply = api.send(Request(path, claims=claims))

    assert (reply.status, reply.body["type"]) == (403, "urn:scrm:problem:not-allowed")
    assert [(entry.actor, entry.outcome) for entry in api.audited()] == [("operator:unknown", "not_allowed")]


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        (Request("/v1/nothing"), 404, "not-found"),
        (Request("/v1/cases", method="DELETE"), 404, "not-found"),
        (Request("/v1/cases", query={"cursor": "not one of ours"}), 400, "invalid-cursor"),
        (Request("/v1/audit", query={"cursor": "not one of ours"}), 400, "invalid-cursor"),
        (Request("/v1/cases", query={"state": "sleeping"}), 422, "invalid-request"),
        (Request("/v1/cases", query={"limit": "0"}), 422, "invalid-request"),
        (Request("/v1/cases", query={"limit": "101"}), 422, "invalid-request"),
        (Request("/v1/cases", query={"cursor": "x" * 3000}), 422, "invalid-request"),
        (Request("/v1/syncs", method="POST", body={}), 422, "invalid-request"),
        (Request("/v1/syncs", "POST", headers={"idempotency-key": ""}, body={}), 422, "invalid-request"),
        (Request("/v1/syncs", "POST", headers={"idempotency-key": "k"}, body="{"), 422, "invalid-request"),
        (Request("/v1/syncs", "POST", headers={"idempotency-key": "k"}, body={"scope": "me"}), 422, "invalid-request"),
        (Request("/v1/syncs", "POST", headers={"idempotency-key": "k"}), 422, "invalid-request"),
        (
            Request("/v1/syncs", "POST", headers={"idempotency-key": "k", "content-type": "text/csv"}),
            415,
            "unsupported-media-type",
        ),
        (Request("/v1/syncs", "POST", {}, BRANCH_10, {"idempotency-key": "k"}, {}), 403, "not-allowed"),
    ],
)
def test_every_error_is_a_problem_and_repeats_no_input(api: Api, request_: Request, status: int, kind: str) -> None:
    reply = api.send(request_)

    assert (reply.status, reply.content_type) == (status, "application/problem+json")
    assert reply.body["type"] == f"urn:scrm:problem:{kind}"
    assert reply.body["status"] == status
    assert reply.body["detail"].endswith(".")
    assert not any(value in str(reply.body) for value in ("sleeping", "not one of ours", "xxxx"))


def test_an_invalid_request_says_where(api: Api) -> None:
    body = api.send(Request("/v1/cases", query={"limit": "0", "state": "sleeping"})).body

    assert {(found["where"], found["kind"]) for found in body["fields"]} == {
        ("query.limit", "greater_than_equal"),
        ("query.state", "enum"),
    }


def test_an_unexpected_failure_is_a_problem_that_tells_nothing_of_the_inside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("customer 13800138000 broke it")

    monkeypatch.setattr(api.cases, "list_cases", fail)

    reply = api.send(Request("/v1/cases"))

    assert (reply.status, reply.content_type) == (500, "application/problem+json")
    assert "13800138000" not in str(reply.body)
    assert [entry.outcome for entry in api.audited()] == ["failed"]


def test_an_answer_that_cannot_be_audited_is_not_given(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.cases.cases = [CASE]
    monkeypatch.setattr(api.audit, "append", _unavailable)

    reply = api.send(Request("/v1/cases"))

    assert reply.status == 500
    assert CASE_ID not in str(reply.body)


def test_the_organisation_being_unreachable_is_a_problem_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.org, "node", _unavailable)

    reply = api.send(Request("/v1/cases"))

    assert (reply.status, reply.content_type) == (500, "application/problem+json")


def _unavailable(*_arguments: object, **_named: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://dynamodb")


def test_every_request_is_audited_in_the_chain_of_the_callers_branch(api: Api) -> None:
    api.cases.cases = [CASE]

    for path in ("/v1/me", "/v1/cases", f"/v1/cases/{CASE_ID}", f"/v1/cases/{CASE_ID}/edges", "/v1/cases/none"):
        api.send(Request(path, claims=BRANCH_10))
    api.send(Request("/v1/cases", query={"limit": "0"}, claims=BRANCH_10))
    entries = api.send(Request("/v1/audit", claims=BRANCH_10)).body["items"]

    assert [(entry["action"], entry["subject"], entry["outcome"]) for entry in reversed(entries)] == [
        ("api.get.me", "node:10", "done"),
        ("api.get.cases", "node:10", "done"),
        ("api.get.cases", CASE_ID, "done"),
        ("api.get.cases.edges", CASE_ID, "done"),
        ("api.get.cases", "none", "not_found"),
        ("api.get.cases", "node:10", "invalid"),
    ]
    assert {entry["actor"] for entry in entries} == {"operator:op-branch-10"}


def test_a_branch_reads_no_other_branchs_audit_entries(api: Api) -> None:
    for claims in (BRANCH_10, BRANCH_20, HEAD_OFFICE):
        api.send(Request("/v1/me", claims=claims))

    branch = api.send(Request("/v1/audit", claims=BRANCH_10)).body["items"]
    everyone = api.send(Request("/v1/audit", claims=HEAD_OFFICE)).body["items"]

    assert {entry["actor"] for entry in branch} == {"operator:op-branch-10"}
    assert len({entry["actor"] for entry in everyone}) == 3


@pytest.mark.parametrize("path", ["/v1/cases/x y", "/v1/" + "a" * 300, "/v1/客户", "/v1/cases/a/b/c/d/e", "/v1//"])
def test_a_hostile_path_is_audited_without_repeating_it(api: Api, path: str) -> None:
    reply = api.send(Request(path))

    assert reply.status == 404
    assert [(entry.action, entry.subject) for entry in api.audited()] == [("api.get.unknown", "node:1")]
