"""Evidence is locked longer on the engine by the function that alone may do it, and by nobody shorter (R11, R12)."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.archive_certify import handler as archive_certify
from functions.archive_retention import handler as archive_retention
from scrm import clock
from scrm.archive.places import manifest_key, page_key, segment_key
from scrm.archive.retaining import Progress
from scrm.archive.retention import RecordClass
from scrm.aws.retention_progress import DynamoRetentionProgress
from scrm.clock import BUSINESS_ZONE
from scrm.runtime.wiring import bank_settings
from tests.engine import EngineTables
from tests.integration.test_archive import MEMBER, pull, put_keys, say, table, upload_key
from tests.local_bank import Context, LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine
DAYS = 400


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    """With a certified day, in a bucket that locks for one day by itself."""
    with local_bank(tables, small_world(3, 1), monkeypatch) as bank:
        engine = tables.engine
        key = engine.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        monkeypatch.setenv("CERTIFICATE_KEY_ID", key["KeyMetadata"]["Arn"])
        monkeypatch.setenv("ARCHIVE_LOCK_MODE", "GOVERNANCE")
        monkeypatch.setenv("ARCHIVE_LOCK_DAYS", "1")
        rule: Any = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
        engine.client("s3").put_object_lock_configuration(
            Bucket=os.environ["ARCHIVE_BUCKET"],
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
        )
        bank.sim.control.archive.set_seats([MEMBER])
        upload_key(bank, 1)
        put_keys(bank, 1)
        say(bank, "您好")
        pull(bank)
        day = clock.now().astimezone(BUSINESS_ZONE)
        midnight = datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE) + timedelta(days=1)
        bank.sim.control.advance((midnight - clock.now()).total_seconds() + 600)
        clock.refresh()
        archive_certify.lambda_handler({"schedule": archive_certify.DUE}, Context())  # type: ignore[arg-type]
        yield bank


def extend() -> None:
    archive_retention.lambda_handler({"schedule": archive_retention.DUE}, Context())  # type: ignore[arg-type]


def locks(bank: LocalBank) -> dict[str, datetime]:
    """Until when each object is locked."""
    s3, bucket = bank.tables.engine.client("s3"), os.environ["ARCHIVE_BUCKET"]
    return {
        each["Key"]: s3.get_object_retention(Bucket=bucket, Key=each["Key"])["Retention"]["RetainUntilDate"]
        for each in s3.list_objects_v2(Bucket=bucket)["Contents"]
    }


def keep(**days: int) -> None:
    assert bank_settings.store().write("retention", days, 0, "operator:head_office", clock.now())


def test_what_is_kept_longer_is_locked_longer_once_and_what_is_not_stays(bank: LocalBank) -> None:
    before = locks(bank)
    chat = {page_key(0), segment_key(0), manifest_key(1)}

    extend()
    assert locks(bank) == before
    keep(chat_days=DAYS)
    extend()
    after = locks(bank)
    extend()

    assert {key for key, until in after.items() if until != before[key]} == chat
    assert all(after[key] - clock.now() > timedelta(days=DAYS) for key in chat)
    assert locks(bank) == after
    progress = DynamoRetentionProgress(table(bank.tables)).progress(RecordClass.CHAT)
    assert (progress.days, progress.objects, progress.since) == (DAYS, 0, None)
    assert progress.through is not None


def test_a_certificate_and_its_signature_are_locked_with_their_class_and_a_longer_lock_stays(bank: LocalBank) -> None:
    bucket = os.environ["ARCHIVE_BUCKET"]
    longest = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3_000)
    (certificate, signature) = sorted(key for key in locks(bank) if key.startswith("days/"))
    bank.tables.engine.client("s3").put_object_retention(
        Bucket=bucket, Key=certificate, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": longest}
    )
    keep(certificate_days=DAYS)

    extend()

    assert locks(bank)[certificate] == longest
    assert locks(bank)[signature] - clock.now() > timedelta(days=DAYS)


def test_progress_comes_back_as_it_was_saved(bank: LocalBank) -> None:
    store = DynamoRetentionProgress(table(bank.tables))
    now = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
    begun = Progress(RecordClass.MEDIA, days=DAYS, since=now)

    assert store.progress(RecordClass.MEDIA) == Progress(RecordClass.MEDIA)
    for each in (begun, Progress(RecordClass.MEDIA, DAYS, now.date(), 500, now)):
        store.save(each)
        assert store.progress(RecordClass.MEDIA) == each
