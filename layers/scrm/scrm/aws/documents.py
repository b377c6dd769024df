"""Documents in the data bucket: roster files, packages, certificates. Memory stays flat whatever their size."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, GetObjectRequestTypeDef, HeadObjectOutputTypeDef

PART_BYTES: Final = 8 * 1024 * 1024
"""Above this an upload goes in parts; S3 wants 5 MiB at least of each but the last, and 10,000 parts at most."""
LONGEST_LINE_BYTES: Final = 1024 * 1024
_READ_BYTES: Final = 1024 * 1024
_DELETED_AT_ONCE: Final = 1_000  # S3's own limit
_MISSING: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})
_CHANGED: Final = frozenset({"412", "PreconditionFailed"})
_CONFLICT: Final = frozenset({"409", "ConditionalRequestConflict"})
_MOST_TRIES: Final = 5


class DocumentMissingError(LookupError):
    """No document has this key."""


class DocumentUnreadableError(ValueError):
    """The document cannot be read line by line; the text says why."""


class DocumentsNotRemovedError(Exception):
    """S3 refused to remove some documents; asking again is safe."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} documents could not be removed")


class DocumentUpload:
    """A document being written; `DocumentStore.open_upload` makes, completes and aborts it."""

    def __init__(self, s3: "S3Client", bucket: str, key: str, content_type: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._content_type = content_type
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []

    def write(self, content: bytes) -> None:
        """Append ``content``; what fills a part is sent at once."""
        self._buffer += content
        while len(self._buffer) > PART_BYTES:
            self._send_part(PART_BYTES)

    def complete(self) -> None:
        """Make all that was written the document, at once: until then readers find the previous one, or none."""
        if self._upload_id is None:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._key, Body=bytes(self._buffer), ContentType=self._content_type
            )
            return
        self._send_part(len(self._buffer))  # never empty: `write` leaves at least a byte
        self._s3.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
        )

    def abort(self) -> None:
        """Forget all that was written. What a killed process leaves is removed by the bucket's lifecycle rule."""
        if self._upload_id is not None:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload_id)

    def _send_part(self, size: int) -> None:
        if self._upload_id is None:
            begun = self._s3.create_multipart_upload(Bucket=self._bucket, Key=self._key, ContentType=self._content_type)
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        sent = self._s3.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            PartNumber=number,
            Body=bytes(self._buffer[:size]),
        )
        del self._buffer[:size]
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


