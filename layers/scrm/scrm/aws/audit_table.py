"""The audit log on DynamoDB: entries are put once, under a condition, and nothing here can change or delete one.

=====================  ==============================  ==============================================
pk                     sk                              item
=====================  ==============================  ==============================================
``CHAIN#<chain>``      ``HEAD``                        sequence, hash and time of the last entry
``CHAIN#<chain>``      ``E#<recorded_at>#<sequence>``  one entry; the key sorts as the chain does
``CHAIN#<chain>``      ``ID#<entry_id>``               key of an entry that may be written only once
``CHAINS``             ``<chain>``                     the chain exists; written with its first entry
=====================  ==============================  ==============================================
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scrm.audit.model import SCHEMA_VERSION, AuditEntry, ChainHead, EntryPosition
from scrm.audit.ports import Append

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type _Item = Mapping[str, Mapping[str, Any]]

_CHAINS = "CHAINS"
_HEAD = "HEAD"
_SEQUENCE_DIGITS = 12
_LAST_SEQUENCE = 10**_SEQUENCE_DIGITS - 1
_KEYS_PER_READ = 100
_ONLY_IF_NEW = "attribute_not_exists(pk)"


class DynamoAuditStore:
    """Implements `scrm.audit.ports.AuditStore`."""

    def __init__(self, table_name: str, dynamodb: "DynamoDBClient") -> None:
        self._table_name = table_name
        self._dynamodb = dynamodb

    def head(self, chain_id: str) -> ChainHead:
        reply = self._dynamodb.get_item(
            TableName=self._table_name, Key=_key(_chain_pk(chain_id), _HEAD), ConsistentRead=True
        )
        return _head(chain_id, reply.get("Item", {}))

    def heads(self) -> Sequence[ChainHead]:
        chain_ids = [item["sk"]["S"] for item in self._query(_CHAINS, "", "\uffff", ascending=True)]
        return [head for some in batched(chain_ids, _KEYS_PER_READ, strict=False) for head in self._heads_of(some)]

    def append(self, entry: AuditEntry, *, once: bool) -> Append:
        """One transaction: entry, head, and where asked for the mark of its id. The head is what serialises."""
        writes: list[Any] = [self._put_head(entry), self._put_if_new(_entry_item(entry))]
        if entry.sequence == 1:
            writes.append(self._put_if_new({"pk": {"S": _CHAINS}, "sk": {"S": entry.chain_id}}))
        if once:
            writes.append(self._put_if_new(_mark_item(entry)))
        try:
            self._dynamodb.transact_write_items(TransactItems=writes)
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            return _refusal(error, marked=once)
        return Append.APPENDED

    def entry(self, chain_id: str, entry_id: str) -> AuditEntry | None:
        mark = self._get(chain_id, f"ID#{entry_id}")
        item = self._get(chain_id, mark["entry_sk"]["S"]) if mark else None
        return _entry(item) if item else None

    def newest(self, chain_id: str, before: EntryPosition | None, limit: int) -> Sequence[AuditEntry]:
        upper = f"E#{_bound_of(before, chain_id)}" if before else "E#\uffff"
        reply = self._dynamodb.query(
            **self._condition(_chain_pk(chain_id), "E#", upper), ScanIndexForward=False, Limit=limit
        )
        return [_entry(item) for item in reply["Items"]]

    def oldest(self, chain_id: str) -> Iterator[AuditEntry]:
        return map(_entry, self._query(_chain_pk(chain_id), "E#", "E#\uffff", ascending=True))

    def _query(self, pk: str, lower: str, upper: str, *, ascending: bool) -> Iterator[_Item]:
        request: dict[str, Any] = {
            **self._condition(pk, lower or "\u0001", upper),
            "ScanIndexForward": ascending,
            "ConsistentRead": True,
        }
        while True:
            reply = self._dynamodb.query(**request)
            yield from reply["Items"]
            if not reply.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _condition(self, pk: str, lower: str, upper: str) -> dict[str, Any]:
        return {
            "TableName": self._table_name,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :lower AND :upper",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":lower": {"S": lower}, ":upper": {"S": upper}},
        }

    def _heads_of(self, chain_ids: Sequence[str]) -> Iterator[ChainHead]:
        """BatchGetItem answers in any order and may leave keys out when throttled: those are asked again."""
        wanted: Any = {self._table_name: {"Keys": [_key(_chain_pk(chain_id), _HEAD) for chain_id in chain_ids]}}
        while wanted:
            reply = self._dynamodb.batch_get_item(RequestItems=wanted)
            for item in reply["Responses"].get(self._table_name, []):
                yield _head(item["pk"]["S"].removeprefix("CHAIN#"), item)
            wanted = reply.get("UnprocessedKeys")

    def _get(self, chain_id: str, sk: str) -> _Item | None:
        reply = self._dynamodb.get_item(
            TableName=self._table_name, Key=_key(_chain_pk(chain_id), sk), ConsistentRead=True
        )
        return reply.get("Item")

    def _put_head(self, entry: AuditEntry) -> dict[str, Any]:
        item = {
            **_key(_chain_pk(entry.chain_id), _HEAD),
            "schema_version": {"S": SCHEMA_VERSION},
            "sequence": {"N": str(entry.sequence)},
            "entry_hash": {"S": entry.entry_hash},
            "recorded_at": {"S": entry.recorded_at},
        }
        put: dict[str, Any] = {"TableName": self._table_name, "Item": item, "ConditionExpression": _ONLY_IF_NEW}
        if entry.sequence > 1:
            put["ConditionExpression"] = "entry_hash = :previous"
            put["ExpressionAttributeValues"] = {":previous": {"S": entry.previous_hash}}
        return {"Put": put}

    def _put_if_new(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"Put": {"TableName": self._table_name, "Item": item, "ConditionExpression": _ONLY_IF_NEW}}


def _refusal(error: ClientError, *, marked: bool) -> Append:
    """A known id counts before a grown chain: the entry is there, wherever the chain ends by now."""
    reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
    if marked and reasons and reasons[-1] == "ConditionalCheckFailed":
        return Append.REPEATED
    if any(code in {"ConditionalCheckFailed", "TransactionConflict"} for code in reasons):
        return Append.CONTENDED
    raise error


def _chain_pk(chain_id: str) -> str:
    return f"CHAIN#{chain_id}"


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _entry_sk(recorded_at: str, sequence: int) -> str:
    return f"E#{recorded_at}#{sequence:0{_SEQUENCE_DIGITS}d}"


def _bound_of(before: EntryPosition, chain_id: str) -> str:
    """The last key, without its prefix, that comes before a position of the log's order (time, chain, sequence)."""
    if chain_id == before.chain_id:
        return _entry_sk(before.recorded_at, before.sequence - 1).removeprefix("E#")
    if chain_id < before.chain_id:
        return _entry_sk(before.recorded_at, _LAST_SEQUENCE).removeprefix("E#")
    return f"{before.recorded_at}#"


