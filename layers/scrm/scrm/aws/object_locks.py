"""Locks of the archive's objects, by version (S3 Object Lock)."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import ClientError

from scrm.archive.certificate import NamedObject
from scrm.archive.retaining import Extended
from scrm.archive.stores import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

type LockMode = Literal["COMPLIANCE", "GOVERNANCE"]

_AT_ONCE: Final = 8  # fewer than a client's connections
_NO_LOCK: Final = "NoSuchObjectLockConfiguration"
_GONE: Final = frozenset({"NoSuchVersion", "NoSuchKey", "404"})


class _Locked(Enum):
    EXTENDED = auto()
    KEPT = auto()
    MISSING = auto()


class S3ObjectLocks:
    """Implements `scrm.archive.retaining.LockedArchive`. ``mode`` is for an object that has no lock yet."""

    def __init__(self, open_client: Callable[[], "S3Client"], bucket: str, mode: LockMode) -> None:
        self._open_client = open_client
        self._bucket = bucket
        self._mode: LockMode = mode

    def versions(self, key: str) -> Iterator[StoredObject]:
        client = self._open_client()
        for listed in client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=key):
            for each in listed.get("Versions", ()):
                if each["Key"] == key:
                    found = client.get_object(Bucket=self._bucket, Key=key, VersionId=each["VersionId"])
                    yield StoredObject(found["Body"].read(), each["VersionId"])

    def lock(self, objects: Sequence[NamedObject], until: datetime) -> Extended:
        client = self._open_client()
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lock") as pool:
            ends = list(pool.map(lambda each: self._lock(client, each, until.astimezone(UTC)), objects))
        missing = tuple(each.key for each, end in zip(objects, ends, strict=True) if end is _Locked.MISSING)
        return Extended(ends.count(_Locked.EXTENDED), ends.count(_Locked.KEPT), missing)

    def _lock(self, client: "S3Client", named: NamedObject, until: datetime) -> _Locked:
        """Read first: what is locked longer is not touched, and a stricter mode stays."""
        try:
            mode, locked_until = self._found(client, named)
            if locked_until is not None and locked_until >= until:
                return _Locked.KEPT
            client.put_object_retention(
                Bucket=self._bucket,
                Key=named.key,
                VersionId=named.version_id,
                Retention={"Mode": mode, "RetainUntilDate": until},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return _Locked.MISSING
            raise
        return _Locked.EXTENDED

    def _found(self, client: "S3Client", named: NamedObject) -> tuple[LockMode, datetime | None]:
        try:
            found = client.get_object_retention(Bucket=self._bucket, Key=named.key, VersionId=named.version_id)
        except ClientError as error:
            if error.response["Error"]["Code"] == _NO_LOCK:
                return self._mode, None
            raise
        retention = found["Retention"]
        return retention.get("Mode", self._mode), retention.get("RetainUntilDate")
