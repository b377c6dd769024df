"""The audience's table on the embedded engine: dossiers come back as they were, and follow a customer to his owner."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import quote_plus, urlsplit

import pytest

from scrm import clock
from scrm.audience.dossiers import Bucket, Dossier
from scrm.audience.facts import Activity, Consent
from scrm.audience.intake import FactsReader, FeedImport
from scrm.audience.lists import CustomerList, ListExpiredError
from scrm.audience.ports import FeedTaken
from scrm.audience.segments import Segment
from scrm.aws import dossier_items, session
from scrm.aws.audience_table import DynamoAudienceNotes, DynamoDossiers, DynamoFeedRecord
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.documents import DocumentStore
from scrm.aws.list_documents import BucketLists
from scrm.aws.pressure_table import DynamoOwnerNotes
from scrm.aws.segment_table import DynamoSegments
from scrm.aws.table import Table, to_item
from scrm.contacts.changes import ContactChanges, Taken
from scrm.contacts.writer import CustomerWriter
from scrm.homes import MOST_IN_A_BUCKET
from scrm.paging import InvalidCursorError
from scrm.runtime.audience_joins import ContactsOwned
from tests.engine import EngineTables
from tests.fakes.audience import NOW, FakeDossiers, FakeOwned, facts
from tests.fakes.contacts import FakeCustomerSource
from tests.local_bank import customer_id, local_bank, small_world

pytestmark = pytest.mark.engine
DAY = timedelta(days=1)


@pytest.fixture
def table(tables: EngineTables) -> Iterator[Table]:
    session.reset()
    yield Table(session.client("dynamodb"), tables.names["AudienceTable"])
    session.reset()


def test_dossiers_come_back_as_they_were_and_a_stale_write_is_refused(table: Table) -> None:
    store = DynamoDossiers(table)
    everything = facts(
        "wm1",
        tier="private",
        aum_band=0,
        holdings=("fund_01", "fund_02"),
        labels=("高净值",),
        activity=Activity.SILENT,
        is_long_tail=False,
        pool="centre",
        consent=Consent.WITHDRAWN,
        is_protected=True,
    )
    nothing = facts("wm2", told_at=NOW - DAY, risk_class=None, assessed_on=None, born_on=None, consent=Consent.UNKNOWN)
    bucket = Bucket("rm_round", "", {each.external_userid: Dossier(each, 7) for each in (everything, nothing)})

    assert store.save([bucket])
    assert not store.save([bucket])

    shelf = store.shelf("rm_round")
    assert (shelf.buckets, shelf.buckets[0].version) == ((bucket,), 1)


def test_a_split_bucket_is_written_whole(table: Table) -> None:
    store = DynamoDossiers(table)
    names = [f"wm{number}" for number in range(MOST_IN_A_BUCKET + 200)]
    feed = FeedImport(FakeOwned(FakeDossiers(), **dict.fromkeys(names, "rm_many")), store, lambda: NOW)

    feed.take(list(map(facts, names[:MOST_IN_A_BUCKET])))
    feed.take(list(map(facts, names)))

    assert sorted(FactsReader(store).of_owner("rm_many")) == sorted(names)
    assert [bucket.prefix for bucket in store.shelf("rm_many").buckets] == ["", "0", "1"]


def test_facts_follow_a_customer_in_the_transaction_of_his_new_owner(table: Table, tables: EngineTables) -> None:
    contacts_table = Table(session.client("dynamodb"), tables.names["ContactsTable"])
    pressure = Table(session.client("dynamodb"), tables.names["PressureTable"])
    contacts = DynamoContactRepository(contacts_table, lambda: [DynamoOwnerNotes(pressure), DynamoAudienceNotes(table)])
    changes = ContactChanges(FakeCustomerSource(), contacts, CustomerWriter(contacts, clock.now))
    now = clock.now()
    changes.added("rm_from", "wm_moves", now - 9 * DAY)
    reader = FactsReader(DynamoDossiers(table))
    feed = FeedImport(ContactsOwned(contacts), DynamoDossiers(table), lambda: now)
    feed.take([facts("wm_moves", told_at=now)])
    assert reader.of_owner("rm_from") == {"wm_moves": facts("wm_moves", told_at=now)}

    changes.taken_over(Taken("case_1", "rm_from", "rm_to", ("wm_moves",), now, on_job=True))

    assert reader.of_owner("rm_from") == {}
    assert reader.of_owner("rm_to") == {"wm_moves": facts("wm_moves", told_at=now)}
    notes = DynamoDossiers(table)
    assert notes.arrived("rm_to", now - DAY) == {"wm_moves": {"rm_from"}}
    assert notes.arrived("rm_to", now + DAY) == notes.arrived("rm_from", now - DAY) == {}
    feed.take([facts("wm_moves", told_at=now + DAY)])
    assert reader.of_owner("rm_to") == {"wm_moves": facts("wm_moves", told_at=now + DAY)}


def test_segments_keep_their_versions_and_are_listed_at_their_node(table: Table) -> None:
    store = DynamoSegments(table)
    first = Segment("seg_kept", "77", "/1/77/", "黄金客户", "tier = gold", "operator:op", NOW)
    second = replace(first, expression="tier = private", version=2)

    assert store.add(first)
    assert not store.add(first)
    assert not store.add(replace(second, version=3))
    assert store.add(second)
    assert not store.add(replace(second, name="another"))
    assert store.add(replace(first, segment_id="seg_other"))

    assert (store.segment("seg_kept"), store.segment("seg_nobody")) == (second, None)
    assert store.versions("seg_kept") == [first, second]
    page = store.at_node("77", None, 1)
    rest = store.at_node("77", page.cursor, 5)
    assert (page.items, [one.segment_id for one in rest.items]) == ((second,), ["seg_other"])
    with pytest.raises(InvalidCursorError):
        store.at_node("78", page.cursor, 1)


def test_the_latest_feed_is_remembered(table: Table) -> None:
    record = DynamoFeedRecord(table)

    record.note(FeedTaken(NOW, 10))
    record.note(FeedTaken(NOW - DAY, 5))

    assert record.latest() == FeedTaken(NOW, 10)


def test_a_thousand_customers_cost_a_few_read_units() -> None:
    """0.06 read units a customer are 240 bytes; a strongly consistent read of 4 KiB is one."""
    told = [
        facts(
            f"wmEAAAabcdefghijklmnopqr{number:08}",
            tier=("standard", "gold", "private")[number % 3],
            aum_band=number % 9,
            holdings=(f"fund_{number % 40:03}", f"deposit_{number % 7:03}"),
            labels=("工资户",) if number % 2 else (),
            risk_class=number % 5 + 1,
            born_on=date(1950, 1, 1) + timedelta(days=number * 13 % 20_000),
            assessed_on=date(2026, 1, 1) + timedelta(days=number % 300),
        )
        for number in range(MOST_IN_A_BUCKET)
    ]
    item = to_item(
        dossier_items.bucket_item(Bucket("rm_a", "", {one.external_userid: Dossier(one, 12) for one in told}))
    )

    assert len(item["dossiers"]["B"]) / MOST_IN_A_BUCKET < 60


def test_a_feed_in_the_bucket_is_laid_with_the_owners(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "audience/incoming/facts 1.csv"
    with local_bank(tables, small_world(30, 0), monkeypatch) as bank:
        bank.full_pass()
        bucket = os.environ["DATA_BUCKET"]
        rows = [f"{customer_id(number)},C{number % 5 + 1},2026-01-05,1980-02-29,given" for number in range(30)]
        rows.append("?,C1,,,")
        store = DocumentStore(lambda: session.client("s3"), bucket)
        header = "external_userid,risk_class,assessed_on,born_on,consent"
        store.put(key, "\n".join([header, *rows]).encode(), "text/csv")
        told_at = clock.now()
        record = {
            "eventTime": clock.to_iso(told_at),
            "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}},
        }
        for _ in range(2):
            bank.send("contact", json.dumps({"Records": [record]}))
        bank.run_until_idle()

        contacts = DynamoContactRepository(Table(tables.client, tables.names["ContactsTable"]))
        owners = {one: each.owner_userid for one, each in contacts.customers(list(map(customer_id, range(30)))).items()}
        reader = FactsReader(DynamoDossiers(Table(tables.client, tables.names["AudienceTable"])))
        classes = {
            one: known.risk_class
            for owner in set(owners.values())
            for one, known in reader.of_owner(owner).items()
            if known
        }
        review = store.get(f"audience/review/facts 1-{int(told_at.timestamp())}-0.csv")

    assert len(owners) == 30
    assert classes == {customer_id(number): number % 5 + 1 for number in range(30)}
    assert review == b"line,reason\r\n32,external_userid: it must be WeCom's id of a customer\r\n"


def test_a_list_is_kept_in_the_bucket_with_the_rows_to_review(data_bucket: str) -> None:
    session.reset()
    store = DocumentStore(lambda: session.client("s3"), data_bucket)
    lists = BucketLists(store)
    found = CustomerList(tuple(f"wm{number}" for number in range(1_000)), ((7, "the row is not CSV"),), 0, "a" * 64)

    lists.put("seg_1", found)
    link = lists.upload_link("operator:op-1", "a" * 64, 3)
    store.put(urlsplit(link).path.removeprefix(f"/{data_bucket}/"), b"wm1", "text/csv")

    assert lists.customers("seg_1", "a" * 64) == found.external_userids
    assert store.get(f"audience/review/seg_1-{'a' * 64}.csv") == b"line,reason\r\n7,the row is not CSV\r\n"
    assert lists.uploaded("operator:op-1", "a" * 64) == b"wm1"
    assert lists.uploaded("operator:op-2", "a" * 64) is None
    with pytest.raises(ListExpiredError):
        lists.customers("seg_1", "b" * 64)
    session.reset()
