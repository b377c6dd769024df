"""Access tokens in the platform table, encrypted at rest by its KMS key; one item per app."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scrm.aws.outage import as_outage, condition_failed
from scrm.clock import from_iso, to_iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SCHEMA_VERSION: Final = "1"


class DynamoTokenTable:
    """Implements ``TokenStore``. Every write is conditional; ``fence`` only grows, so a late writer always loses."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, app: str) -> tuple[str, datetime, datetime] | None:
        """Token, time to renew, expiry; strongly consistent. Raises OSError when DynamoDB cannot be reached."""
        try:
            item = self._client.get_item(TableName=self._table_name, Key=_key(app), ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise as_outage(error) from error
        if not item or "access_token" not in item:
            return None
        return item["access_token"]["S"], from_iso(item["refresh_at"]["S"]), from_iso(item["valid_until"]["S"])

    def take_lease(self, app: str, holder: str, now: datetime, until: datetime) -> int | datetime:
        """A new fencing number if nobody holds the lease at ``now``, else when its holder's time ends."""
        try:
            answer = self._client.update_item(
                TableName=self._table_name,
                Key=_key(app),
                UpdateExpression="SET lease_until = :until, holder = :holder, schema_version = :one ADD fence :one",
                ConditionExpression="attribute_not_exists(lease_until) OR lease_until <= :now",
                ExpressionAttributeValues={
                    ":until": {"S": to_iso(until)},
                    ":holder": {"S": holder},
                    ":now": {"S": to_iso(now)},
                    ":one": {"N": _SCHEMA_VERSION},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if condition_failed(error):
                return _holder_of(error.response, holder, until)
            raise as_outage(error) from error
        except BotoCoreError as error:
            raise as_outage(error) from error
        return int(answer["Attributes"]["fence"]["N"])

    def save(self, app: str, fence: int, token: tuple[str, datetime, datetime]) -> bool:
        """Store the token and end the lease; False when the lease has been taken by another since."""
        value, refresh_at, valid_until = token
        return self._update(
            app,
            "SET access_token = :token, refresh_at = :refresh_at, valid_until = :valid_until REMOVE lease_until",
            "fence = :fence",
            {
                ":token": {"S": value},
                ":refresh_at": {"S": to_iso(refresh_at)},
                ":valid_until": {"S": to_iso(valid_until)},
                ":fence": {"N": str(fence)},
            },
        )

    def end_lease(self, app: str, fence: int, until: datetime) -> None:
        """Let the lease of this ``fence`` end at ``until``; someone else's stays."""
        values = {":until": {"S": to_iso(until)}, ":fence": {"N": str(fence)}}
        self._update(app, "SET lease_until = :until", "fence = :fence", values)

    def forget(self, app: str, token: str) -> None:
        """Delete the token if it is still this one: a newer one must not fall with it."""
        self._update(
            app, "REMOVE access_token, refresh_at, valid_until", "access_token = :token", {":token": {"S": token}}
        )

    def _update(self, app: str, change: str, condition: str, values: Mapping[str, Any]) -> bool:
        try:
            self._client.update_item(
                TableName=self._table_name,
                Key=_key(app),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if condition_failed(error):
                return False
            raise as_outage(error) from error
        except BotoCoreError as error:
            raise as_outage(error) from error
        return True


def _holder_of(response: Mapping[str, Any], holder: str, until: datetime) -> int | datetime:
    """The end of the other's lease, or our own number: botocore repeats a write whose answer was lost.

    A service that does not return the item that failed the condition leaves only the guess ``until``.
    """
    item = response.get("Item", {})
    if "lease_until" not in item:
        return until
    lease_until = from_iso(item["lease_until"]["S"])
    ours = item["holder"]["S"] == holder and to_iso(lease_until) == to_iso(until)
    return int(item["fence"]["N"]) if ours else lease_until


def _key(app: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"TOKEN#{app}"}, "sk": {"S": "TOKEN"}}
