"""The governor's and the breaker's shared state: one small item per API path in the platform table."""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scrm.aws.outage import as_outage, condition_failed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SCHEMA_VERSION: Final = "1"
_PREFIX: Final = "RATE#"
_KEYS_PER_READ: Final = 100
_OF_THE_BROKER: Final = "TOKEN#"
"""What else lies in the table and is read along: an access token, as `scrm.aws.token_table` writes it."""


class DynamoRateTable:
    """Implements ``RateStore``: texts with a version, read strongly consistent, written only over what was read."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def load(self, key: str) -> tuple[str, int] | None:
        """Text and version. Raises OSError when DynamoDB cannot be reached."""
        try:
            item = self._client.get_item(TableName=self._table_name, Key=_key(key), ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise as_outage(error) from error
        return _stored(item) if item else None

    def load_all(self, keys: Sequence[str]) -> dict[str, tuple[str, int] | None]:
        """Each of ``keys`` as `load` would find it, in one request for 100 of them.

        A key ``TOKEN#app`` is the app's access token: a JSON list of value, time to renew and expiry.
        """
        found: dict[str, tuple[str, int] | None] = dict.fromkeys(keys)
        try:
            for part in batched(found, _KEYS_PER_READ, strict=False):
                wanted: Any = {self._table_name: {"Keys": [_key(key) for key in part], "ConsistentRead": True}}
                reply = self._client.batch_get_item(RequestItems=wanted)
                if reply.get("UnprocessedKeys"):
                    raise ConnectionError("DynamoDB: part of a batch was not read")
                for item in reply["Responses"].get(self._table_name, []):
                    found[item["pk"]["S"].removeprefix(_PREFIX)] = _stored(item)
        except (ClientError, BotoCoreError) as error:
            raise as_outage(error) from error
        return found

    def save(self, key: str, text: str, version: int, expires_at: datetime) -> bool:
        """Write ``version + 1`` over ``version`` (0: no item yet); False when another function was faster."""
        try:
            self._client.update_item(
                TableName=self._table_name,
                Key=_key(key),
                UpdateExpression="SET #state = :text, #version = :next, expires_at = :expiry, schema_version = :one",
                ConditionExpression="#version = :read OR (:read = :zero AND attribute_not_exists(#version))",
                ExpressionAttributeNames={"#state": "state", "#version": "version"},
                ExpressionAttributeValues={
                    ":text": {"S": text},
                    ":read": {"N": str(version)},
                    ":next": {"N": str(version + 1)},
                    ":zero": {"N": "0"},
                    ":one": {"N": _SCHEMA_VERSION},
                    ":expiry": {"N": str(int(expires_at.timestamp()))},
                },
            )
        except ClientError as error:
            if condition_failed(error):
                return False
            raise as_outage(error) from error
        except BotoCoreError as error:
            raise as_outage(error) from error
        return True


def _key(key: str) -> dict[str, dict[str, str]]:
    if key.startswith(_OF_THE_BROKER):
        return {"pk": {"S": key}, "sk": {"S": "TOKEN"}}
    return {"pk": {"S": f"{_PREFIX}{key}"}, "sk": {"S": "STATE"}}


def _stored(item: Any) -> tuple[str, int] | None:
    if not item["pk"]["S"].startswith(_OF_THE_BROKER):
        return item["state"]["S"], int(item["version"]["N"])
    if "access_token" not in item:
        return None
    return json.dumps([item[name]["S"] for name in ("access_token", "refresh_at", "valid_until")]), 0
