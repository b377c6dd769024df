"""What the archive's queues carry. Unknown fields are ignored; a breaking change is a new version."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scrm.archive.stores import ParkReason


class ArchiveMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class PullRequested(ArchiveMessage):
    """Intake queue: pull, or go on where an earlier run stopped."""

    kind: Literal["pull_requested"] = "pull_requested"


class ConsentsRequested(ArchiveMessage):
    """Intake queue: go on asking WeCom what customers answered about the archive."""

    kind: Literal["consents_requested"] = "consents_requested"


class SweepRequested(ArchiveMessage):
    """Intake queue: tell the worker again of pages that stand open."""

    kind: Literal["sweep_requested"] = "sweep_requested"


class PageStored(ArchiveMessage):
    """Archive queue: open the page that was asked from here."""

    kind: Literal["page_stored"] = "page_stored"
    asked_from: int = Field(ge=0)


class PageParked(ArchiveMessage):
    """Archive queue: try the rows of a page that are parked for this reason, with the key of this version."""

    kind: Literal["page_parked"] = "page_parked"
    asked_from: int = Field(ge=0)
    key_version: int = Field(ge=0)
    reason: ParkReason


class SegmentStored(ArchiveMessage):
    """To those who read segments: the page's own, or the rows of it that were opened later, by the first of them."""

    kind: Literal["segment_stored"] = "segment_stored"
    asked_from: int = Field(ge=0)
    reopened_from: int | None = Field(default=None, ge=0)


class ExportApproved(ArchiveMessage):
    """Rollup queue: a second person approved an export, which is to be written."""

    kind: Literal["export_approved"] = "export_approved"
    export_id: str


class ReopeningRequested(ArchiveMessage):
    """Archive queue: somebody wants every parked row tried, also those that a key did not open."""

    kind: Literal["reopening_requested"] = "reopening_requested"
