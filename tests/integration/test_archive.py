"""From what people say to its segment: the real functions, the engine's tables and bucket, the simulator as WeCom."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from functions.archive_intake import handler as archive_intake
from functions.archive_worker import handler as archive_worker
from scrm import clock
from scrm.archive.manifest import checksum, from_bytes
from scrm.archive.places import manifest_key, page_key, reopened_key, segment_key
from scrm.archive.segment import Line, RowState, read_lines
from scrm.archive.stores import Cursor, OpenPage, ParkedPage, ParkReason, ReopenedRows, SegmentPointer
from scrm.aws import session
from scrm.aws.archive_objects import S3ArchiveObjects
from scrm.aws.archive_table import DynamoIntakeStore, DynamoSegmentStore
from scrm.aws.table import Table
from tests.engine import EngineTables
from tests.fakes.archive import private_key
from tests.local_bank import Context, LocalBank, local_bank, restart, small_world

pytestmark = pytest.mark.engine

MEMBER, COLLEAGUE = "rm_wang01", "rm_li02"
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=90)


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    with local_bank(tables, small_world(3, 1), monkeypatch) as bank:
        bank.sim.control.archive.set_seats([MEMBER, COLLEAGUE])
        yield bank


def upload_key(bank: LocalBank, version: int) -> None:
    public = private_key(version).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert bank.sim.control.archive.upload_key(public.decode()) == version


def put_keys(bank: LocalBank, *versions: int) -> None:
    keys = {str(version): pem(private_key(version)) for version in versions}
    secrets = bank.tables.engine.client("secretsmanager")
    secrets.put_secret_value(SecretId=os.environ["ARCHIVE_KEYS_SECRET_ID"], SecretString=json.dumps(keys))
    restart()  # else a version that was missing is looked for after a minute only


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def say(bank: LocalBank, *texts: str) -> None:
    for text in texts:
        bank.sim.control.archive.write(MEMBER, COLLEAGUE, text)


def pull(bank: LocalBank) -> None:
    clock.refresh()
    archive_intake.lambda_handler({"schedule": archive_intake.DUE}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()


def body(bank: LocalBank, key: str) -> bytes:
    found: bytes = (
        bank.tables.engine.client("s3").get_object(Bucket=os.environ["ARCHIVE_BUCKET"], Key=key)["Body"].read()
    )
    return found


def lines(bank: LocalBank, key: str) -> list[Line]:
    return list(read_lines(body(bank, key)))


def table(tables: EngineTables) -> Table:
    return Table(tables.client, tables.names["ArchiveTable"])


def test_what_is_said_is_a_page_a_manifest_and_a_segment(bank: LocalBank) -> None:
    upload_key(bank, 1)
    put_keys(bank, 1)
    say(bank, "您好", "理财到期了")

    pull(bank)
    say(bank, "谢谢")
    pull(bank)

    first, second = (from_bytes(body(bank, manifest_key(number))) for number in (1, 2))
    assert second.previous_sha256 == checksum(body(bank, manifest_key(1)))
    assert second.page.asked_from == first.page.last_seq
    assert first.page.sha256 == checksum(body(bank, page_key(0)))
    said = [line.message["text"]["content"] for line in lines(bank, segment_key(0))]
    assert said == ["您好", "理财到期了"]
    assert DynamoIntakeStore(table(bank.tables)).newest_message_at() is not None
    assert list(DynamoIntakeStore(table(bank.tables)).open_pages()) == []


def test_rows_without_their_key_are_parked_and_open_by_themselves_when_it_comes(bank: LocalBank) -> None:
    upload_key(bank, 1)
    put_keys(bank, 1)
    say(bank, "一")
    upload_key(bank, 2)
    say(bank, "二")
    bank.sim.control.archive.poison("not_utf8")
    bank.sim.control.archive.poison("short")
    bank.sim.control.archive.poison("no_row")
    say(bank, "三")

    pull(bank)
    assert [line.state for line in lines(bank, segment_key(0))].count(RowState.PARKED) == 4
    put_keys(bank, 1, 2)
    archive_worker.lambda_handler({"schedule": archive_worker.PARKED}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()

    [waiting] = DynamoSegmentStore(table(bank.tables)).parked_pages()
    assert (waiting.key_version, len(waiting.seqs)) == (2, 1)  # the short one
    first = next(line.seq for line in lines(bank, segment_key(0)) if line.state is RowState.PARKED)
    reopened = lines(bank, reopened_key(0, first or 0))
    assert [line.state for line in reopened] == [RowState.OPENED, RowState.RAW, RowState.OPENED]


def test_one_run_with_a_death_before_and_after_each_call_loses_and_doubles_nothing(bank: LocalBank) -> None:
    upload_key(bank, 1)
    put_keys(bank, 1)
    say(bank, *"甲乙丙")
    bank.kill_everywhere = True
    bank.send("archive_intake", '{"schema_version": 1, "kind": "pull_requested"}')

    bank.run_until_idle()
    bank.kill_everywhere = False
    bank.sim.control.advance(900)
    pull(bank)  # what lay open is told again

    assert bank.killer.kills > 20
    assert [line.message["text"]["content"] for line in lines(bank, segment_key(0))] == [*"甲乙丙"]
    cursor = DynamoIntakeStore(table(bank.tables)).cursor()
    assert (cursor.manifest_number, cursor.manifest_sha256) == (1, checksum(body(bank, manifest_key(1))))
    assert list(DynamoIntakeStore(table(bank.tables)).open_pages()) == []


def test_a_lease_is_one_runs_and_only_its_epoch_moves_the_cursor(tables: EngineTables) -> None:
    store = DynamoIntakeStore(table(tables))
    assert store.take_lease("one", NOW, SOON) == 1
    assert store.take_lease("two", NOW, SOON) is None
    assert store.take_lease("two", SOON, SOON + timedelta(seconds=90)) == 2
    after, page = Cursor(2**63 + 1, 1, "a" * 64), OpenPage(0, page_key(0), "v1", "b" * 64, 3, NOW)

    assert not store.advance(Cursor(), after, page, 1, SOON)
    assert store.advance(Cursor(), after, page, 2, SOON)
    assert not store.advance(Cursor(), after, page, 2, SOON)
    assert (store.cursor(), list(store.open_pages())) == (after, [page])
    store.release_lease(1, NOW)
    assert store.take_lease("three", NOW, SOON) is None
    store.release_lease(2, NOW)
    assert store.take_lease("three", NOW, SOON) == 3


def test_a_settled_page_is_settled_once_and_its_rows_are_unparked_as_they_were(tables: EngineTables) -> None:
    intake, store = DynamoIntakeStore(table(tables)), DynamoSegmentStore(table(tables))
    intake.take_lease("one", NOW, SOON)
    page = OpenPage(0, page_key(0), "v1", "b" * 64, 3, NOW)
    intake.advance(Cursor(), Cursor(3, 1, "a" * 64), page, 1, SOON)
    parked = ParkedPage(0, 7, ParkReason.KEY_MISSING, (2, 3), page.key, page.sha256, NOW)
    segment = SegmentPointer(NOW.date(), 0, segment_key(0), "v2", "c" * 64, 3, 1, 2, 0)

    store.settle(page, segment, [parked])
    assert store.open_page(0) is None
    assert store.parked_page(0, 7, ParkReason.KEY_MISSING) == parked
    reopened = ReopenedRows(NOW.date(), 0, 2, "v3", "d" * 64, 1)
    store.unpark(parked, [3], reopened)
    store.unpark(parked, [], reopened)  # it read what is not there any more
    assert [each.seqs for each in store.parked_pages()] == [(3,)]
    assert store.reopened_on(NOW.date()) == [reopened]
    store.settle(page, segment, [parked])  # a repeat
    assert [each.seqs for each in store.parked_pages()] == [(3,)]

    store.message_seen(NOW)
    store.message_seen(NOW - timedelta(days=1))
    assert intake.newest_message_at() == NOW


def test_evidence_is_written_once_and_locked(tables: EngineTables) -> None:
    s3: Any = tables.engine.client("s3")
    s3.create_bucket(
        Bucket="evidence",
        CreateBucketConfiguration={"LocationConstraint": "cn-north-1"},
        ObjectLockEnabledForBucket=True,
    )
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket="evidence", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    session.reset()
    objects = S3ArchiveObjects(lambda: session.client("s3"), "evidence")

    version = objects.put_once(page_key(0), b"first", "application/json")
    assert version
    assert objects.put_once(page_key(0), b"second", "application/json") is None
    stored = objects.read(page_key(0))
    assert stored is not None
    assert (stored.body, stored.version_id) == (b"first", version)
    assert objects.read(page_key(1)) is None
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="evidence", Key=page_key(0), VersionId=version)
