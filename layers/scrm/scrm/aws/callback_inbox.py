"""Markers of events taken in, queues they go to and the secret that verifies them (DynamoDB, SQS, Secrets Manager)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrm import clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_MARKER_LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DynamoCallbackMarkers:
    """Items ``CALLBACK#<event_id>`` / ``MARKER`` of the platform table; the table's TTL takes them after 30 days."""

    client: "DynamoDBClient"
    table_name: str
    now: Callable[[], datetime] = clock.now

    def is_marked(self, event_id: str) -> bool:
        reply = self.client.get_item(
            TableName=self.table_name, Key=_key(event_id), ConsistentRead=True, ProjectionExpression="pk"
        )
        return "Item" in reply

    def mark(self, event_id: str, name: str) -> None:
        now = self.now()
        self.client.put_item(
            TableName=self.table_name,
            Item={
                **_key(event_id),
                "name": {"S": name},
                "marked_at": {"S": clock.to_iso(now)},
                "expires_at": {"N": str(int((now + _MARKER_LIFE).timestamp()))},
            },
        )


def _key(event_id: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"CALLBACK#{event_id}"}, "sk": {"S": "MARKER"}}


@dataclass(frozen=True, slots=True)
class SqsCallbackQueues:
    """One queue URL per destination; the message is its JSON body."""

    client: "SQSClient"
    urls: Mapping[str, str]

    def send(self, destination: str, message: Mapping[str, Any]) -> None:
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self.client.send_message(QueueUrl=self.urls[destination], MessageBody=body)


@dataclass(frozen=True, slots=True)
class JsonSecret:
    """A secret whose text is a JSON object."""

    client: "SecretsManagerClient"
    secret_id: str

    def read(self) -> dict[str, Any]:
        secret: dict[str, Any] = json.loads(self.client.get_secret_value(SecretId=self.secret_id)["SecretString"])
        return secret
