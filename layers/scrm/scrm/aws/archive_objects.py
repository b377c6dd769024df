"""The archive's evidence in its own bucket: versioned, locked, and written once."""

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scrm.archive.stores import ObjectDigest, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_READ_BYTES: Final = 1024 * 1024
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_TAKEN: Final = frozenset({"412", "PreconditionFailed"})


class S3ArchiveObjects:
    """Implements `scrm.archive.stores.ArchiveObjects` and, for readers, `scrm.archive.reading.ReadableArchive`.

    Lock and encryption are the bucket's own.
    """

    def __init__(self, open_client: Callable[[], "S3Client"], bucket: str) -> None:
        self._open_client = open_client
        self._bucket = bucket

    def put_once(self, key: str, body: bytes, content_type: str) -> str | None:
        """S3 wants a checksum beside a lock, which botocore sends. Two at one moment are a 409, which is raised."""
        try:
            answer = self._open_client().put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return None
            raise
        return answer["VersionId"]

    def read(self, key: str) -> StoredObject | None:
        found = self._get(key)
        return None if found is None else StoredObject(found["Body"].read(), found["VersionId"])

    def digest(self, key: str) -> ObjectDigest | None:
        found = self._get(key)
        if found is None:
            return None
        sha256 = hashlib.sha256()
        for piece in found["Body"].iter_chunks(_READ_BYTES):
            sha256.update(piece)
        return ObjectDigest(sha256.hexdigest(), found["VersionId"])

    def _get(self, key: str) -> "GetObjectOutputTypeDef | None":
        try:
            return self._open_client().get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise

    def keys_below(self, prefix: str) -> Iterator[str]:
        for listed in self._open_client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            for each in listed.get("Contents", ()):
                yield each["Key"]
