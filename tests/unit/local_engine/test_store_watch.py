"""Who asked the engine's tables and buckets for what, read from the requests themselves."""

import json
from typing import Any

import pytest

from local.engine.queues import StoreUse
from local.engine.store_watch import StoreWatch, tables_of

FUNCTION = "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE1/20261127/cn-north-1/dynamodb/aws4_request, SignedHeaders=host"
OPERATOR = FUNCTION.replace("ASIAEXAMPLE1", "test")


def ask(watch: StoreWatch, action: str, body: Any, who: str = FUNCTION) -> None:
    watch.of_dynamodb({"x-amz-target": f"DynamoDB_20120810.{action}", "authorization": who}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "tables"),
    [
        ({"TableName": "one", "Key": {}}, ["one"]),
        ({"TableName": "arn:aws-cn:dynamodb:cn-north-1:000000000000:table/one/index/by_due"}, ["one"]),
        ({"RequestItems": {"one": {"Keys": []}, "two": {"Keys": []}}}, ["one", "two"]),
        ({"TransactItems": [{"Put": {"TableName": "one"}}, {"ConditionCheck": {"TableName": "two"}}]}, ["one", "two"]),
        ({}, []),
        ([], []),
    ],
)
def test_tables_are_found_in_every_kind_of_request(body: Any, tables: list[str]) -> None:
    assert list(tables_of(json.dumps(body).encode())) == tables


def test_what_is_no_request_names_no_table() -> None:
    assert list(tables_of(b"")) == list(tables_of(b"no JSON")) == []


def test_writes_of_anybody_are_counted_and_tables_are_known_of_functions_alone() -> None:
    watch = StoreWatch(lambda key: {"ASIAEXAMPLE1": "scrm-trial"}[key])
    ask(watch, "Query", {"TableName": "read"})
    ask(watch, "PutItem", {"TableName": "written"})
    ask(watch, "PutItem", {"TableName": "written"}, OPERATOR)
    ask(watch, "GetItem", {"TableName": "other"}, OPERATOR)

    assert watch.told() == {"writes": {"written": 2}, "asked": {"scrm-trial": ["read", "written"]}}


def test_buckets_are_stores_like_tables() -> None:
    watch = StoreWatch(lambda _: "scrm-trial")
    watch.of_s3("GET", "/archive/pages/1", {"authorization": FUNCTION})
    watch.of_s3("PUT", "/data/kpi/in%20coming", {"authorization": FUNCTION})
    watch.of_s3("POST", "/data", {"authorization": OPERATOR})
    watch.of_s3("GET", "/", {"authorization": FUNCTION})

    assert watch.told() == {"writes": {"data": 2}, "asked": {"scrm-trial": ["archive", "data"]}}


def use(asked: dict[str, set[str]] | None = None, **writes: int) -> StoreUse:
    return StoreUse(writes, {function: frozenset(tables) for function, tables in (asked or {}).items()})


def test_a_write_to_a_table_that_the_function_asks_changes_what_it_would_find() -> None:
    knows = {"due": {"cases"}}

    assert use(knows, cases=3, other=8).is_as_before(use(knows, cases=3, other=1), "due")
    assert not use(knows, cases=4).is_as_before(use(knows, cases=3), "due")
    assert not use(knows, cases=1).is_as_before(use(), "due")


def test_a_function_that_came_to_ask_another_table_counts_its_writes_since() -> None:
    now = use({"due": {"cases", "settings"}}, cases=3, settings=2)

    assert not now.is_as_before(use({"due": {"cases"}}, cases=3, settings=1), "due")
    assert now.is_as_before(use({"due": {"cases"}}, cases=3, settings=2), "due")


def test_of_a_function_nobody_knows_every_write_counts_but_to_tables_left_out() -> None:
    before, now = use(cases=3, rates=1), use(cases=3, rates=9)

    assert not now.is_as_before(before, "due")
    assert now.without(frozenset({"rates"})).is_as_before(before, "due")
