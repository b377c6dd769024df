"""The files of an export, in the data bucket; what people sent comes from the archive's bucket."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scrm.archive.export_files import Sink
from scrm.aws.documents import DocumentStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_PIECE: Final = 1024 * 1024
LINK_VALID_S: Final = 300
"""Long enough to start a download, too short to be passed on."""


class BucketExportFolder:
    """Implements `scrm.archive.export_files.ExportFolder`, and gives links to what is there."""

    def __init__(self, documents: DocumentStore, open_client: Callable[[], "S3Client"], archive_bucket: str) -> None:
        self._documents = documents
        self._open_client = open_client
        self._archive_bucket = archive_bucket

    def open(self, export_id: str, name: str, content_type: str) -> AbstractContextManager[Sink]:
        return self._documents.open_upload(export_key(export_id, name), content_type)

    def archived_file(self, key: str) -> Iterator[bytes] | None:
        try:
            found = self._open_client().get_object(Bucket=self._archive_bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        return found["Body"].iter_chunks(_PIECE)


class ExportDownloads:
    """What there is of an export, and signed links to it."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def names(self, export_id: str) -> list[str]:
        below = export_key(export_id, "")
        return [key.removeprefix(below) for key, _ in self._documents.sizes_below(below)]

    def link(self, export_id: str, name: str) -> str:
        return self._documents.link(export_key(export_id, name), name.replace("/", "-"), LINK_VALID_S)


def export_key(export_id: str, name: str) -> str:
    return f"exports/archive/{export_id}/{name}"
