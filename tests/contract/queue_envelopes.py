"""What queues hand to functions: bodies as HR, S3 and the callback function put them there, batched as SQS does."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

CORP = "wwSIMCORP0000001"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
AT_TEXT = "2026-11-23T01:00:00.000Z"
CUSTOMER = "wmSIM0000000000000000000000000A1"
# What S3 sends when the notification is set up: there is nothing to take.
NOTIFICATION_TEST = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": AT_TEXT,
    "Bucket": "scrm-data-123456789012",
    "RequestId": "SAMPLE0000000000",
    "HostId": "sample",
}


def hr_event(detail_type: str = "StaffDeparted", **changes: Any) -> dict[str, Any]:
    """As EventBridge puts it on the queue; a field changed to None is left out."""
    detail = {
        "schema_version": 1,
        "event_id": "hr-2026-0001",
        "occurred_at": AT_TEXT,
        "corp_id": CORP,
        "userid": "rm_wang01",
        "last_day": "2026-11-30",
        "successor_userid": "rm_li02",
        "reason": "resigned",
    } | changes
    return {
        "version": "0",
        "id": "6f1c2f0e-6a1e-4f0c-9d3b-000000000001",
        "detail-type": detail_type,
        "source": "bank.hr",
        "account": "123456789012",
        "time": "2026-11-23T01:00:00Z",
        "region": "cn-north-1",
        "resources": [],
        "detail": {name: value for name, value in detail.items() if value is not None},
    }


def uploaded(key: str) -> dict[str, Any]:
    """As S3 puts it on the queue; ``key`` is quoted as in a form."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "cn-north-1",
                "eventTime": AT_TEXT,
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDASAMPLE:hr-export"},
                "requestParameters": {"sourceIPAddress": "192.0.2.10"},
                "responseElements": {"x-amz-request-id": "SAMPLE0000000001", "x-amz-id-2": "sample"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "roster",
                    "bucket": {
                        "name": "scrm-data-123456789012",
                        "ownerIdentity": {"principalId": "ASAMPLE"},
                        "arn": "arn:aws-cn:s3:::scrm-data-123456789012",
                    },
                    "object": {
                        "key": key,
                        "size": 2048,
                        "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                        "sequencer": "00655FAB6F4B1E0000",
                    },
                },
            }
        ]
    }


def callback(event: str, change_type: str, **fields: str) -> dict[str, Any]:
    """As the callback function queues it (`scrm.wecom.router`)."""
    header = {"ToUserName": CORP, "FromUserName": "sys", "CreateTime": "1795395600", "MsgType": "event"}
    return {
        "schema_version": 1,
        "kind": "callback",
        "event_id": f"evt_sample_{change_type}",
        "app": "contacts",
        "corp_id": CORP,
        "event": event,
        "change_type": change_type,
        "occurred_at": AT_TEXT,
        "received_at": AT_TEXT,
        "fields": {**header, "Event": event, "ChangeType": change_type, **fields},
    }


def newcomer(change_type: str = "add_external_contact") -> dict[str, Any]:
    """A customer came by a contact way, and WeCom gave a code to greet him with."""
    found = {"UserID": "rm_wang01", "ExternalUserID": CUSTOMER, "State": "branch-001", "WelcomeCode": "CODESAMPLE"}
    return callback("change_external_contact", change_type, **found)


def batch(queue: str, *bodies: BaseModel | Mapping[str, Any] | str) -> dict[str, Any]:
    """An SQS event of one record per body."""
    return {
        "Records": [
            {
                "messageId": f"00000000-0000-4000-8000-{place:012d}",
                "receiptHandle": "sample",
                "body": _text(body),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795395600000"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws-cn:sqs:cn-north-1:123456789012:{queue}",
                "awsRegion": "cn-north-1",
            }
            for place, body in enumerate(bodies)
        ]
    }


def _text(body: BaseModel | Mapping[str, Any] | str) -> str:
    if isinstance(body, str):
        return body
    return body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body, ensure_ascii=False)
