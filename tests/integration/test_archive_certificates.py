"""A day of the archive is certified by its function, and an auditor verifies it with the public key alone (O6)."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from functions.archive_certify import handler as archive_certify
from functions.archive_intake import handler as archive_intake
from functions.archive_media import handler as archive_media
from local.cli import archive_proof
from local.cli.commands import scrm
from scrm import clock
from scrm.archive.asking import ConsentTally
from scrm.archive.manifest import checksum
from scrm.archive.places import manifest_key, page_key, segment_key
from scrm.aws.archive_days import DynamoCertifiedDays
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.clock import BUSINESS_ZONE
from tests.engine import EngineTables
from tests.integration.test_archive import COLLEAGUE, MEMBER, body, pull, put_keys, say, table, upload_key
from tests.local_bank import Context, LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    """With two messages of today."""
    with local_bank(tables, small_world(3, 1), monkeypatch) as bank:
        key = tables.engine.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        monkeypatch.setenv("CERTIFICATE_KEY_ID", key["KeyMetadata"]["Arn"])
        archive_proof._client.cache_clear()
        bank.sim.control.archive.set_seats([MEMBER, COLLEAGUE])
        upload_key(bank, 1)
        put_keys(bank, 1)
        say(bank, "您好", "理财到期了")
        pull(bank)
        yield bank


def today() -> date:
    clock.refresh()
    return clock.now().astimezone(BUSINESS_ZONE).date()


def end_the_day(bank: LocalBank) -> date:
    day = today()
    midnight = datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE) + timedelta(days=1)
    bank.sim.control.advance((midnight - clock.now()).total_seconds() + 600)
    clock.refresh()
    return day


def certify(bank: LocalBank) -> Any:
    event = {"schedule": archive_certify.DUE}
    return bank.invoke(lambda: archive_certify.lambda_handler(event, Context()))  # type: ignore[arg-type]


def auditor(*arguments: str) -> Result:
    bucket = ("--bucket", os.environ["ARCHIVE_BUCKET"])
    return CliRunner().invoke(scrm, ["archive", "verify", *bucket, *arguments])


def test_a_day_is_certified_and_stands_before_an_auditor_who_has_the_public_key(
    bank: LocalBank, tmp_path: Path
) -> None:
    DynamoArchiveMembers(table(bank.tables)).give_seat(MEMBER, datetime(2026, 11, 26, tzinfo=UTC))
    bank.full_pass()
    day = end_the_day(bank)

    certify(bank)

    found = DynamoCertifiedDays(table(bank.tables)).day(day)
    assert found is not None
    assert (found.counts.rows, found.counts.opened, found.objects) == (2, 2, 3)
    assert found.root == checksum(body(bank, f"days/{day}.json"))
    assert found.signature == body(bank, f"days/{day}.sig")
    assert found.seats is not None
    assert (found.seats.permitted, found.seats.without) == (1, found.seats.roster - 1)
    key = CliRunner().invoke(scrm, ["archive", "public-key", "--key-id", os.environ["CERTIFICATE_KEY_ID"]])
    kept = tmp_path / "key.pem"
    kept.write_text(key.output)
    told = auditor("--day", str(day), "--public-key", str(kept))
    assert (told.exit_code, "完整" in told.output) == (0, True)


def test_the_consents_of_customers_and_groups_are_asked_for_and_stand_in_the_certificate(bank: LocalBank) -> None:
    customers = sorted(row["external_userid"] for row in bank.sim.control.relations(userid=MEMBER))
    corp = bank.sim.control.world()
    for row in corp["relations"]:
        if row["userid"] == MEMBER:
            row["archive_consent"] = {customers[0]: "agreed", customers[1]: "refused"}.get(row["external_userid"])
    bank.sim.control.load_world(corp)
    bank.sim.control.archive.set_seats([MEMBER])
    bank.full_pass()
    archive_intake.lambda_handler({"schedule": archive_intake.SEATS}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()
    members = DynamoArchiveMembers(table(bank.tables))
    (tally,) = (each for each in members.tallies() if each.member == MEMBER)
    assert tally.customers == ConsentTally(agreed=1, refused=1, unknown=len(customers) - 2)
    assert members.of([MEMBER])[MEMBER].refused == {customers[1]}

    day = end_the_day(bank)
    certify(bank)

    found = DynamoCertifiedDays(table(bank.tables)).day(day)
    assert found is not None
    assert found.consents is not None
    assert found.consents.unasked == 0
    assert found.consents.customers.refused >= 1


def test_certifying_with_a_death_before_and_after_each_call_makes_one_certificate(bank: LocalBank) -> None:
    day = end_the_day(bank)
    bank.kill_everywhere = True

    certify(bank)

    assert bank.killer.kills > 10
    assert auditor("--day", str(day), "--key-id", os.environ["CERTIFICATE_KEY_ID"]).exit_code == 0
    versions = bank.tables.engine.client("s3").list_object_versions(
        Bucket=os.environ["ARCHIVE_BUCKET"], Prefix="days/"
    )["Versions"]
    assert sorted(each["Key"] for each in versions) == [f"days/{day}.json", f"days/{day}.sig"]


def test_each_byte_that_somebody_changed_is_named_and_the_command_fails(bank: LocalBank) -> None:
    day = end_the_day(bank)
    certify(bank)
    keys = [page_key(0), segment_key(0), manifest_key(1)]
    for key in keys:
        changed = bytearray(body(bank, key))
        changed[-3] ^= 1
        bank.tables.engine.client("s3").put_object(Bucket=os.environ["ARCHIVE_BUCKET"], Key=key, Body=bytes(changed))

    told = auditor("--from", str(day), "--key-id", os.environ["CERTIFICATE_KEY_ID"])

    assert told.exit_code == 1
    assert {key for key in keys if key in told.output} == {*keys}


def test_a_day_whose_pages_wait_is_not_certified_and_how_long_it_waits_is_told(
    bank: LocalBank, capsys: pytest.CaptureFixture[str]
) -> None:
    say(bank, "还在吗")  # pulled, and not opened
    clock.refresh()
    archive_intake.lambda_handler({"schedule": archive_intake.DUE}, Context())  # type: ignore[arg-type]
    day = end_the_day(bank)

    certify(bank)
    told = capsys.readouterr().out
    assert '"ArchiveDayIncomplete":[1' in told.replace(" ", "")
    assert '"ArchiveCertificateAge":[60' in told.replace(" ", "")  # ten minutes and a little, in milliseconds
    assert DynamoCertifiedDays(table(bank.tables)).last_certified() is None

    bank.run_until_idle()
    certify(bank)
    assert DynamoCertifiedDays(table(bank.tables)).last_certified() == day


def say_files(bank: LocalBank, *sizes: int) -> None:
    for size in sizes:
        file = bank.sim.control.archive.make_file(size, seed=size)
        body = {**file, "filename": "说明.pdf", "fileext": "pdf"}
        bank.sim.control.archive.say({"from": MEMBER, "tolist": [COLLEAGUE], "msgtype": "file", "file": body})


def test_files_are_fetched_with_a_death_before_and_after_each_call_and_certified(
    bank: LocalBank, capsys: pytest.CaptureFixture[str]
) -> None:
    say_files(bank, 1_000_000, 3)
    clock.refresh()
    archive_intake.lambda_handler({"schedule": archive_intake.DUE}, Context())  # type: ignore[arg-type]
    bank.kill_everywhere = True
    bank.run_until_idle()
    assert bank.killer.kills > 25
    bank.kill_everywhere = False
    bank.sim.control.advance(3_700)
    clock.refresh()
    archive_media.lambda_handler({"schedule": archive_media.DUE}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()
    archive_media.lambda_handler({"schedule": archive_media.DUE}, Context())  # type: ignore[arg-type]
    day = end_the_day(bank)

    certify(bank)

    found = DynamoCertifiedDays(table(bank.tables)).day(day)
    assert found is not None
    assert (found.media.named, found.media.stored, found.media.open, found.media.pages_unread) == (2, 2, 0, 0)
    told = capsys.readouterr().out
    assert '"ArchiveMediaAge":[0' in told.replace(" ", "")
    said = [each["message"]["file"]["sdkfileid"] for each in bank.sim.control.archive.said()[2:]]
    assert [secret for secret in said if secret in told] == []
    key = ("--key-id", os.environ["CERTIFICATE_KEY_ID"])
    assert auditor("--day", str(day), *key).exit_code == 0
    s3 = bank.tables.engine.client("s3")
    listed = s3.list_objects_v2(Bucket=os.environ["ARCHIVE_BUCKET"], Prefix="media/")["Contents"]
    assert sorted(each["Size"] for each in listed) == [3, 1_000_000]
    s3.put_object(Bucket=os.environ["ARCHIVE_BUCKET"], Key=listed[0]["Key"], Body=b"another")
    assert listed[0]["Key"] in auditor("--day", str(day), *key).output