class DocumentStore:
    """One bucket. Keys are whole (``handover/certificates/…``); contents are bytes; encryption is the bucket's own."""

    def __init__(self, open_client: Callable[[], "S3Client"], bucket: str) -> None:
        """``open_client`` is asked at every use, so that a start which touches no document makes no client."""
        self._open_client = open_client
        self._bucket = bucket

    @property
    def _s3(self) -> "S3Client":
        return self._open_client()

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool:
        """Write a document; with ``if_absent`` False, and nothing written, when there is one already.

        False may also mean our own write of a moment ago, whose answer was lost: keys derive from causes, so what lies
        there is what would have been written.
        """
        if if_absent:
            return self._put_first(key, body, content_type)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)
        return True

    def _put_first(self, key: str, body: bytes, content_type: str) -> bool:
        """S3 answers a conflict to a writer that meets another one, whoever wins: it wants to be asked again."""
        tries = 0
        while True:
            tries += 1
            try:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) in _CHANGED:
                    return False
                if _code(error) not in _CONFLICT or tries == _MOST_TRIES:
                    raise
            else:
                return True

    def get(self, key: str) -> bytes | None:
        """A whole document, for small ones; None when there is none."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise

    def lines_from(self, key: str, offset: int = 0, etag: str = "") -> tuple[str, Iterator[bytes]]:
        """As `stream_lines`, from a byte on: what tells this very document from one that replaces it, and its lines.

        With ``etag`` a document that was replaced since is a DocumentUnreadableError while reading.
        """
        head = self._head(key)
        wanted = etag or head["ETag"]
        return wanted, _lines(self._ranges(key, head["ContentLength"], wanted, offset))

    def stream_lines(self, key: str) -> Iterator[bytes]:
        """The lines of a document with their line ends (``\\n``), as `csv.reader` wants them once decoded.

        Read range by range, so that a reader may take minutes over a line without S3 closing the connection.

        Raises:
            DocumentMissingError: at the call, not at the first line.
            DocumentUnreadableError: while reading; a line is longer than `LONGEST_LINE_BYTES`, or the document was
                replaced meanwhile.
        """
        return self.lines_from(key)[1]

    @contextmanager
    def open_upload(self, key: str, content_type: str) -> Iterator[DocumentUpload]:
        """Write a document of any size piece by piece; an exception inside the block leaves what was there before."""
        upload = DocumentUpload(self._s3, self._bucket, key, content_type)
        try:
            yield upload
            upload.complete()
        except BaseException:
            with suppress(ClientError, BotoCoreError):  # the lifecycle rule does it; the caller wants the first error
                upload.abort()
            raise

    def link(self, key: str, file_name: str, valid_for_s: int) -> str:
        """A signed URL to read one document for so many seconds; nobody is asked, not even whether it is there."""
        asked = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{file_name}"',
        }
        return self._s3.generate_presigned_url("get_object", Params=asked, ExpiresIn=valid_for_s)

    def upload_link(self, key: str, size: int, valid_for_s: int) -> str:
        """A signed URL to put one document of ``size`` bytes with HTTP PUT, for so many seconds."""
        asked = {"Bucket": self._bucket, "Key": key, "ContentLength": size}
        return self._s3.generate_presigned_url("put_object", Params=asked, ExpiresIn=valid_for_s)

    def beginning(self, key: str, most: int, version_id: str = "") -> bytes | None:
        """A document's first ``most`` bytes; None when there is none. ``version_id``: of one that may be replaced."""
        asked: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": key, "Range": f"bytes=0-{most - 1}"}
        if version_id:
            asked["VersionId"] = version_id
        try:
            return self._s3.get_object(**asked)["Body"].read()
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            if _code(error) == "InvalidRange":
                return b""
            raise

    def sizes_below(self, prefix: str, after: str = "") -> Iterator[tuple[str, int]]:
        """Keys that begin with ``prefix``, in their order, with the size of each in bytes; those ``after`` a key."""
        pages = self._s3.get_paginator("list_objects_v2")
        for listed in pages.paginate(Bucket=self._bucket, Prefix=prefix, StartAfter=after):
            for each in listed.get("Contents", ()):
                yield each["Key"], each["Size"]

    def download(self, key: str, path: Path) -> None:
        """A document of any size as a local file. S3's client asks again for an answer, but not for the rest of one.

        Raises:
            DocumentMissingError: nothing has this key.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return self._download(key, path)
            except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                if tries == _MOST_TRIES:
                    raise

    def _download(self, key: str, path: Path) -> None:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        except ClientError as error:
            if _code(error) in _MISSING:
                raise DocumentMissingError(f"There is no document {key} in the data bucket.") from error
            raise
        with path.open("wb") as file:
            for piece in body.iter_chunks(_READ_BYTES):
                file.write(piece)

    def upload(self, key: str, path: Path, content_type: str) -> None:
        """A local file of up to 5 GB as a document, at once: until then readers find the previous one, or none."""
        with path.open("rb") as file:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=file, ContentType=content_type)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove documents; what is not there counts as removed."""
        for part in batched(keys, _DELETED_AT_ONCE, strict=False):
            asked = [{"Key": key} for key in part]
            answer = self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": asked, "Quiet": True})  # type: ignore[typeddict-item]
            if answer.get("Errors"):
                raise DocumentsNotRemovedError(len(answer["Errors"]))

    def _head(self, key: str) -> "HeadObjectOutputTypeDef":
        try:
            return self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                raise DocumentMissingError(f"There is no document {key} in the data bucket.") from error
            raise

    def _ranges(self, key: str, size: int, etag: str, offset: int = 0) -> Iterator[bytes]:
        for start in range(offset, size, _READ_BYTES):
            try:
                part = self._s3.get_object(
                    Bucket=self._bucket, Key=key, Range=f"bytes={start}-{start + _READ_BYTES - 1}", IfMatch=etag
                )
            except ClientError as error:
                if _code(error) in _CHANGED | _MISSING:
                    raise DocumentUnreadableError(
                        f"The document {key} was replaced or removed while it was read; read it again from its start."
                    ) from error
                raise
            yield part["Body"].read()


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > LONGEST_LINE_BYTES:
            raise DocumentUnreadableError(
                f"A line is longer than {LONGEST_LINE_BYTES} bytes; the document is not what its name says."
            )
    if rest:
        yield rest


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]
