"""Files of messages in the archive's bucket, written in parts."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scrm.archive.media import Checksums

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_READ_BYTES: Final = 1024 * 1024
_CONTENT_TYPE: Final = "application/octet-stream"  # what a file really is nobody checked: it is never shown by itself


class S3MediaUpload:
    """Implements `scrm.archive.media.MediaUpload`. Lock and encryption are the bucket's own."""

    def __init__(self, open_client: Callable[[], "S3Client"], bucket: str) -> None:
        self._open_client = open_client
        self._bucket = bucket

    def begin(self, key: str) -> str:
        begun = self._open_client().create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=_CONTENT_TYPE)
        return begun["UploadId"]

    def put_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        sent = self._open_client().upload_part(
            Bucket=self._bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=content
        )
        return sent["ETag"]

    def complete(self, key: str, upload_id: str, parts: tuple[str, ...]) -> str:
        """An upload that is unknown was completed by a run whose note was lost: what lies there is its file."""
        listed = [{"ETag": etag, "PartNumber": number} for number, etag in enumerate(parts, start=1)]
        client = self._open_client()
        try:
            done = client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": listed},  # type: ignore[typeddict-item]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise
            return client.head_object(Bucket=self._bucket, Key=key)["VersionId"]
        return done["VersionId"]

    def checksums(self, key: str, version_id: str) -> Checksums:
        body = self._open_client().get_object(Bucket=self._bucket, Key=key, VersionId=version_id)["Body"]
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for piece in body.iter_chunks(_READ_BYTES):
            md5.update(piece)
            sha256.update(piece)
        return Checksums(md5.hexdigest(), sha256.hexdigest())
