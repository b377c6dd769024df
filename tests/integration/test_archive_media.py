"""Files of messages, and the signature of a day, on the embedded engine."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.archive import media as fetching
from scrm.archive.bodies import Media
from scrm.archive.media import MediaFetching, MediaPlace, MediaState, media_key
from scrm.archive.ports import MediaChunk
from scrm.archive.stores import Cursor, OpenPage, ParkedPage, ParkReason, ReopenedRows, SegmentPointer
from scrm.aws.archive_days import DynamoCertifiedDays
from scrm.aws.archive_table import DynamoIntakeStore, DynamoSegmentStore
from scrm.aws.kms_signature import KmsSigner, PublicKeyVerifier, public_key
from scrm.aws.media_table import DynamoMediaStore
from scrm.aws.media_uploads import S3MediaUpload
from scrm.aws.table import Table

pytestmark = pytest.mark.engine
NAME = "archive-media-alone"
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
PLACE = MediaPlace(2**63, 3, 0)
CHUNK = 512 * 1024
CONTENT = bytes(range(256)) * 4 * 1024 * 7  # 7 MiB: more than S3's smallest part


class Source:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_chat_data(self, seq: int, limit: int) -> bytes:
        raise NotImplementedError

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        raise NotImplementedError

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        self.asked.append(index)
        start = int(index or 0)
        return MediaChunk(CONTENT[start : start + CHUNK], str(start + CHUNK), finished=start + CHUNK >= len(CONTENT))


@pytest.fixture
def store(engine: Engine) -> Iterator[DynamoMediaStore]:
    client: Any = engine.client("dynamodb")
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    yield DynamoMediaStore(Table(client, NAME))
    client.delete_table(TableName=NAME)


@pytest.fixture
def s3(engine: Engine) -> Any:
    client: Any = engine.client("s3")
    client.create_bucket(
        Bucket=NAME,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": client.meta.region_name},
    )
    return client


def test_a_large_file_is_fetched_in_two_runs_and_ends_in_the_bucket(
    store: DynamoMediaStore, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PART_BYTES", 5 * 1024 * 1024)
    source, turns = Source(), iter([True] * 11 + [False])
    use_case = MediaFetching(source, S3MediaUpload(lambda: s3, NAME), store, lambda: NOW, lambda _: None)
    media = Media(0, "video", "SDKF", hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(), len(CONTENT))

    first = use_case.fetch(PLACE, "m1", media, NOW, lambda: next(turns))
    assert (first.state, len(first.parts)) == (MediaState.FETCHING, 1)
    assert [each.place for each in store.open_files()] == [PLACE]
    done = use_case.fetch(PLACE, "m1", media, NOW, lambda: True)

    assert done.state is MediaState.STORED
    assert list(store.open_files()) == []
    assert [each.place for each in store.ended_on(NOW.date())] == [PLACE]
    assert done.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert s3.get_object(Bucket=NAME, Key=media_key("m1", 0), VersionId=done.version_id)["Body"].read() == CONTENT
    assert store.media(PLACE) == done


def test_only_one_of_two_runs_writes(store: DynamoMediaStore) -> None:
    file = fetching.MediaFile(PLACE, "media/x", NOW)

    assert [store.save(file), store.save(file)] == [True, False]


def ended(store: DynamoMediaStore, line: int, at: datetime) -> None:
    place = MediaPlace(1, line, 0)
    assert store.save(fetching.MediaFile(place, f"media/{line}", NOW))
    file = fetching.MediaFile(place, f"media/{line}", NOW, MediaState.LOST, ended_at=at, version=1)
    assert store.save(file)


def test_a_file_that_is_noted_after_its_day_was_certified_belongs_to_the_next_day(
    store: DynamoMediaStore, engine: Engine
) -> None:
    days = DynamoCertifiedDays(Table(engine.client("dynamodb"), NAME))
    before_midnight = datetime(2026, 11, 26, 15, 59, 59, tzinfo=UTC)  # in Shanghai
    day, next_day = date(2026, 11, 26), date(2026, 11, 27)
    ended(store, 1, before_midnight)

    days.close(day)
    certified = days.media_of(day, []).counts.lost
    ended(store, 2, before_midnight)
    days.close(next_day)

    assert certified == 1
    assert (days.media_of(day, []).counts.lost, days.media_of(next_day, []).counts.lost) == (1, 1)


def test_rows_that_are_reopened_after_their_day_was_certified_belong_to_the_next_day(
    store: DynamoMediaStore, engine: Engine
) -> None:
    table = Table(engine.client("dynamodb"), NAME)
    days, segments = DynamoCertifiedDays(table), DynamoSegmentStore(table)
    page = OpenPage(0, "pages/0", "v1", "b" * 64, 3, NOW)
    parked = ParkedPage(0, 7, ParkReason.KEY_MISSING, (2, 3), page.key, page.sha256, NOW)
    day, next_day = date(2026, 11, 26), date(2026, 11, 27)
    intake = DynamoIntakeStore(table)
    intake.take_lease("one", NOW, NOW + timedelta(hours=1))
    assert intake.advance(Cursor(), Cursor(3, 1, "a" * 64), page, 1, NOW)
    segments.settle(page, SegmentPointer(day, 0, "segments/0", "v2", "c" * 64, 3, 1, 2, 0), [parked])

    days.close(day)
    segments.unpark(parked, [3], ReopenedRows(day, 0, 2, "v3", "d" * 64, 1))

    assert days.reopened_on(day) == []
    assert [each.first_seq for each in days.reopened_on(next_day)] == [2]


def test_a_root_is_signed_by_kms_and_verified_with_the_public_key_alone(engine: Engine) -> None:
    kms: Any = engine.client("kms")
    key_id = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    signature = KmsSigner(lambda: kms, key_id).sign(b"root")
    verifier = PublicKeyVerifier(lambda: public_key(kms, key_id))

    assert verifier.verifies(b"root", signature)
    assert not verifier.verifies(b"roof", signature)
