"""DynamoDB, S3, SQS and Secrets Manager for one process at a time: what they keep lies in a folder, what they bill is
counted.

Nobody competes, so every condition holds except that S3 keeps what lies there. Only what the measured functions ask is
understood; anything else raises.
"""

import io
import pickle
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from local.bench.dynamo_units import WRITE_UNIT, size_of, units

type Wire = dict[str, Any]
type Indexes = Mapping[str, list[tuple[str, list[str] | None]]]

_ASSIGNMENT: Final = re.compile(r"([a-z_]+) = (:[a-z_]+)")
_TRANSACTED: Final = 2  # a write of a transaction is billed twice
_STATE: Final = "state.pickle"


class FakeAws:
    """``folder`` is the world between processes; ``wru`` and ``puts``: what this one asked, by table and bucket."""

    def __init__(self, folder: Path, indexes: Indexes, secrets: Mapping[str, str]) -> None:
        self.folder = folder
        self.wru: Counter[str] = Counter()
        self.puts: Counter[str] = Counter()
        stored = folder / _STATE
        self.items: dict[tuple[str, str, str], Wire]
        self.messages: dict[str, list[str]]
        self.items, self.messages = pickle.loads(stored.read_bytes()) if stored.exists() else ({}, {})  # noqa: S301
        self._clients = {
            "dynamodb": FakeDynamo(self, indexes),
            "s3": FakeS3(self),
            "sqs": FakeSqs(self),
            "secretsmanager": FakeSecrets(secrets),
        }

    def client(self, service: str) -> Any:
        return self._clients[service]

    def keep(self) -> None:
        (self.folder / _STATE).write_bytes(pickle.dumps((self.items, self.messages)))

    def taken(self, queue: str) -> dict[str, Any]:
        """All messages of a queue as Lambda hands them over."""
        bodies = self.messages.pop(queue, [])
        return {"Records": [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]}


class FakeDynamo:
    """Bills a write for the larger of the item before and after, and for each index that holds it."""

    def __init__(self, aws: FakeAws, indexes: Indexes) -> None:
        self._aws = aws
        self._indexes = indexes

    def get_item(self, *, TableName: str, Key: Wire, **_: Any) -> Wire:  # noqa: N803 - the service's names
        found = self._aws.items.get(_place(TableName, Key))
        return {"Item": found} if found else {}

    def batch_get_item(self, *, RequestItems: Wire) -> Wire:  # noqa: N803
        return {
            "Responses": {
                table: [item for key in asked["Keys"] if (item := self._aws.items.get(_place(table, key)))]
                for table, asked in RequestItems.items()
            }
        }

    def query(self, *, TableName: str, ExpressionAttributeValues: Wire, IndexName: str = "", **_: Any) -> Wire:  # noqa: N803
        if IndexName:
            raise ValueError(IndexName)
        pk, sk = ExpressionAttributeValues[":pk"]["S"], ExpressionAttributeValues.get(":sk", {"S": ""})["S"]
        places = sorted(place for place in self._aws.items if place[:2] == (TableName, pk) and place[2].startswith(sk))
        return {"Items": [self._aws.items[place] for place in places]}

    def put_item(self, *, TableName: str, Item: Wire, **_: Any) -> Wire:  # noqa: N803
        self._write(TableName, Item, Item)
        return {}

    def delete_item(self, *, TableName: str, Key: Wire, **_: Any) -> Wire:  # noqa: N803
        self._write(TableName, Key, None)
        return {}

    def update_item(self, *, TableName: str, Key: Wire, UpdateExpression: str, **values: Any) -> Wire:  # noqa: N803
        self._update(TableName, Key, UpdateExpression, values["ExpressionAttributeValues"])
        return {}

    def transact_write_items(self, *, TransactItems: list[Wire], **_: Any) -> Wire:  # noqa: N803
        for entry in TransactItems:
            ((kind, write),) = entry.items()
            table = write["TableName"]
            if kind == "Put":
                self._write(table, write["Item"], write["Item"], _TRANSACTED)
            elif kind == "Delete":
                self._write(table, write["Key"], None, _TRANSACTED)
            else:
                values = write["ExpressionAttributeValues"]
                self._update(table, write["Key"], write["UpdateExpression"], values, _TRANSACTED)
        return {}

    def _update(self, table: str, key: Wire, expression: str, values: Wire, times: int = 1) -> None:
        if not expression.startswith("SET "):
            raise ValueError(expression)
        before = self._aws.items.get(_place(table, key), dict(key))
        changed = {name: values[value] for name, value in _ASSIGNMENT.findall(expression)}
        self._write(table, key, {**before, **changed}, times)

    def _write(self, table: str, key: Wire, item: Wire | None, times: int = 1) -> None:
        place = _place(table, key)
        before = self._aws.items.pop(place, None)
        if item is not None:
            self._aws.items[place] = item
        billed = units(max(size_of(before or {}), size_of(item or {})), WRITE_UNIT)
        for attribute, projected in self._indexes[table]:
            rows = [_projected(each, projected) for each in (before, item) if each is not None and attribute in each]
            billed += sum(units(size_of(row), WRITE_UNIT) for row in rows) if rows[:1] != rows[1:] else 0
        self._aws.wru[table] += times * billed


class FakeS3:
    """Buckets as folders."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def put_object(self, *, Bucket: str, Key: str, Body: Any, IfNoneMatch: str = "", **_: Any) -> Wire:  # noqa: N803
        path = self._path(Bucket, Key)
        self._aws.puts[Bucket] += 1
        if IfNoneMatch and path.exists():
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(Body, bytes):
            path.write_bytes(Body)
        else:
            with path.open("wb") as file:
                while piece := Body.read(1024 * 1024):
                    file.write(piece)
        return {"VersionId": "1"}

    def get_object(self, *, Bucket: str, Key: str) -> Wire:  # noqa: N803
        path = self._path(Bucket, Key)
        if not path.exists():
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": _Body(path.read_bytes()), "VersionId": "1"}

    def delete_objects(self, *, Bucket: str, Delete: Wire) -> Wire:  # noqa: N803
        for each in Delete["Objects"]:
            self._path(Bucket, each["Key"]).unlink()
        return {}

    def get_paginator(self, _: str) -> "FakeS3":
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[Wire]:  # noqa: N803
        root = self._aws.folder / Bucket
        keys = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        listed = [key for key in keys if key.startswith(Prefix) and key > StartAfter]
        yield {"Contents": [{"Key": key, "Size": (root / key).stat().st_size} for key in listed]}

    def _path(self, bucket: str, key: str) -> Path:
        return self._aws.folder / bucket / key


class _Body(io.BytesIO):
    """As botocore's streaming body."""

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while piece := self.read(size):
            yield piece


class FakeSqs:
    """Messages lie in their queue until they are taken."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Wire]) -> Wire:  # noqa: N803
        self._aws.messages.setdefault(QueueUrl, []).extend(each["MessageBody"] for each in Entries)
        return {}


class FakeSecrets:
    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets

    def get_secret_value(self, *, SecretId: str) -> Wire:  # noqa: N803
        return {"SecretString": self._secrets[SecretId]}


def _place(table: str, key: Wire) -> tuple[str, str, str]:
    return table, key["pk"]["S"], key["sk"]["S"]


def _projected(item: Wire, names: list[str] | None) -> Wire:
    return item if names is None else {name: item[name] for name in names if name in item}
