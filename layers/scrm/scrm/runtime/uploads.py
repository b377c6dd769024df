"""Files that the bank puts into the data bucket, as S3 tells of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

TEST_EVENT = "s3:TestEvent"
"""What S3 sends once to each queue it is to tell."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was put into the bucket; ``version_id`` names it among those of its key, empty: the latest."""

    bucket: str
    key: str
    uploaded_at: datetime
    version_id: str = ""


class _Object(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    key: str = Field(min_length=1)
    version_id: str = Field("", alias="versionId")


class _Bucket(BaseModel):
    name: str = Field(min_length=1)


class _S3(BaseModel):
    bucket: _Bucket
    object: _Object


class _Record(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    uploaded_at: AwareDatetime = Field(alias="eventTime")
    s3: _S3


class UploadNotification(BaseModel):
    """S3's notification (``ObjectCreated``) as it arrives on a queue; its test message has no records."""

    records: tuple[_Record, ...] = Field((), alias="Records")

    def uploads(self) -> list[Upload]:
        """Keys come quoted as in a form."""
        return [
            Upload(
                found.s3.bucket.name,
                unquote_plus(found.s3.object.key),
                found.uploaded_at.astimezone(UTC),
                found.s3.object.version_id,
            )
            for found in self.records
        ]
