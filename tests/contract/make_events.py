"""Writes ``events/wecom_callback/*.json``: one sample per trigger and case (``python -m tests.contract.make_events``).

`tests/contract/test_callback_events.py` fails when the committed files are not what this writes.
"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.callbacks import APP, Content, get, http_event, message, post

FOLDER = Path(__file__).parents[2] / "events" / "wecom_callback"
SENT_AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
RM, CUSTOMER, CHAT = "rm_wang", "wmSIM0000000000000000000000000A1", "wrSIM0000000000000000000000000C1"
_PAIR = {"UserID": RM, "ExternalUserID": CUSTOMER}
_PROFILE: dict[str, Content] = {
    "UserID": RM,
    "Name": "王示例",
    "Department": "11,12",
    "MainDepartment": "11",
    "IsLeaderInDept": "0,1",
    "DirectLeader": "head_zhao",
    "Position": "客户经理",
    "Gender": "1",
    "Status": "1",
    "Alias": "wang",
    "ExtAttr": [
        {"Name": "工号", "Type": "0", "Text": {"Value": "SIM0001"}},
        {"Name": "主页", "Type": "1", "Web": {"Title": "示例", "Url": "https://bank.example.com.cn/"}},
    ],
}
_EVENTS: dict[str, tuple[str, str, dict[str, Content]]] = {
    "add_external_contact": (
        "change_external_contact",
        "add_external_contact",
        {**_PAIR, "State": "branch-001", "WelcomeCode": "WelcomeCodeSample"},
    ),
    "add_half_external_contact": (
        "change_external_contact",
        "add_half_external_contact",
        {**_PAIR, "State": "branch-001", "WelcomeCode": "WelcomeCodeSample"},
    ),
    "edit_external_contact": ("change_external_contact", "edit_external_contact", {**_PAIR}),
    "del_external_contact": (
        "change_external_contact",
        "del_external_contact",
        {**_PAIR, "Source": "DELETE_BY_TRANSFER"},
    ),
    "del_follow_user": ("change_external_contact", "del_follow_user", {**_PAIR}),
    "transfer_fail": ("change_external_contact", "transfer_fail", {**_PAIR, "FailReason": "customer_refused"}),
    "msg_audit_approved": ("change_external_contact", "msg_audit_approved", {**_PAIR}),
    "chat_create": ("change_external_chat", "create", {"ChatId": CHAT}),
    "chat_update_add_member": (
        "change_external_chat",
        "update",
        {
            "ChatId": CHAT,
            "UpdateDetail": "add_member",
            "JoinScene": "3",
            "MemChangeCnt": "2",
            "MemChangeList": [CUSTOMER, "rm_li"],
            "LastMemVer": "9c3f97c2ada667dfb5f6d03308d963e1",
            "CurMemVer": "71217227bbd112ecfe3a49c482195cb4",
        },
    ),
    "chat_update_change_owner": ("change_external_chat", "update", {"ChatId": CHAT, "UpdateDetail": "change_owner"}),
    "chat_dismiss": ("change_external_chat", "dismiss", {"ChatId": CHAT}),
    "tag_create": ("change_external_tag", "create", {"Id": "etSIM000001", "TagType": "tag"}),
    "tag_shuffle": ("change_external_tag", "shuffle", {"Id": "etSIM000009"}),
    "create_user": ("change_contact", "create_user", _PROFILE),
    "update_user": ("change_contact", "update_user", {"UserID": RM, "NewUserID": "rm_wang2", "Department": "12"}),
    "delete_user": ("change_contact", "delete_user", {"UserID": RM}),
    "create_party": (
        "change_contact",
        "create_party",
        {"Id": "21", "Name": "示例支行", "ParentId": "11", "Order": "7"},
    ),
    "update_tag": (
        "change_contact",
        "update_tag",
        {"TagId": "3", "AddUserItems": "rm_wang,rm_li", "DelPartyItems": "9"},
    ),
    "msgaudit_notify": ("msgaudit_notify", "", {"AgentID": "2000004"}),
    "customer_acquisition": ("customer_acquisition", "friend_request", {"LinkId": "caSIM1", "State": "poster-1"}),
    "unknown_event": ("change_something_new", "created", {"Id": "x1", "Detail": {"Part": "1"}}),
}


def samples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Case name and HTTP event of every sample."""
    for case, (event, change_type, elements) in _EVENTS.items():
        yield case, post(message(SENT_AT, event, change_type, **elements), SENT_AT, seed=case)
    yield "url_check", get("1616140317555161061", SENT_AT, seed="url_check")
    plain = post(message(SENT_AT, "change_contact", "delete_user", UserID=RM), SENT_AT, seed="base64")
    body = base64.b64encode(plain["body"].encode()).decode()
    yield "delete_user_base64_body", {**plain, "body": body, "isBase64Encoded": True}
    query = {**plain["queryStringParameters"], "msg_signature": "0" * 40}
    yield "forged_signature", http_event("POST", query, SENT_AT, plain["body"], APP)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for case, event in samples():
        (FOLDER / f"{case}.json").write_text(render(event), encoding="utf-8")


def render(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    main()
