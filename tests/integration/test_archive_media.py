"""Files of messages, and the signature of a day, on the embedded engine."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.archive import media as fetching
from scrm.archive.bodies import Media
from scrm.archive.media import MediaFetching, MediaPlace, MediaState, media_key
from scrm.archive.ports import MediaChunk
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


def test_a_root_is_signed_by_kms_and_verified_with_the_public_key_alone(engine: Engine) -> None:
    kms: Any = engine.client("kms")
    key_id = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    signature = KmsSigner(lambda: kms, key_id).sign(b"root")
    verifier = PublicKeyVerifier(lambda: public_key(kms, key_id))

    assert verifier.verifies(b"root", signature)
    assert not verifier.verifies(b"roof", signature)
