"""Markers of events taken in, queues they go to and the secret that verifies them (DynamoDB, SQS, Secrets Manager)."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrm import clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_MARKER_LIFE = timedelta(days=30)


class DynamoCallbackMarkers:
    """Items ``CALLBACK#<event_id>`` / ``MARKER`` of the platform table; the table's TTL takes them after 30 days."""

    def __init__(self, client: "DynamoDBClient", table_name: str, now: Callable[[], datetime] = clock.now) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now

    def is_marked(self, event_id: str) -> bool:
        reply = self._client.get_item(
            TableName=self._table_name, Key=_key(event_id), ConsistentRead=True, ProjectionExpression="pk"
        )
        return "Item" in reply

    def mark(self, event_id: str, name: str) -> None:
        now = self._now()
        self._client.put_item(
            TableName=self._table_name,
            Item={
                **_key(event_id),
                "name": {"S": name},
                "marked_at": {"S": clock.to_iso(now)},
                "expires_at": {"N": str(int((now + _MARKER_LIFE).timestamp()))},
            },
        )


def _key(event_id: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"CALLBACK#{event_id}"}, "sk": {"S": "MARKER"}}


class SqsCallbackQueues:
    """One queue URL per destination; the message is its JSON body."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, destination: str, message: Mapping[str, Any]) -> None:
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self._client.send_message(QueueUrl=self._urls[destination], MessageBody=body)


class JsonSecret:
    """A secret whose text is a JSON object."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    def read(self) -> dict[str, Any]:
        secret: dict[str, Any] = json.loads(self._client.get_secret_value(SecretId=self._secret_id)["SecretString"])
        return secret
