"""The audit store's promises, kept by the table (on moto) as by the fake."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.audit.model import ChainHead
from scrm.audit.ports import Append, AuditStore
from scrm.audit.reader import AuditReader
from scrm.audit.verifier import Damage, verify_chain
from scrm.aws import audit_table, session
from scrm.aws.audit_table import DynamoAuditStore
from tests.engine import EngineTables
from tests.fakes.audit import FakeAuditStore

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
KEYS: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        session.reset()
        client = boto3.client("dynamodb")
        client.create_table(TableName="audit", BillingMode="PAY_PER_REQUEST", **KEYS)
        yield client
    session.reset()


@pytest.fixture(params=["fake", "table"])
def store(request: pytest.FixtureRequest) -> AuditStore:
    if request.param == "fake":
        return FakeAuditStore()
    request.getfixturevalue("dynamodb")
    return DynamoAuditStore("audit", session.client("dynamodb"))


def record(log: AuditLog, number: int, node_path: str = "/1/10/", cause: str = "") -> str:
    return log.record("function:intake", "case.opened", f"case_{number}", node_path, "done", AT, cause=cause).entry_id


def test_writers_that_overtake_each_other_leave_one_chain(store: AuditStore) -> None:
    one, other = AuditLog(store, pause=lambda _attempt: None), AuditLog(store, pause=lambda _attempt: None)

    for number in range(6):
        record(one if number % 2 else other, number)

    assert [entry.subject for entry in store.oldest("10")] == [f"case_{number}" for number in range(6)]
    assert verify_chain(store, "10").is_intact


def test_an_append_to_an_old_head_is_refused(store: AuditStore) -> None:
    log = AuditLog(store)
    record(log, 1)
    stale = next(store.oldest("10"))

    assert store.append(stale, once=False) is Append.CONTENDED
    assert store.head("10").sequence == 1


def test_a_cause_is_recorded_once_even_when_the_chain_has_grown(store: AuditStore) -> None:
    first = record(AuditLog(store), 1, cause="evt_1")
    record(AuditLog(store), 2)

    again = record(AuditLog(store), 1, cause="evt_1")

    assert again == first
    assert store.head("10").sequence == 2


def test_unknown_chains_are_empty(store: AuditStore) -> None:
    assert store.head("99") == ChainHead("99")
    assert store.heads() == []
    assert list(store.oldest("99")) == []
    assert store.entry("99", "audit_x") is None


def test_every_chain_has_a_head(store: AuditStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_table, "_KEYS_PER_READ", 3)
    log = AuditLog(store)
    for branch in range(10, 18):  # more than one read takes
        record(log, branch, f"/1/{branch}/")

    heads = store.heads()

    assert {head.chain_id for head in heads} == {str(branch) for branch in range(10, 18)}
    assert all(head.sequence == 1 for head in heads)


@pytest.mark.parametrize("node_path", ["/1/", "/1/10/", "/1/10/12/", "/1/20/"])
@pytest.mark.parametrize("seconds_apart", [0, 1])
def test_readers_page_through_all_entries_of_their_nodes(store: AuditStore, node_path: str, seconds_apart: int) -> None:
    log = AuditLog(store)
    paths = ["/1/10/", "/1/20/", "/1/10/12/", "/1/", "/1/100/"] * 3
    for number, path in enumerate(paths):
        clock.advance_to(timedelta(seconds=number * seconds_apart))
        record(log, number, path)
    clock.reset()

    found: list[str] = []
    cursor: str | None = None
    for _ in paths:
        page = AuditReader(store).list_entries(node_path, cursor, 2)
        found += [entry.subject for entry in page.items]
        cursor = page.cursor
        if cursor is None:
            break

    expected = {f"case_{number}" for number, path in enumerate(paths) if path.startswith(node_path)}
    assert cursor is None
    assert len(found) == len(set(found))
    assert set(found) == expected


def _entry_items(dynamodb: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = dynamodb.scan(TableName="audit")["Items"]
    return sorted((item for item in items if item["sk"]["S"].startswith("E#")), key=lambda item: item["sk"]["S"])


def test_a_byte_flipped_in_any_attribute_of_the_table_is_named(dynamodb: Any) -> None:
    store = DynamoAuditStore("audit", session.client("dynamodb"))
    log = AuditLog(store)
    for number in range(5):
        record(log, number)
    whole = _entry_items(dynamodb)[2]

    for name in set(whole) - {"pk", "sk", "sequence"}:
        text = whole[name]["S"]
        damaged = {**whole, name: {"S": chr(ord(text[0]) ^ 1) + text[1:]}}
        dynamodb.put_item(TableName="audit", Item=damaged)
        findings = verify_chain(store, "10").findings
        assert [(f.first, f.last, f.damage) for f in findings] == [(3, 3, Damage.CHANGED)], name
        dynamodb.put_item(TableName="audit", Item={key: value for key, value in whole.items() if key != name})
        assert verify_chain(store, "10").findings[0].first == 3, name
        dynamodb.put_item(TableName="audit", Item=whole)
    assert verify_chain(store, "10").is_intact


def test_an_entry_deleted_from_the_table_is_named(dynamodb: Any) -> None:
    store = DynamoAuditStore("audit", session.client("dynamodb"))
    log = AuditLog(store)
    for number in range(5):
        record(log, number)
    items = _entry_items(dynamodb)

    for item in (items[1], items[4]):
        dynamodb.delete_item(TableName="audit", Key={"pk": item["pk"], "sk": item["sk"]})

    findings = verify_chain(store, "10").findings
    assert [(f.first, f.last, f.damage) for f in findings] == [(2, 2, Damage.MISSING), (5, 5, Damage.MISSING)]


@pytest.mark.engine
def test_concurrent_writers_on_the_engine_lose_double_and_fork_nothing(tables: EngineTables) -> None:
    def write(worker: int) -> None:
        log = AuditLog(DynamoAuditStore(tables.names["AuditTable"], tables.client))
        for number in range(10):
            record(log, worker * 100 + number, cause=f"{worker}:{number}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))

    store = DynamoAuditStore(tables.names["AuditTable"], tables.client)
    assert len({entry.subject for entry in store.oldest("10")}) == store.head("10").sequence == 60
    assert verify_chain(store, "10").is_intact
