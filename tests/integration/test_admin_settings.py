"""Settings through the real handler on moto: in force at once, kept, refused outside their ranges."""

from typing import Any

import pytest

from scrm.aws import session
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table
from scrm.runtime.wiring import admin_api as wiring
from tests.admin_api import AT, BRANCH_10, HEAD_OFFICE, Request, sample
from tests.integration import admin_stack as admin

schemas, stack = admin.schemas, admin.stack


def test_changed_settings_are_in_force_and_kept_with_who_changed_them(stack: admin.Stack) -> None:
    before = stack.send(sample("get_handover_settings")).body
    changed = stack.send(sample("put_handover_settings"))
    again = stack.send(sample("put_handover_settings"))
    body = {"version": 0, "settings": {"rounds": 4}}
    late = stack.send(Request("/v1/settings/handover", "PUT", body=body).event())

    assert (before["version"], before["given"], before["settings"]["approval_above"]) == (0, [], 200)
    assert (changed.body["version"], changed.body["given"]) == (1, ["approval_above", "confirmation_wait"])
    assert changed.body["settings"] | {"approval_above": 500, "confirmation_wait": "P2D"} == changed.body["settings"]
    assert again.body == changed.body
    assert (late.status, late.body["type"]) == (409, "urn:scrm:problem:settings-conflict")
    entries = stack.send(sample("list_audit") | {"queryStringParameters": {}}).body["items"]
    assert [(e["actor"], e["subject"]) for e in entries if e["action"] == "settings.changed"] == [
        ("operator:op-head-office", "settings:handover:1")
    ]


@pytest.mark.parametrize(
    ("claims", "settings", "status"),
    [
        (BRANCH_10, {"rounds": 3}, 403),
        ({"sub": "op-1", "scrm_node": "1", "scrm_roles": "[auditor]"}, {"rounds": 3}, 403),
        (HEAD_OFFICE, {"rounds": 0}, 422),
        (HEAD_OFFICE, {"groups_per_day": 900}, 422),
        (HEAD_OFFICE, {"four_eyes": ["everything"]}, 422),
    ],
)
def test_settings_are_changed_by_head_office_and_within_their_ranges(
    stack: admin.Stack, claims: dict[str, str], settings: dict[str, Any], status: int
) -> None:
    asked = Request("/v1/settings/handover", "PUT", claims=claims, body={"version": 0, "settings": settings})

    assert stack.send(asked.event()).status == status
    assert stack.send(sample("get_handover_settings")).body["version"] == 0


def test_a_stored_document_that_does_not_fit_is_told_and_can_be_replaced(stack: admin.Stack) -> None:
    store = DynamoSettingsStore(Table(session.client("dynamodb"), "platform"))
    assert store.write("handover", {"rounds": "many"}, 0, "by hand", AT)

    found = stack.send(sample("get_handover_settings")).body
    body = {"version": found["version"], "settings": {"rounds": 3}}
    repaired = stack.send(Request("/v1/settings/handover", "PUT", body=body).event()).body

    assert (found["is_valid"], found["given"], found["settings"]["rounds"]) == (False, ["rounds"], 2)
    assert (repaired["version"], repaired["is_valid"], repaired["settings"]["rounds"]) == (2, True, 3)


def test_settings_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIT_TABLE")
    monkeypatch.setenv("ORG_TABLE", "")
    wiring.reset()

    with pytest.raises(Exception, match="ORG_TABLE, AUDIT_TABLE"):
        wiring.settings()
