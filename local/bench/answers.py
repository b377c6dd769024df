"""What AWS and WeCom answer in the init measurement, so that each function's sample takes its usual path."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.bench.stored_campaign import CUSTOMERS, MSGID, OWNER, stored_items
from scrm.aws import case_items
from scrm.aws.table import to_item
from scrm.campaign.task import TaskState
from scrm.handover.model import CaseState, HandoverCase

CORP_ID = "wwSIMCORP0000001"
_SECRETS = {
    "scrm/callback": {
        "contacts": {"token": "SampleCallbackToken", "encoding_aes_key": "SampleEncodingAESKeyOfFortyThreeCharacters0"}
    },
    "scrm/wecom": {
        "corp_id": CORP_ID,
        "apps": {name: {"agent_id": 1000002, "secret": "SampleAppSecret"} for name in ("contacts", "archive")},
    },
    "scrm/links": {"current": "k1", "k1": "a-key-of-tests-and-samples-which-opens-nothing"},
}
# Functions share the token: one start in thousands has to fetch it.
_TOKEN = to_item(
    {
        "pk": "TOKEN#contacts",
        "sk": "TOKEN",
        "access_token": "SampleAccessToken",
        "refresh_at": "2099-01-01T00:00:00.000Z",
        "valid_until": "2099-01-01T00:05:00.000Z",
        "fence": 1,
    }
)
_OPENED_AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
_PART = "kpi/collect/2026-11-23-0/parts/00000.jsonl"
"""Of the run that kpi_collect's samples speak of: the members that are asked for."""
_CASE_ID = re.compile(r"case_[a-z2-7]{26}")


def answers(sample: Path) -> dict[str, Any]:
    """``aws`` by operation (secrets by name, items and objects by key), ``wecom`` by path; what is not named is
    answered ``{}``."""
    return {
        "aws": {
            "SendMessage": {"MessageId": "m-1", "MD5OfMessageBody": "0" * 32},
            "SendMessageBatch": {"Successful": [], "Failed": []},
            "PutEvents": {"FailedEntryCount": 0, "Entries": []},
            "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
            "UpdateItem": {"Attributes": {"fence": {"N": "1"}}},
        },
        "secrets": {name: json.dumps(secret) for name, secret in _SECRETS.items()},
        "items": [_TOKEN, *_cases(sample.read_text(encoding="utf-8")), *stored_items(_task_state(sample))],
        "objects": {_PART: '["rm_wang","12","/1/12/",true,true,true]'},
        "wecom": {
            "gettoken": {"access_token": "SampleAccessToken", "expires_in": 7200},
            "user/get": {"userid": "rm_wang", "name": "示例", "status": 1},
            "externalcontact/add_msg_template": {"msgid": MSGID, "fail_list": []},
            "externalcontact/get_groupmsg_task": {"task_list": [{"userid": OWNER, "status": 0}]},
            "externalcontact/get_groupmsg_send_result": {
                "send_list": [{"external_userid": one, "status": 0} for one in CUSTOMERS]
            },
        },
    }


def _task_state(sample: Path) -> TaskState:
    """The stored task lies with its member when somebody is to look at it."""
    return TaskState.WAITING if sample.parent.name == "campaign_reconcile" else TaskState.PLANNED


def _cases(sample: str) -> list[dict[str, Any]]:
    """An open case for every case that the sample speaks of."""
    return [to_item(case_items.from_case(_case(case_id))) for case_id in sorted(set(_CASE_ID.findall(sample)))]


def _case(case_id: str) -> HandoverCase:
    return HandoverCase(
        case_id=case_id,
        corp_id=CORP_ID,
        handover_userid="rm_wang",
        handover_name="示例",
        node_id="11",
        node_path="/1/11/",
        node_name="示例支行",
        state=CaseState.PLANNING,
        opened_at=_OPENED_AT,
        due_at=_OPENED_AT,
        signals=(),
    )
