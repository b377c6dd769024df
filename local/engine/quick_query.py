"""Makes the engine's Query look at one page of a large partition instead of all of it; the answers stay the same.

The engine sorts a whole partition and evaluates the key condition on each of its items for every page, so that reading
100,000 items page by page takes hours. Before its own Query runs, the partition is narrowed to the items that the next
page can hold: those behind the cursor that meet the key condition, up to the limit or a megabyte, and one more. The
engine then does all the rest, validation of the request included. Runs in the engine's own process, like `launcher`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

WORTH_NARROWING = 200
"""Smaller partitions are left to the engine as they are."""


def narrow_large_partitions(dynamodb: Any) -> None:
    """Wrap ``_query`` of the engine's ``services.dynamodb``; requests are served one at a time, so that it may swap."""
    query: Callable[[dict[str, Any]], Any] = dynamodb._query

    def query_narrowed(request: dict[str, Any]) -> Any:
        table = dynamodb._tables.get(dynamodb._normalize_table_name(request.get("TableName")))
        narrowed = _narrowed(dynamodb, table, request) if table else None
        if narrowed is None:
            return query(request)
        items = table["items"]
        table["items"] = narrowed
        try:
            return query(request)
        finally:
            table["items"] = items

    dynamodb._query = query_narrowed


def _narrowed(dynamodb: Any, table: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any] | None:
    """The partition asked for with what the next page can hold; None where the engine had better see all of it."""
    condition, sort_key = request.get("KeyConditionExpression"), table["sk_name"]
    if request.get("IndexName") or not condition or not sort_key or dynamodb._get_attr_type(table, sort_key) != "S":
        return None
    values = request.get("ExpressionAttributeValues") or {}
    names = request.get("ExpressionAttributeNames") or {}
    partition_key = dynamodb._extract_pk_from_condition(condition, values, names, table["pk_name"])
    partition = table["items"].get(partition_key, {})
    if len(partition) < WORTH_NARROWING:
        return None

    def is_met(sort_value: str) -> bool:
        return bool(dynamodb._evaluate_condition(condition, partition[sort_value], values, names))

    keys = sorted(partition)
    bounds = [value["S"] for name, value in values.items() if name in condition and "S" in value]
    try:
        first, end = matching_range(keys, bounds, is_met)
    except ValueError:
        return None  # the engine refuses the condition in its own words
    is_forward = request.get("ScanIndexForward", True)
    if cursor := (request.get("ExclusiveStartKey") or {}).get(sort_key, {}).get("S"):
        first = max(first, bisect_right(keys, cursor)) if is_forward else first
        end = end if is_forward else min(end, bisect_left(keys, cursor))
    wanted = keys[first:end] if is_forward else keys[first:end][::-1]
    return {partition_key: _page(dynamodb, partition, wanted, request.get("Limit"))}


def matching_range(keys: Sequence[str], bounds: Sequence[str], is_met: Callable[[str], bool]) -> tuple[int, int]:
    """Start and end of the keys that meet a key condition; they lie together, as it allows one range.

    The range can only begin with the first key or beside one of the condition's values, ``bounds``.
    """
    starts = {0, *(bisect_left(keys, bound) for bound in bounds), *(bisect_right(keys, bound) for bound in bounds)}
    first = next((start for start in sorted(starts) if start < len(keys) and is_met(keys[start])), len(keys))
    return first, bisect_left(range(len(keys)), 1, lo=first, key=lambda place: not is_met(keys[place]))


def _page(dynamodb: Any, partition: Mapping[str, Any], keys: Sequence[str], limit: int | None) -> dict[str, Any]:
    """Up to ``limit`` items or a megabyte, and one more, by which the engine sees that it has to stop."""
    page: dict[str, Any] = {}
    size = 0
    for key in keys:
        page[key] = partition[key]
        if len(page) > int(limit or len(keys)) or size > dynamodb._DDB_PAGE_SIZE_BYTES:
            break
        size += dynamodb._item_size_bytes(partition[key])
    return page
