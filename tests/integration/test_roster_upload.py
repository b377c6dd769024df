"""A roster put into the bucket, told by S3 to the staff queue, through the real function."""

import json
import os
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest

from scrm import clock
from scrm.aws import session
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.documents import DocumentStore
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.handover.model import CaseState, HandoverCase
from scrm.org.roster import COLUMNS
from tests.engine import EngineTables
from tests.local_bank import LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine
STAFF = ("mgr_zhao01", "rm_wang01", "rm_li02", "rm_zhou03")


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    with local_bank(tables, small_world(3, 1), monkeypatch) as bank:
        bank.full_pass()
        yield bank


@pytest.fixture
def data_bucket(bank: LocalBank) -> str:
    return os.environ["DATA_BUCKET"]


@pytest.fixture
def store(bank: LocalBank, data_bucket: str) -> DocumentStore:
    return DocumentStore(lambda: session.client("s3"), data_bucket)


def line(userid: str, **changed: str) -> str:
    cells = dict.fromkeys(COLUMNS, "") | {"userid": userid, "node_id": "10", "status": "active"}
    return ",".join((cells | changed)[column] for column in COLUMNS)


def upload(bank: LocalBank, store: DocumentStore, bucket: str, name: str, *lines: str) -> None:
    """HR puts the file; S3 tells it, twice."""
    key = f"roster/incoming/{name}"
    store.put(key, "\r\n".join([",".join(COLUMNS), *lines]).encode(), "text/csv")
    record = {
        "eventTime": clock.to_iso(clock.now()),
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}},
    }
    for _ in range(2):
        bank.send("staff", json.dumps({"Records": [record]}))
    bank.run_until_idle()


def case_of(tables: EngineTables, userid: str) -> tuple[HandoverCase, int] | None:
    return DynamoCaseRepository(Table(tables.client, tables.names["HandoverTable"])).latest_case_of(userid)


def test_departure_in_the_roster_and_hrs_event_are_one_case(
    bank: LocalBank, store: DocumentStore, tables: EngineTables, data_bucket: str
) -> None:
    upload(bank, store, data_bucket, "hr 1.csv", *map(line, STAFF))
    assert case_of(tables, "rm_wang01") is None

    leaving = line("rm_wang01", status="departing", last_day="2030-01-31", successor_userid="rm_li02")
    upload(bank, store, data_bucket, "hr 2.csv", *map(line, STAFF[:1]), leaving, *map(line, STAFF[2:]))
    bank.hr_event("StaffDeparting", event_id="hr-1", userid="rm_wang01", last_day="2030-01-31")
    bank.run_until_idle()

    found = case_of(tables, "rm_wang01")
    assert found is not None
    case, ordinal = found
    assert (ordinal, case.state, case.requested_successors) == (1, CaseState.SCHEDULED, ("rm_li02",))
    assert [(signal.source.value, signal.kind) for signal in case.signals] == [
        ("roster", "roster_departing"),
        ("hr", "StaffDeparting"),
    ]


def test_broken_row_is_listed_and_the_good_rows_go_on(
    bank: LocalBank, store: DocumentStore, tables: EngineTables, data_bucket: str
) -> None:
    upload(bank, store, data_bucket, "hr.csv", line("rm_wang01", status="?"), line("rm_li02", capacity="7"))

    org = DynamoOrgRepository(Table(tables.client, tables.names["OrgTable"]))
    (rejection,) = org.rejections("/1/", None, 10).items
    _, sha256, number = (rejection.source, *rejection.event_id.split(":"))
    listed = [json.loads(row) for row in store.stream_lines(f"roster/rejected/{sha256}.jsonl")]
    assert (number, rejection.reason) == ("2", f"line 2: {listed[0]['reason']}")
    assert org.attributes("rm_li02").capacity == 7


def test_s3s_test_message_leaves_no_trace(bank: LocalBank, tables: EngineTables) -> None:
    bank.send("staff", json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "data"}))
    bank.run_until_idle()

    org = DynamoOrgRepository(Table(tables.client, tables.names["OrgTable"]))
    assert org.rejections("/1/", None, 10).items == ()