def _entry_item(entry: AuditEntry) -> dict[str, Any]:
    item = _key(_chain_pk(entry.chain_id), _entry_sk(entry.recorded_at, entry.sequence))
    for field in fields(entry):
        value = getattr(entry, field.name)
        item[field.name] = {"N": str(value)} if isinstance(value, int) else {"S": value}
    return item


def _mark_item(entry: AuditEntry) -> dict[str, Any]:
    return {
        **_key(_chain_pk(entry.chain_id), f"ID#{entry.entry_id}"),
        "schema_version": {"S": SCHEMA_VERSION},
        "entry_sk": {"S": _entry_sk(entry.recorded_at, entry.sequence)},
    }


def _head(chain_id: str, item: _Item) -> ChainHead:
    if not item:
        return ChainHead(chain_id)
    return ChainHead(chain_id, int(item["sequence"]["N"]), item["entry_hash"]["S"], item["recorded_at"]["S"])


def _entry(item: _Item) -> AuditEntry:
    """The entry exactly as stored: one that lost or changed a field must reach the verifier, not fail here."""
    stored = {
        field.name: next(iter(item.get(field.name, {"S": ""}).values()))
        for field in fields(AuditEntry)
        if field.name != "sequence"
    }
    return AuditEntry(sequence=int(item.get("sequence", {"N": "0"})["N"]), **stored)
