"""How the fetching of archived messages' files stands (S69)."""

from http import HTTPStatus
from typing import Self

from pydantic import Field

from scrm.archive.media_pages import MediaStatus, status_of
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.http.problems import NotAllowedError
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.http.wire import Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring


class MediaRefusal(Reply):
    """Open files that WeCom refused last with this code; they are asked for again until their time is over."""

    code: int = Field(examples=[10005])
    files: int


class ArchiveMediaStatus(Reply):
    """``open_files`` are still fetched. ``first_lost_at``: when the first of them is at WeCom no more."""

    open_files: int
    oldest_message_at: Timestamp | None
    first_lost_at: Timestamp | None
    refused: list[MediaRefusal]

    @classmethod
    def of(cls, status: MediaStatus) -> Self:
        return cls(
            open_files=status.open_files,
            oldest_message_at=status.oldest_sent_at,
            first_lost_at=status.first_lost_at,
            refused=[MediaRefusal(code=code, files=files) for code, files in status.refusals.items()],
        )


@router.get(
    "/v1/archive/media/status",
    operation_id="getArchiveMediaStatus",
    summary="How many files of archived messages are still fetched, and until when. For callers placed at the root.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, ArchiveMediaStatus),
)
def get_media_status() -> ArchiveMediaStatus:
    if current_caller().node.node_id != ROOT_NODE_ID:
        raise NotAllowedError("The archive's files are of the whole bank: for callers placed at the root node.")
    return ArchiveMediaStatus.of(status_of(wiring.archive_media()))
