"""One DynamoDB table in plain Python values: conditional writes, full paging, batches, transactions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import batched, chain
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scrm.aws.attribute_values import from_wire, to_wire
from scrm.paging import InvalidCursorError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]
type Key = Mapping[str, str]

_BATCH_WRITE = 25
_BATCH_GET = 100
_BATCH_ROUNDS = 8


class TableBusyError(Exception):
    """DynamoDB kept refusing part of a batch; the message should be tried again later."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition expression with its values (plain Python) and names; an empty one always holds."""

    expression: str
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """As request parameters; empty maps are left out because DynamoDB refuses them."""
        found: dict[str, Any] = {"ConditionExpression": self.expression} if self.expression else {}
        if self.values:
            found["ExpressionAttributeValues"] = to_item(self.values)
        if self.names:
            found["ExpressionAttributeNames"] = dict(self.names)
        return found


ABSENT = Condition("attribute_not_exists(pk)")


@dataclass(frozen=True, slots=True)
class Put:
    """A put inside a transaction."""

    item: Item
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """An update inside a transaction; the values of ``expression`` stand beside those of the condition."""

    key: Key
    expression: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Delete:
    """A delete inside a transaction."""

    key: Key
    condition: Condition | None = None


class Table:
    """Adapters hold one of these per table; a condition that fails is an answer, any other error is raised."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self.name = name

    def get(self, key: Key) -> Item | None:
        """Read one item, strongly consistent."""
        reply = self._client.get_item(TableName=self.name, Key=to_item(key), ConsistentRead=True)
        return from_item(reply["Item"]) if "Item" in reply else None

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Read up to any number of items; the order is not kept."""
        found: list[Item] = []
        for part in batched(keys, _BATCH_GET, strict=False):
            pending: Any = {self.name: {"Keys": [to_item(key) for key in part], "ConsistentRead": True}}
            for _ in range(_BATCH_ROUNDS):
                reply = self._client.batch_get_item(RequestItems=pending)
                found += [from_item(item) for item in reply["Responses"].get(self.name, [])]
                pending = reply.get("UnprocessedKeys")
                if not pending:
                    break
            else:
                raise TableBusyError(self.name)
        return found

    def put(self, item: Item, condition: Condition | None = None) -> bool:
        """Write one item; False when the condition did not hold."""
        parameters = condition.parameters() if condition else {}
        return _held(lambda: self._client.put_item(TableName=self.name, Item=to_item(item), **parameters))

    def delete(self, key: Key, condition: Condition | None = None) -> bool:
        """Remove one item; False when the condition did not hold."""
        parameters = condition.parameters() if condition else {}
        return _held(lambda: self._client.delete_item(TableName=self.name, Key=to_item(key), **parameters))

    def add_to_set(self, key: Key, attribute: str, value: str) -> None:
        """Add one string to a string set."""
        self._client.update_item(
            TableName=self.name,
            Key=to_item(key),
            UpdateExpression="ADD #set :value",
            ExpressionAttributeNames={"#set": attribute},
            ExpressionAttributeValues={":value": {"SS": [value]}},
        )

    def query_page(
        self,
        condition: Condition,
        *,
        index: str = "",
        start: Item | None = None,
        limit: int = 0,
        newest_first: bool = False,
        where: str = "",
    ) -> tuple[list[Item], Item | None]:
        """One page of a query and the key to go on from; ``where`` filters after the read.

        Raises InvalidCursorError when ``start`` is no key of this query.
        """
        parameters = condition.parameters()
        parameters["KeyConditionExpression"] = parameters.pop("ConditionExpression")
        parameters |= {"IndexName": index} if index else {"ConsistentRead": True}
        if start:
            parameters["ExclusiveStartKey"] = to_item(start)
        if limit:
            parameters["Limit"] = limit
        if where:
            parameters["FilterExpression"] = where
        try:
            reply = self._client.query(TableName=self.name, ScanIndexForward=not newest_first, **parameters)
        except ClientError as error:
            if start and error.response["Error"]["Code"] == "ValidationException":
                raise InvalidCursorError("the cursor names no place in this list; start again without it") from error
            raise
        last = reply.get("LastEvaluatedKey")
        return [from_item(item) for item in reply["Items"]], from_item(last) if last else None

    def query(self, condition: Condition, *, index: str = "", where: str = "") -> Iterator[Item]:
        """Every item of a query, page by page."""
        start: Item | None = None
        while True:
            items, start = self.query_page(condition, index=index, start=start, where=where)
            yield from items
            if start is None:
                return

    def first(self, condition: Condition, index: str) -> Item | None:
        """The first item of an index's partition."""
        items, _ = self.query_page(condition, index=index, limit=1)
        return items[0] if items else None

    def count(self, condition: Condition, where: str = "") -> int:
        """How many items a query finds, without reading them out."""
        parameters = condition.parameters()
        parameters["KeyConditionExpression"] = parameters.pop("ConditionExpression")
        if where:
            parameters["FilterExpression"] = where
        total = 0
        while True:
            reply = self._client.query(TableName=self.name, Select="COUNT", **parameters)
            total += reply["Count"]
            if "LastEvaluatedKey" not in reply:
                return total
            parameters["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def batch_write(self, puts: Iterable[Item] = (), deletes: Iterable[Key] = ()) -> None:
        """Unconditional writes in batches of 25; raises TableBusyError when some are refused for good."""
        requests: Iterator[Any] = chain(
            ({"PutRequest": {"Item": to_item(item)}} for item in puts),
            ({"DeleteRequest": {"Key": to_item(key)}} for key in deletes),
        )
        for part in batched(requests, _BATCH_WRITE, strict=False):
            pending: Any = {self.name: list(part)}
            for _ in range(_BATCH_ROUNDS):
                pending = self._client.batch_write_item(RequestItems=pending).get("UnprocessedItems")
                if not pending:
                    break
            else:
                raise TableBusyError(self.name)

    def transact(self, writes: Sequence[Put | Update | Delete], *beside: "tuple[Table, Sequence[Put]]") -> bool:
        """All writes or none, also those ``beside`` in other tables; False when a condition did not hold."""
        entries: list[Any] = [self._entry(write) for write in writes]
        entries += [table._entry(put) for table, puts in beside for put in puts]
        return _held(lambda: self._client.transact_write_items(TransactItems=entries))

    def _entry(self, write: Put | Update | Delete) -> dict[str, Any]:
        named = {"TableName": self.name, **(write.condition.parameters() if write.condition else {})}
        if isinstance(write, Put):
            return {"Put": {**named, "Item": to_item(write.item)}}
        if isinstance(write, Delete):
            return {"Delete": {**named, "Key": to_item(write.key)}}
        return {"Update": {**named, "Key": to_item(write.key), "UpdateExpression": write.expression}}


def starts_with(pk: str, sk_prefix: str = "") -> Condition:
    """The key condition of one partition, or of a part of it."""
    if not sk_prefix:
        return Condition("pk = :pk", {":pk": pk})
    return Condition("pk = :pk AND begins_with(sk, :sk)", {":pk": pk, ":sk": sk_prefix})


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values to DynamoDB's wire form; attributes that are None are left out."""
    return {name: to_wire(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> Item:
    """DynamoDB's wire form to plain values; whole numbers come back as int."""
    return {name: _plain(from_wire(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def _held(write: Any) -> bool:
    """Whether a conditional write went through."""
    try:
        write()
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if "ConditionalCheckFailed" in reasons:
            return False
        raise
    return True
