"""Exports of archived conversations on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from scrm.archive import exports
from scrm.archive.exports import ExportState
from scrm.archive.retrieval import described
from scrm.runtime.http.archive_message_models import MessageSearch
from scrm.runtime.http.wire import Asked, Reply, Timestamp


class ExportRequest(Asked):
    """``search.limit`` and ``search.cursor`` say nothing here: an export has all that match, 10,000 at most."""

    search: MessageSearch
    covered: bool = Field(default=True, description="False: personal data is readable in it, but for passwords.")
    with_media: bool = Field(default=False, description="With the files that are in the archive.")


class Note(Asked):
    note: str = Field(default="", max_length=500)


class ArchiveExport(Reply):
    """``expired`` True: its files are given out no more. ``files`` are named once it is ready."""

    export_id: str
    state: ExportState
    expired: bool
    search: dict[str, Any]
    covered: bool
    with_media: bool
    reason: str
    node_path: str
    asked_by: str
    asked_at: Timestamp
    decided_by: str
    decided_at: Timestamp | None
    note: str
    ready_at: Timestamp | None
    expires_at: Timestamp | None
    messages: int | None
    conversations: int | None
    bytes: int | None
    manifest_sha256: str | None
    failure: str
    files: list[str]

    @classmethod
    def of(cls, export: exports.Export, now: datetime, files: Sequence[str] = ()) -> Self:
        written = export.written
        same = ("export_id", "state", "with_media", "reason", "node_path", "asked_by", "asked_at", "decided_by")
        later = ("decided_at", "note", "ready_at", "expires_at", "failure")
        return cls(
            **{name: getattr(export, name) for name in (*same, *later)},
            expired=export.has_expired(now),
            search=dict(described(export.search)),
            covered=export.is_covered,
            messages=written.messages if written else None,
            conversations=written.conversations if written else None,
            bytes=written.bytes if written else None,
            manifest_sha256=written.manifest_sha256 if written else None,
            files=list(files),
        )


class ArchiveExportPage(Reply):
    items: list[ArchiveExport]
    cursor: str | None


class ExportDownload(Reply):
    """Where a file can be read with a plain GET, for ``valid_for_s`` seconds."""

    export_id: str
    name: str
    url: str
    valid_for_s: int
