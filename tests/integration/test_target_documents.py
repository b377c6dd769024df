"""Terms and splits of plans on S3: written once, and shown to be what was approved."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import boto3
import pytest
from moto import mock_aws

from scrm.aws import session
from scrm.aws.documents import DocumentMissingError, DocumentStore
from scrm.aws.target_documents import BucketPlanDocuments, TermsChangedError
from scrm.targets.planner import BranchShare
from tests.fakes.targets import CONVERSION, TERMS

BUCKET = "data"


@pytest.fixture
def documents() -> Iterator[BucketPlanDocuments]:
    with mock_aws():
        session.reset()
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
        yield BucketPlanDocuments(DocumentStore(lambda: client, BUCKET))
    session.reset()


def test_terms_come_back_exactly_by_their_checksum(documents: BucketPlanDocuments) -> None:
    slow = replace(CONVERSION, ramp=(Fraction(1, 3), Fraction(1)), uplift_per_valid_add=Fraction(22, 7))
    terms = replace(TERMS, conversion=slow, shares=(BranchShare("10", 5), BranchShare("20", 3, slow)))

    sha256 = documents.keep_terms("2027-aum", terms)

    assert documents.terms("2027-aum", sha256) == terms
    assert documents.keep_terms("2027-aum", terms) == sha256
    with pytest.raises(DocumentMissingError):
        documents.terms("2027-aum", "0" * 64)


def test_the_beginnings_of_a_rollout_come_back(documents: BucketPlanDocuments) -> None:
    terms = replace(TERMS, shares=(BranchShare("10", 5), BranchShare("20", 3, CONVERSION, 9)), first_month=5)

    assert documents.terms("2027-aum", documents.keep_terms("2027-aum", terms)) == terms


def test_terms_from_january_on_keep_the_checksum_of_before(documents: BucketPlanDocuments) -> None:
    """Written twice by the same person they are the same version, also across the release that knows beginnings."""
    sha256 = documents.keep_terms("2027-aum", TERMS)

    assert sha256 == "2faba5913273d252b6cbd2bd5282dd1f23f71f1f96e7cd0321106a3665be4856"


def test_terms_that_were_changed_in_storage_are_refused(documents: BucketPlanDocuments) -> None:
    sha256 = documents.keep_terms("2027-aum", TERMS)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"targets/terms/2027-aum/{sha256}.json", Body=b"{}")

    with pytest.raises(TermsChangedError):
        documents.terms("2027-aum", sha256)


def test_the_first_split_of_a_node_stays(documents: BucketPlanDocuments) -> None:
    assert documents.headcount("2027-aum", 1, "10") is None

    assert documents.keep_headcount("2027-aum", 1, "10", {"12": 2}) == {"12": 2}
    assert documents.keep_headcount("2027-aum", 1, "10", {"12": 9}) == {"12": 2}
    assert documents.headcount("2027-aum", 1, "10") == {"12": 2}
