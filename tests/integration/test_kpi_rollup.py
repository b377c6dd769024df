"""Facts become counters: the real function, the engine's bucket and table."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from functions.kpi_rollup import handler
from scrm import clock, ids
from scrm.aws import session
from scrm.aws.documents import DocumentStore
from scrm.aws.kpi_recounts import DynamoRecounts
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.table import Table
from scrm.kpi import recounts
from scrm.kpi.recounts import Recount, Recounts, RecountState
from scrm.runtime.wiring import kpi_rollup as wiring
from tests.engine import EngineTables
from tests.local_bank import Context

pytestmark = pytest.mark.engine
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
DAY = date(2027, 3, 1)


@pytest.fixture
def documents(tables: EngineTables, data_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentStore]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setenv("KPI_TABLE", tables.names["KpiTable"])
    session.reset()
    wiring.reset()
    yield DocumentStore(lambda: session.client("s3"), data_bucket)
    session.reset()
    wiring.reset()


@pytest.fixture
def measures(documents: DocumentStore, tables: EngineTables) -> DynamoKpiMeasures:
    return DynamoKpiMeasures(Table(session.client("dynamodb"), tables.names["KpiTable"]))


class Heard:
    """Implements `scrm.kpi.recounts.RecountJournal`."""

    def asked(self, recount: Recount) -> None:
        """In memory nobody reads it."""


def run(**event: str) -> Any:
    return handler.lambda_handler(event, Context())  # type: ignore[arg-type]


def added(number: int, at: datetime = NOW) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "event_id": ids.derive("added", str(number)),
        "occurred_at": clock.to_iso(at),
        "node_path": "/1/10/12/",
        "userid": f"rm{number % 3}",
    }


def tell(documents: DocumentStore, name: str, *lines: dict[str, Any], kind: str = "contact_added") -> None:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    landing = clock.now().astimezone(clock.BUSINESS_ZONE).date()
    documents.put(f"facts/{kind}/{landing}/{name}.jsonl", body, "application/x-ndjson")


def test_facts_that_landed_are_counted_once_however_often_it_runs(
    documents: DocumentStore, measures: DynamoKpiMeasures
) -> None:
    ends = {"channel": "one_to_one", "state": "sent", "corrects": None}
    tell(documents, "a", *map(added, range(6)))
    tell(documents, "b", *map(added, range(4, 8)))
    tell(documents, "c", {**added(99), **ends}, kind="send_settled")

    run(schedule="kpi_rollup.count")
    run(schedule="kpi_rollup.count")
    tell(documents, "d", added(8), added(0))
    run(schedule="kpi_rollup.count")

    expected = {"added": 9, "sends_settled_one_to_one": 1, "reached_one_to_one": 1}
    assert measures.of_days("12", DAY, DAY) == measures.of_days("1", DAY, DAY) == {DAY: expected}
    assert measures.of_members("12", DAY, DAY)["rm1"] == {DAY: {"added": 3}}
    assert [key for key, _ in documents.sizes_below("kpi/windows/")] == [
        "kpi/windows/00000001.json",
        "kpi/windows/00000002.json",
    ]


def test_of_the_counts_of_a_day_those_of_two_windows_stay(
    documents: DocumentStore, measures: DynamoKpiMeasures
) -> None:
    for number in range(4):
        tell(documents, str(number), added(number))
        run(schedule="kpi_rollup.count")

    kept = [key.rsplit("-", 1)[1] for key, _ in documents.sizes_below(f"kpi/counts/{DAY}/")]

    assert kept == ["00000003.json", "00000004.json"]
    assert measures.of_days("10", DAY, DAY) == {DAY: {"added": 4}}


def test_a_line_that_is_no_fact_is_named_and_the_others_count(
    documents: DocumentStore, measures: DynamoKpiMeasures
) -> None:
    tell(documents, "a", added(1), {**added(2), "node_path": ""}, added(3))
    documents.put("facts/contact_added/2027-03-01.jsonl", b"of an earlier release", "text/plain")

    run(schedule="kpi_rollup.count")

    refused = json.loads(documents.get("kpi/refused/00000001.json") or b"")
    key = "facts/contact_added/2027-03-01/a.jsonl"
    why = "Expected `str` of length >= 1 - at `$.node_path`"
    assert refused == {
        "schema_version": 1,
        "window": 1,
        "lines": 1,
        "first": [{"key": key, "line": 2, "why": why}],
    }
    assert measures.of_days("12", DAY, DAY) == {DAY: {"added": 2}}


def test_an_operator_has_a_day_counted_anew(
    documents: DocumentStore, measures: DynamoKpiMeasures, tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(documents, "a", *map(added, range(5)))
    run(schedule="kpi_rollup.count")
    (key,) = (key for key, _ in documents.sizes_below(f"kpi/counts/{DAY}/"))
    documents.put(key, (documents.get(key) or b"").replace(b'"added":2', b'"added":7'), "application/json")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9))

    store = DynamoRecounts(Table(session.client("dynamodb"), tables.names["KpiTable"]))
    asked = Recounts(store, Heard(), clock.now).ask(DAY, "a count was changed by hand", "operator:op-1", "key")
    run(schedule="kpi_rollup.count")

    (done,) = store.latest()
    assert (done.recount_id, done.state, done.window, done.events) == (asked.recount_id, RecountState.DONE, 2, 5)
    assert measures.of_days("12", DAY, DAY) == {DAY: {"added": 5}}
    version = Table(session.client("dynamodb"), tables.names["KpiTable"]).get({"pk": f"DAY#{DAY}", "sk": "00000002"})
    assert version
    assert (version["events"], version["recounted"]) == (5, True)


def test_what_is_not_its_schedule_is_an_error(documents: DocumentStore) -> None:
    with pytest.raises(ValidationError):
        run(schedule="kpi_rollup.other")
    with pytest.raises(ValidationError):
        run(kind="RecountRequested", day="2027-03-01")


def test_wishes_of_two_at_once_are_both_kept_and_of_what_is_done_the_last_50(tables: EngineTables) -> None:
    table = Table(session.client("dynamodb"), tables.names["KpiTable"])
    store, other = DynamoRecounts(table), DynamoRecounts(table)
    wishes = [Recount(f"recount_{number}", DAY, "why", "operator:op-1", NOW) for number in range(54)]

    def while_another_asks(before: Sequence[Recount]) -> Sequence[Recount]:
        if not before:
            other.change(lambda known: [*known, wishes[0]])
        return [*before, wishes[1]]

    assert store.change(while_another_asks) == wishes[:2]
    store.change(lambda _: wishes)
    store.change(lambda before: [*recounts.done(before, DAY, 7, NOW, 0), replace(wishes[0], recount_id="recount_new")])
    store.change(lambda before: before[1:])

    kept = store.latest()
    assert [one.recount_id for one in kept[-2:]] == ["recount_53", "recount_new"]
    assert len(kept) == 50
