"""Documents in a bucket of the embedded engine: whole, line by line, piece by piece."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError, ReadTimeoutError

from local.engine.emulator import Engine
from scrm.aws import documents, session
from scrm.aws.documents import PART_BYTES, DocumentMissingError, DocumentStore, DocumentUnreadableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.engine

KEY = "handover/certificates/case_1.json"
LINE = b"E0000001," + "客户".encode() * 2_000 + b"\n"


class Conflicting:
    """S3 as it answers, at first, to one of two conditional writes at once, whether or not the other one succeeds."""

    def __init__(self, s3: "S3Client", conflicts: int = 2) -> None:
        self._s3 = s3
        self._conflicts = conflicts

    def put_object(self, **asked: Any) -> Any:
        if self._conflicts:
            self._conflicts -= 1
            raise ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject")
        return self._s3.put_object(**asked)


class Breaking:
    """S3 whose connection breaks in the middle of a document, so often."""

    def __init__(self, s3: "S3Client", breaks: int) -> None:
        self._s3 = s3
        self._breaks = breaks

    def get_object(self, **asked: Any) -> Any:
        answer = self._s3.get_object(**asked)
        if self._breaks:
            self._breaks -= 1
            body: Any = BreakingBody()
            answer["Body"] = body
        return answer


class BreakingBody:
    def iter_chunks(self, _size: int) -> Iterator[bytes]:
        yield b"half"
        raise ReadTimeoutError(endpoint_url="https://s3")


@pytest.fixture
def s3(engine: Engine) -> "S3Client":
    client: S3Client = engine.client("s3")
    return client


@pytest.fixture(autouse=True)
def _clients_of_the_test() -> Iterator[None]:
    session.reset()
    yield
    session.reset()


@pytest.fixture
def store(data_bucket: str) -> DocumentStore:
    return DocumentStore(lambda: session.client("s3"), data_bucket)


def test_a_document_is_read_as_it_was_written(store: DocumentStore, s3: "S3Client", data_bucket: str) -> None:
    written = store.put(KEY, b"{}", "application/json")

    assert written is True
    assert store.get(KEY) == b"{}"
    assert s3.head_object(Bucket=data_bucket, Key=KEY)["ContentType"] == "application/json"


def test_a_document_that_is_not_there_is_none_and_has_no_lines(store: DocumentStore) -> None:
    assert store.get(KEY) is None
    with pytest.raises(DocumentMissingError, match="no document handover/certificates"):
        store.stream_lines(KEY)


def test_a_document_that_is_there_is_not_replaced_when_it_has_to_be_absent(store: DocumentStore) -> None:
    answers = [store.put(KEY, body, "text/plain", if_absent=True) for body in (b"first", b"second")]

    assert answers == [True, False]
    assert store.get(KEY) == b"first"


@pytest.mark.parametrize(("other", "kept"), [(None, b"ours"), (b"the other's", b"the other's")])
def test_a_writer_that_meets_another_one_of_the_same_key_asks_again_who_was_first(
    other: bytes | None, kept: bytes, store: DocumentStore, data_bucket: str
) -> None:
    if other:
        store.put(KEY, other, "text/plain")
    conflicting = cast("S3Client", Conflicting(session.client("s3")))
    racing = DocumentStore(lambda: conflicting, data_bucket)

    assert racing.put(KEY, b"ours", "text/plain", if_absent=True) is (other is None)
    assert store.get(KEY) == kept


def test_a_download_that_breaks_in_the_middle_begins_again(
    store: DocumentStore, data_bucket: str, tmp_path: Path
) -> None:
    store.put(KEY, b"the whole", "text/plain")
    breaking = cast("S3Client", Breaking(session.client("s3"), 2))

    DocumentStore(lambda: breaking, data_bucket).download(KEY, tmp_path / "here")

    assert (tmp_path / "here").read_bytes() == b"the whole"


def test_a_download_that_breaks_again_and_again_fails(store: DocumentStore, data_bucket: str, tmp_path: Path) -> None:
    store.put(KEY, b"the whole", "text/plain")
    breaking = cast("S3Client", Breaking(session.client("s3"), 9))

    with pytest.raises(ReadTimeoutError):
        DocumentStore(lambda: breaking, data_bucket).download(KEY, tmp_path / "here")


@pytest.mark.parametrize("last", [b"", b"without an end"])
def test_lines_are_whole_wherever_a_range_ends(store: DocumentStore, last: bytes) -> None:
    content = LINE * 200 + b"\r\n\n" + last
    store.put(KEY, content, "text/csv")

    assert list(store.stream_lines(KEY)) == content.splitlines(keepends=True)


def test_an_empty_document_has_no_lines(store: DocumentStore) -> None:
    store.put(KEY, b"", "text/csv")

    assert list(store.stream_lines(KEY)) == []


def test_a_line_without_end_is_refused_instead_of_filling_the_memory(
    store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "LONGEST_LINE_BYTES", 1000)
    store.put(KEY, b"short\n" + b"x" * 1001, "text/csv")

    lines = store.stream_lines(KEY)

    assert next(lines) == b"short\n"
    with pytest.raises(DocumentUnreadableError, match="longer than 1000 bytes"):
        next(lines)


def test_a_document_replaced_while_it_is_read_is_not_mixed_with_the_new_one(store: DocumentStore) -> None:
    store.put(KEY, LINE * 200, "text/csv")
    lines = store.stream_lines(KEY)
    next(lines)

    store.put(KEY, LINE.lower() * 200, "text/csv")

    with pytest.raises(DocumentUnreadableError, match="replaced or removed"):
        list(lines)


def test_a_large_document_goes_up_in_parts_and_comes_down_in_flat_memory(
    store: DocumentStore, s3: "S3Client", data_bucket: str
) -> None:
    count = 2 * PART_BYTES // len(LINE) + 1
    tracemalloc.start()

    with store.open_upload(KEY, "text/csv") as upload:
        for _ in range(count):
            upload.write(LINE)
    written = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    lines = sum(1 for line in store.stream_lines(KEY) if line == LINE)
    read = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    head = s3.head_object(Bucket=data_bucket, Key=KEY)
    assert (lines, head["ContentLength"], head["ContentType"]) == (count, count * len(LINE), "text/csv")
    assert head["ETag"].endswith('-3"')
    assert written < 4 * PART_BYTES
    assert read < PART_BYTES


def test_a_small_document_is_one_request(store: DocumentStore, s3: "S3Client", data_bucket: str) -> None:
    with store.open_upload(KEY, "text/csv") as upload:
        upload.write(LINE)

    assert store.get(KEY) == LINE
    assert "-" not in s3.head_object(Bucket=data_bucket, Key=KEY)["ETag"]


def test_an_upload_that_fails_leaves_what_was_there_and_no_parts(
    store: DocumentStore, s3: "S3Client", data_bucket: str
) -> None:
    store.put(KEY, b"before", "text/csv")

    with pytest.raises(RuntimeError, match="the next row is bad"):
        _upload_that_fails(store)

    assert store.get(KEY) == b"before"
    assert s3.list_multipart_uploads(Bucket=data_bucket).get("Uploads", []) == []


def _upload_that_fails(store: DocumentStore) -> None:
    with store.open_upload(KEY, "text/csv") as upload:
        upload.write(b"x" * (PART_BYTES + 1))
        raise RuntimeError("the next row is bad")


class SentError(Exception):
    """Stops a request where it would leave, with its address as the text."""


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("cn-north-1", "scrm-data.s3.cn-north-1.amazonaws.com.cn"),
        ("eu-central-1", "scrm-data.s3.eu-central-1.amazonaws.com"),
    ],
)
def test_requests_go_to_the_partition_of_the_region(region: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    client = session.client("s3")
    client.meta.events.register("before-send.s3", _stop)

    with pytest.raises(SentError, match=f"^https://{host}/{KEY}$"):
        DocumentStore(lambda: client, "scrm-data").get(KEY)


def _stop(request: AWSPreparedRequest, **_: object) -> None:
    raise SentError(request.url)
