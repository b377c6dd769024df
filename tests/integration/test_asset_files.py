"""Files that content shows, in a bucket on moto: put at the signed link, read back as far as announced."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from scrm.aws import session
from scrm.aws.asset_files import BucketAssets
from scrm.aws.documents import DocumentStore
from tests.fakes.media import PNG, an_asset

BUCKET = "content-files"


@pytest.fixture
def files() -> Iterator[BucketAssets]:
    with mock_aws():
        session.reset()
        place = {"LocationConstraint": "cn-north-1"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)  # type: ignore[arg-type]
        yield BucketAssets(DocumentStore(lambda: session.client("s3"), BUCKET))
    session.reset()


def put(content: bytes) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="content/media/asset_1", Body=content)


def test_a_file_is_read_up_to_one_byte_more_than_announced(files: BucketAssets) -> None:
    asset = an_asset()

    assert files.read(asset, asset.size) is None
    put(PNG)
    assert files.read(asset, asset.size) == PNG
    put(PNG * 3)
    assert files.read(asset, asset.size) == (PNG * 3)[: asset.size + 1]


def test_the_link_is_for_this_file_and_a_quarter_of_an_hour(files: BucketAssets) -> None:
    link = urlsplit(files.upload_link(an_asset()))

    assert link.path.endswith("content/media/asset_1")
    assert parse_qs(link.query)["X-Amz-Expires"] == ["900"]
    assert "content-length" in parse_qs(link.query)["X-Amz-SignedHeaders"][0]
