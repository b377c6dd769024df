"""Certificates in a bucket of the embedded engine: written in flat memory, read again, downloaded by a signed link."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from local.engine.emulator import CREDENTIALS
from scrm.aws import session
from scrm.aws.certificate_documents import BucketCertificates
from scrm.aws.documents import PART_BYTES, DocumentStore
from scrm.handover.certificate import Certification, problems_of
from scrm.handover.edges import Attempt, AttemptOutcome, Chunk, ChunkKind, Edge, EdgeState, TransferApi
from scrm.handover.ports import CertificateDocuments
from tests.fakes.handover import LEAVER, START, TAKER, FakeCertificates, FakePackages
from tests.integration.test_handover_tables import case_of

pytestmark = pytest.mark.engine

KEY = "handover/certificates/case_1/0001-abc.csv"


@pytest.fixture(autouse=True)
def _clients_of_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in CREDENTIALS.items():  # the engine takes any key in a header, in a link only one it knows
        monkeypatch.setenv(name.upper(), value)
    session.reset()
    yield
    session.reset()


@pytest.fixture
def bucket(data_bucket: str) -> BucketCertificates:
    return BucketCertificates(DocumentStore(lambda: session.client("s3"), data_bucket))


@pytest.fixture(params=["bucket", "fake"])
def documents(request: pytest.FixtureRequest) -> CertificateDocuments:
    if request.param == "fake":
        return FakeCertificates()
    found: BucketCertificates = request.getfixturevalue("bucket")
    return found


def test_a_document_comes_back_line_by_line(documents: CertificateDocuments) -> None:
    documents.write(KEY, [b"a,", b"b\r\n", b"c,d"])

    assert list(documents.lines(KEY) or ()) == [b"a,b\r\n", b"c,d"]
    assert documents.lines("handover/certificates/case_1/0002-abc.csv") is None


def test_a_document_that_fails_half_way_leaves_nothing(documents: CertificateDocuments) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        documents.write(KEY, failing())

    assert documents.lines(KEY) is None


def test_a_signed_link_gives_the_document_to_whoever_has_no_token(bucket: BucketCertificates) -> None:
    bucket.write(KEY, [b"kind,target_id\r\n"])

    reply = requests.get(bucket.link(KEY, "case_1-0001.csv"), timeout=10)

    assert reply.content == b"kind,target_id\r\n"
    assert reply.headers["Content-Type"].startswith("text/csv")


def test_a_certificate_of_many_customers_is_written_in_flat_memory(bucket: BucketCertificates) -> None:
    case = replace(case_of(LEAVER), certificates=())
    tried = Attempt(TAKER, TransferApi.RESIGNED, START, 0, AttemptOutcome.DONE, START + timedelta(hours=24))
    chunks = [
        Chunk(
            case.case_id,
            ChunkKind.CUSTOMERS,
            number,
            LEAVER,
            TAKER,
            tuple(Edge(f"wm{number:05d}{place:03d}", EdgeState.DONE, attempts=(tried,)) for place in range(100)),
        )
        for number in range(280)
    ]

    tracemalloc.start()
    (certificate,) = Certification(bucket, FakePackages()).issue(case, chunks).certificates
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert certificate.customers == 28_000
    assert peak < 30 * 1024 * 1024, peak
    content = b"".join(bucket.lines(f"{certificate.key}.json") or ())
    assert hashlib.sha256(content).hexdigest() == certificate.json_sha256
    assert len(content) > PART_BYTES
    assert problems_of(certificate, bucket) == []
