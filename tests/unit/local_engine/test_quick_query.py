"""Which items of a large partition the engine's Query gets to see."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from local.engine import quick_query

KEYS = [f"k{place:04}" for place in range(1_000)]


class FakeDynamo(SimpleNamespace):
    """The parts of the engine's module that narrowing calls; its Query tells which items it was left with."""

    _DDB_PAGE_SIZE_BYTES = 10_000

    def __init__(self) -> None:
        self.table: dict[str, Any] = {
            "pk_name": "pk",
            "sk_name": "sk",
            "items": {"mine": {key: {"sk": {"S": key}} for key in reversed(KEYS)}, "other": {}},
        }
        super().__init__(_tables={"table": self.table})

    def _query(self, request: dict[str, Any]) -> list[str]:
        return list(self.table["items"].get("mine", {}))

    def _normalize_table_name(self, name: str) -> str:
        return name

    def _get_attr_type(self, table: dict[str, Any], name: str) -> str:
        return "S"

    def _extract_pk_from_condition(self, condition: str, values: Any, names: Any, pk_name: str) -> str:
        return str(values[":pk"]["S"])

    def _evaluate_condition(self, condition: str, item: Any, values: Any, names: Any) -> bool:
        sort_value = item["sk"]["S"]
        met: dict[str, Callable[[], bool]] = {
            "pk = :pk": lambda: True,
            "pk = :pk AND begins_with(sk, :sk)": lambda: sort_value.startswith(values[":sk"]["S"]),
            "pk = :pk AND sk > :sk": lambda: sort_value > values[":sk"]["S"],
            "pk = :pk AND sk < :sk": lambda: sort_value < values[":sk"]["S"],
        }
        return met[condition]()

    def _item_size_bytes(self, item: Any) -> int:
        return 100


def seen(condition: str = "pk = :pk", sk: str = "", **request: Any) -> list[str]:
    dynamodb = FakeDynamo()
    quick_query.narrow_large_partitions(dynamodb)
    values = {":pk": {"S": "mine"}} | ({":sk": {"S": sk}} if sk else {})
    asked = {"TableName": "table", "KeyConditionExpression": condition, "ExpressionAttributeValues": values}

    found: list[str] = dynamodb._query(asked | request)

    assert len(dynamodb.table["items"]["mine"]) == len(KEYS)
    return found


def test_a_page_is_what_a_megabyte_holds_and_a_little_more() -> None:
    assert seen() == KEYS[:102]


def test_a_page_begins_behind_the_cursor() -> None:
    assert seen(ExclusiveStartKey={"sk": {"S": "k0499"}}, Limit=3) == KEYS[500:504]


def test_backwards_a_page_ends_before_the_cursor() -> None:
    assert seen(ExclusiveStartKey={"sk": {"S": "k0499"}}, Limit=2, ScanIndexForward=False) == [
        "k0498",
        "k0497",
        "k0496",
    ]


@pytest.mark.parametrize(
    ("condition", "sk", "expected"),
    [
        ("pk = :pk AND begins_with(sk, :sk)", "k001", KEYS[10:20]),
        ("pk = :pk AND begins_with(sk, :sk)", "z", []),
        ("pk = :pk AND sk > :sk", "k0990", KEYS[991:]),
        ("pk = :pk AND sk < :sk", "k0005", KEYS[:5]),
    ],
)
def test_only_what_meets_the_key_condition_is_seen(condition: str, sk: str, expected: Sequence[str]) -> None:
    assert seen(condition, sk) == expected


def test_an_index_is_left_to_the_engine() -> None:
    assert len(seen(IndexName="by_due")) == len(KEYS)
