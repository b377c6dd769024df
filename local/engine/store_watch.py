"""Who asks the engine's tables and buckets for what: noted in the engine's own process, so that a function that found
nothing to do is not asked again before somebody wrote to one that it knows (`local.engine.schedules`)."""

import functools
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems", "DescribeTable", "ListTables"})
_S3_READS = frozenset({"GET", "HEAD"})
_ROLE_KEY = re.compile(r"Credential=(ASIA[A-Z0-9]+)/")  # an execution role's temporary key


@dataclass(slots=True)
class StoreWatch:
    """``writes``: how many requests may have changed each table or bucket.

    ``asked``: those that each function ever named in a request, whatever it wanted; ``function_of`` names it by its
    role's access key.
    """

    function_of: Callable[[str], str]
    writes: Counter[str] = field(default_factory=Counter)
    asked: dict[str, set[str]] = field(default_factory=dict)

    def of_dynamodb(self, headers: Mapping[str, str], body: bytes) -> None:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        self._note(headers, set(tables_of(body)), is_read=action in _READS)

    def of_s3(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """``path`` begins with the bucket, as the engine hands on every request."""
        bucket = path.lstrip("/").partition("/")[0]
        self._note(headers, {bucket} if bucket else set(), is_read=method in _S3_READS)

    def _note(self, headers: Mapping[str, str], stores: set[str], *, is_read: bool) -> None:
        if not is_read:
            self.writes.update(stores)
        key = _ROLE_KEY.search(headers.get("authorization", ""))
        if key is not None:
            self.asked.setdefault(self.function_of(key[1]), set()).update(stores)

    def told(self) -> dict[str, Any]:
        return {
            "writes": dict(self.writes),
            "asked": {function: sorted(stores) for function, stores in self.asked.copy().items()},
        }


def watch_stores(dynamodb: Any, s3: Any) -> StoreWatch:
    """Every request is noted from now on."""
    tables: Callable[..., Awaitable[Any]] = dynamodb.handle_request
    buckets: Callable[..., Awaitable[Any]] = s3.handle_request
    watch = StoreWatch(_function_of)

    async def of_dynamodb(method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any) -> Any:
        watch.of_dynamodb(headers, body)
        return await tables(method, path, headers, body, *rest)

    async def of_s3(method: str, path: str, headers: dict[str, str], *rest: Any, **named: Any) -> Any:
        watch.of_s3(method, path, headers)
        return await buckets(method, path, headers, *rest, **named)

    dynamodb.handle_request, s3.handle_request = of_dynamodb, of_s3
    return watch


@functools.cache
def _function_of(access_key: str) -> str:
    """A function's session is named after it."""
    from ministack.core import iam_evaluator, responses  # noqa: PLC0415 - exist in the engine's environment only

    principal = iam_evaluator.resolve_principal(access_key, responses.get_account_id())
    return str(getattr(principal, "arn", "")).rpartition("/")[2]


def tables_of(body: bytes) -> Iterator[str]:
    """The names of all tables in a request to DynamoDB; an index or an ARN is of its table."""
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return
    if not isinstance(asked, dict):
        return
    items = [operation for item in asked.get("TransactItems", []) for operation in item.values()]
    for name in (*asked.get("RequestItems", {}), *(one.get("TableName") for one in (asked, *items))):
        if isinstance(name, str):
            yield name.rpartition(":table/")[2].partition("/")[0]
