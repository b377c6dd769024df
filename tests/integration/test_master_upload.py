"""A customer master put into the bucket, told by S3 to the contact queue, through the real function."""

import json
import os
from urllib.parse import quote_plus

import pytest

from scrm import clock
from scrm.aws import session
from scrm.aws.contact_queries import DynamoContactQueries
from scrm.aws.documents import DocumentStore, DocumentUnreadableError
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.contacts.model import Basis, Finding
from tests.engine import EngineTables
from tests.local_bank import LocalBank, customer_id, local_bank, small_world

pytestmark = pytest.mark.engine
KEY = "master/incoming/customers 1.csv"


def told(bank: LocalBank, bucket: str) -> None:
    """S3's word on the file, twice."""
    record = {
        "eventTime": clock.to_iso(clock.now()),
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(KEY, safe="/")}},
    }
    for _ in range(2):
        bank.send("contact", json.dumps({"Records": [record]}))
    bank.send("contact", json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "data"}))
    bank.run_until_idle()


def test_a_master_in_the_bucket_names_owners_gaps_and_broken_rows(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(3, 0), monkeypatch) as bank:
        bank.full_pass()
        bucket = os.environ["DATA_BUCKET"]
        rows = [f"{customer_id(0)},rm_wang01", f"{customer_id(1)},rm_li02", "?,rm_li02"]
        store = DocumentStore(lambda: session.client("s3"), bucket)
        store.put(KEY, "\n".join(["external_userid,userid", *rows]).encode(), "text/csv")

        told(bank, bucket)

        queries = DynamoContactQueries(Table(tables.client, tables.names["ContactsTable"]))
        managed = queries.customer(customer_id(0))
        gaps, cursor = [], None
        while True:
            page = queries.findings(Finding.GAP, cursor, 10)
            gaps += [view.external_userid for view in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        org = DynamoOrgRepository(Table(tables.client, tables.names["OrgTable"]))
        (rejection,) = org.rejections("/1/", None, 10).items

    assert managed is not None
    assert (managed.owner_userid, managed.basis, managed.managing_userid) == ("rm_wang01", Basis.MASTER, "rm_wang01")
    assert gaps == [customer_id(1)]
    assert (rejection.source, rejection.reason[:7]) == ("bank.master", "line 4:")


def test_lines_go_on_at_a_byte_and_only_of_the_same_document(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(1, 0), monkeypatch):
        store = DocumentStore(lambda: session.client("s3"), os.environ["DATA_BUCKET"])
        store.put(KEY, b"one\ntwo\nthree", "text/csv")

        etag, lines = store.lines_from(KEY)
        whole = list(lines)
        rest = list(store.lines_from(KEY, 4, etag)[1])
        store.put(KEY, b"one\nTWO\nthree", "text/csv")
        _, replaced = store.lines_from(KEY, 4, etag)
        with pytest.raises(DocumentUnreadableError):
            list(replaced)

    assert (whole, rest) == ([b"one\n", b"two\n", b"three"], [b"two\n", b"three"])
