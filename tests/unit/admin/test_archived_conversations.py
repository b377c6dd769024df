"""Archived conversations through the API: who finds, reads, unmasks and holds them, and what is kept of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from scrm.archive.exports import ExportState
from tests.admin_api import BRANCH_10, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.archive_desk import said

COMPLIANCE = {"sub": "op-compliance", "scrm_node": "1", "scrm_roles": "[compliance]"}
SECOND = {**COMPLIANCE, "sub": "op-second"}
AUDITOR = {"sub": "op-auditor", "scrm_node": "1", "scrm_roles": "[auditor]"}
COMPLIANCE_20 = {"sub": "op-compliance-20", "scrm_node": "20", "scrm_roles": "[compliance]"}
DAYS = {"first_day": "2026-11-26", "last_day": "2026-11-26", "reason": "投诉核查"}
SECRET_TEXT = "我的手机13812345678，密码abc123"


def ask(api: Api, method: str, path: str, claims: Mapping[str, str], body: Any = None, key: str = "k") -> Reply:
    headers = {"idempotency-key": key} if method == "POST" else {}
    return api.send(Request(f"/v1/archive/{path}", method, claims=claims, headers=headers, body=body))


@pytest.fixture
def spoken(api: Api) -> Api:
    api.compliance.spoken.keep(said(0, "您好"), said(1, SECRET_TEXT), node_path="/1/10/12/")
    return api


def found(api: Api, claims: Mapping[str, str], **more: Any) -> list[dict[str, Any]]:
    reply = ask(api, "POST", "messages", claims, {**DAYS, **more})
    assert reply.status == 200, reply.body
    items: list[dict[str, Any]] = reply.body["items"]
    return items


def test_a_message_is_found_read_and_unmasked_and_each_step_is_on_record(spoken: Api) -> None:
    (row,) = found(spoken, COMPLIANCE, words=["手机"], parties=["wmA1"])
    shown = ask(spoken, "GET", f"messages/{row['message_id']}", AUDITOR)
    readable = ask(spoken, "POST", f"messages/{row['message_id']}/unmasking", COMPLIANCE, {"reason": "监管要求"})

    assert row["text"] == "我的手机138****5678，密码******"
    assert (shown.body["texts"], shown.body["cover"], shown.body["kind_name"]) == ([row["text"]], "all", "文本")
    assert readable.body["texts"] == ["我的手机13812345678，密码******"]
    kinds = [(each.kind, each.actor, each.reason) for each in spoken.compliance.accesses.kept]
    assert kinds == [
        ("searched", "operator:op-compliance", "投诉核查"),
        ("read", "operator:op-auditor", ""),
        ("unmasked", "operator:op-compliance", "监管要求"),
    ]
    entries = [(entry.action, entry.subject) for entry in spoken.audited()]
    assert ("archive.unmasked", spoken.compliance.accesses.kept[2].access_id) in entries
    assert ("api.post.archive.messages.unmasking", row["message_id"]) in entries
    assert "13812345678" not in repr(spoken.audited())


def test_a_customer_is_found_by_the_banks_number_which_no_record_has(spoken: Api) -> None:
    spoken.compliance.numbered = {"60012345": ("wmA1", "wmA9")}

    assert len(found(spoken, COMPLIANCE, customer_number="60012345")) == 2
    assert spoken.compliance.accesses.kept[-1].asked["any_party"] == ["wmA1", "wmA9"]
    assert found(spoken, COMPLIANCE, customer_number="60019999") == []
    assert ask(spoken, "POST", "messages", COMPLIANCE, {**DAYS, "customer_number": "12 34"}).status == 422

    assert spoken.compliance.accesses.kept[-1].asked["any_party"] == ["-"]
    assert "60012345" not in repr((spoken.compliance.accesses.kept, spoken.audited()))


def test_who_may_not_read_reads_nothing_and_who_may_not_unmask_sees_it_covered(spoken: Api) -> None:
    (_, row) = found(spoken, HEAD_OFFICE)
    unmasking = f"messages/{row['message_id']}/unmasking"

    assert ask(spoken, "POST", "messages", BRANCH_10, DAYS).status == 403
    assert ask(spoken, "GET", f"messages/{row['message_id']}", BRANCH_10).status == 403
    for claims in (HEAD_OFFICE, AUDITOR, BRANCH_10):
        assert ask(spoken, "POST", unmasking, claims, {"reason": "想看看"}).status == 403
    assert ask(spoken, "POST", unmasking, COMPLIANCE, {}).status == 422
    assert {each.kind for each in spoken.compliance.accesses.kept} == {"searched"}


def test_another_branch_finds_nothing_and_cannot_name_it(spoken: Api) -> None:
    (row, _) = found(spoken, COMPLIANCE)

    assert found(spoken, COMPLIANCE_20) == []
    assert ask(spoken, "POST", "messages", COMPLIANCE_20, {**DAYS, "node_id": "10"}).status == 404
    for path, method in ((f"messages/{row['message_id']}", "GET"), ("messages/nonsense", "GET")):
        assert ask(spoken, method, path, COMPLIANCE_20).status == 404
    assert len(found(spoken, COMPLIANCE, node_id="12")) == 2


def test_pages_of_a_search_go_on_and_what_cannot_be_searched_is_told(spoken: Api) -> None:
    first = ask(spoken, "POST", "messages", COMPLIANCE, {**DAYS, "limit": 1}).body
    second = ask(spoken, "POST", "messages", COMPLIANCE, {**DAYS, "limit": 1, "cursor": first["cursor"]}).body
    long_ago = ask(spoken, "POST", "messages", COMPLIANCE, {**DAYS, "first_day": "2026-01-01"})

    assert [row["text"] for row in first["items"] + second["items"]] == ["您好", "我的手机138****5678，密码******"]
    assert second["cursor"] is None
    assert (long_ago.status, "31 days" in long_ago.body["detail"]) == (422, True)
    assert ask(spoken, "POST", "messages", COMPLIANCE, {**DAYS, "cursor": "!"}).status == 400
    assert ask(spoken, "POST", "messages", COMPLIANCE, {**DAYS, "reason": ""}).status == 422


def test_what_cannot_be_put_on_record_is_not_shown(spoken: Api) -> None:
    spoken.compliance.accesses.is_broken = True

    assert ask(spoken, "POST", "messages", COMPLIANCE, DAYS).status == 500


def test_who_read_what_is_listed_for_whoever_may_read(spoken: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    found(spoken, COMPLIANCE, words=["保本"])
    day = spoken.compliance.accesses.kept[0].at
    today = spoken.send(Request("/v1/archive/accesses", claims=AUDITOR)).body["items"]

    assert [(row["kind"], row["asked"]["words"], row["found"]) for row in today] == [("searched", ["保本"], 0)]
    earlier = Request("/v1/archive/accesses", claims=AUDITOR, query={"day": f"{day.year - 1}-01-01"})
    assert spoken.send(earlier).body == {"items": [], "cursor": None}
    assert spoken.send(Request("/v1/archive/accesses", claims=BRANCH_10)).status == 403


def test_a_hold_is_placed_by_one_and_lifted_by_two(api: Api) -> None:
    body = {"external_userid": "wmA1", "first_day": "2026-01-01", "reason": "立案调查"}
    placed = ask(api, "POST", "holds", COMPLIANCE, body)
    again = ask(api, "POST", "holds", COMPLIANCE, body)
    path = f"holds/{placed.body['hold_id']}"
    early = ask(api, "POST", f"{path}/confirm-lift", SECOND)
    asked = ask(api, "POST", f"{path}/lift", COMPLIANCE, {"reason": "已结案"})
    own = ask(api, "POST", f"{path}/confirm-lift", COMPLIANCE)
    lifted = ask(api, "POST", f"{path}/confirm-lift", SECOND)

    assert (placed.status, placed.body["state"], again.body["hold_id"]) == (201, "active", placed.body["hold_id"])
    assert (early.status, asked.body["state"], own.status, lifted.body["state"]) == (409, "lifting", 409, "lifted")
    assert [row["state"] for row in ask(api, "GET", "holds", AUDITOR).body["items"]] == ["lifted"]
    assert ask(api, "GET", path, COMPLIANCE_20).status == 404
    assert ask(api, "POST", "holds", HEAD_OFFICE, body).status == 403
    assert ask(api, "POST", "holds", COMPLIANCE, {"reason": "无范围"}).status == 409
    assert ask(api, "POST", f"{path}/keep", SECOND).status == 409


def test_a_wish_to_delete_is_recorded_by_the_branch_and_restricted_by_compliance(api: Api) -> None:
    recorded = ask(api, "POST", "deletion-requests", BRANCH_10, {"external_userid": "wmA1", "wish": "请删除聊天记录"})
    path = f"deletion-requests/{recorded.body['request_id']}"
    refused = ask(api, "POST", f"{path}/restrict", BRANCH_10, {"reason": "留存期内"})
    restricted = ask(api, "POST", f"{path}/restrict", COMPLIANCE, {"reason": "留存期内"})

    assert (recorded.status, recorded.body["state"], refused.status) == (201, "recorded", 403)
    assert (restricted.body["state"], restricted.body["grounds"]) == ("restricted", ["retention"])
    assert restricted.body["possible_from"] > "2031"
    assert ask(api, "GET", path, COMPLIANCE_20).status == 404
    assert [row["wish"] for row in ask(api, "GET", "deletion-requests", BRANCH_10).body["items"]] == ["请删除聊天记录"]
    assert ask(api, "POST", f"{path}/withdraw", AUDITOR, {"reason": "客户撤回"}).status == 403
    assert ask(api, "POST", f"{path}/withdraw", BRANCH_10, {"reason": "客户撤回"}).body["state"] == "withdrawn"


def test_retention_is_extended_by_head_office_and_never_shortened(api: Api) -> None:
    def put(claims: Mapping[str, str], version: int, **days: int) -> Reply:
        return ask(api, "PUT", "retention", claims, {"version": version, "settings": days})

    before = ask(api, "GET", "retention", BRANCH_10).body
    longer = put(HEAD_OFFICE, 0, chat_days=3650)
    shorter = put(HEAD_OFFICE, 1, chat_days=3649)

    assert before["days"] == {"chat": 1827, "media": 1827, "certificate": 1827}
    assert longer.body["days"] == {"chat": 3650, "media": 1827, "certificate": 1827}
    assert (shorter.status, shorter.body["type"]) == (409, "urn:scrm:problem:retention-shortened")
    assert put(HEAD_OFFICE, 0, chat_days=4000).status == 409
    assert put(BRANCH_10, 1, chat_days=4000).status == 403
    assert put(HEAD_OFFICE, 1, chat_days=3650, media_days=100).body["days"]["media"] == 1827


def test_an_export_is_asked_by_one_approved_by_another_written_and_downloaded_on_record(spoken: Api) -> None:
    body = {"search": {**DAYS, "limit": 7}}
    asked = ask(spoken, "POST", "exports", COMPLIANCE, body)
    again = ask(spoken, "POST", "exports", COMPLIANCE, {"search": {**DAYS, "limit": 8}})
    path = f"exports/{asked.body['export_id']}"
    own = ask(spoken, "POST", f"{path}/approve", COMPLIANCE, {})
    early = ask(spoken, "GET", f"{path}/download", COMPLIANCE)
    approved = ask(spoken, "POST", f"{path}/approve", SECOND, {"note": "同意"})

    assert spoken.compliance.write_exports() == [ExportState.READY]
    ready = ask(spoken, "GET", path, AUDITOR).body
    link = spoken.send(Request(f"/v1/archive/{path}/download", claims=AUDITOR, query={"name": "messages.jsonl"}))
    unknown = spoken.send(Request(f"/v1/archive/{path}/download", claims=AUDITOR, query={"name": "../x"}))

    assert (asked.status, again.body["export_id"], own.status, early.status) == (201, asked.body["export_id"], 409, 409)
    assert (approved.body["state"], ready["state"], ready["messages"]) == ("approved", "ready", 2)
    assert ready["files"] == ["conversation-00001.html", "manifest.json", "messages.jsonl"]
    assert (link.status, unknown.status) == (200, 404)
    assert link.body["url"].endswith(f"{asked.body['export_id']}/messages.jsonl")
    (access,) = spoken.compliance.accesses.kept
    assert (access.kind, access.asked["file"]) == ("export_read", "messages.jsonl")
    assert ask(spoken, "GET", path, COMPLIANCE_20).status == 404
    assert [row["state"] for row in ask(spoken, "GET", "exports", AUDITOR).body["items"]] == ["ready"]


def test_an_export_with_readable_numbers_is_for_compliance_alone(spoken: Api) -> None:
    body = {"search": DAYS, "covered": False}

    assert ask(spoken, "POST", "exports", AUDITOR, body).status == 403
    assert ask(spoken, "POST", "exports", AUDITOR, {"search": DAYS, "with_media": True}).status == 403
    assert ask(spoken, "POST", "exports", BRANCH_10, {"search": DAYS}).status == 403
    asked = ask(spoken, "POST", "exports", COMPLIANCE, body).body
    path = f"exports/{asked['export_id']}"
    assert ask(spoken, "POST", f"{path}/approve", AUDITOR, {}).status == 403
    assert ask(spoken, "POST", f"{path}/approve", SECOND, {}).body["state"] == "approved"
    spoken.compliance.write_exports()
    assert ask(spoken, "GET", f"{path}/download", AUDITOR).status == 403
    assert ask(spoken, "GET", f"{path}/download", COMPLIANCE).status == 200
    refused = ask(spoken, "POST", "exports", COMPLIANCE, {"search": DAYS}, key="k2").body
    assert ask(spoken, "POST", f"exports/{refused['export_id']}/refuse", SECOND, {}).body["state"] == "refused"
    long_ago = {"search": {**DAYS, "first_day": "2026-01-01"}}
    assert ask(spoken, "POST", "exports", COMPLIANCE, long_ago, key="k3").status == 422


def test_working_hours_are_the_banks(api: Api) -> None:
    def put(claims: Mapping[str, str], version: int, **settings: Any) -> Reply:
        body = {"version": version, "settings": settings}
        return api.send(Request("/v1/settings/service", "PUT", claims=claims, body=body))

    before = api.send(Request("/v1/settings/service", claims=BRANCH_10)).body
    changed = put(HEAD_OFFICE, 0, opens="08:30", working_weekends=["2026-10-10"])

    assert (before["settings"]["opens"], before["settings"]["closes"]) == ("09:00:00", "18:00:00")
    assert (changed.body["version"], changed.body["settings"]["opens"]) == (1, "08:30:00")
    assert put(BRANCH_10, 1).status == 403
    assert put(HEAD_OFFICE, 0).status == 409
    assert put(HEAD_OFFICE, 1, opens="19:00").status == 422
