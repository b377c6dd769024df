"""How the archive's intake stands, and what a person may ask of it (S69)."""

from datetime import timedelta
from http import HTTPStatus
from typing import Self

from pydantic import Field

from scrm import clock
from scrm.archive.stores import ParkReason
from scrm.archive.sweep import IntakeStatus
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.http.problems import NotAllowedError
from scrm.runtime.http.routing import IdempotencyKey, current_caller, responses, router
from scrm.runtime.http.wire import Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring


class ParkedRows(Reply):
    key_version: int
    reason: ParkReason
    rows: int


class ArchiveIntake(Reply):
    """``seq`` is text: it may be above 2^53. ``pages`` have been pulled, ``open_pages`` of them wait to be opened."""

    seq: str = Field(examples=["1001"])
    pages: int
    pulling_until: Timestamp | None
    newest_message_at: Timestamp | None
    silent_for_seconds: int | None
    open_pages: int
    oldest_open_page_at: Timestamp | None
    parked: list[ParkedRows]

    @classmethod
    def of(cls, status: IntakeStatus) -> Self:
        now, lease, newest = clock.now(), status.lease, status.newest_message_at
        return cls(
            seq=str(status.cursor.seq),
            pages=status.cursor.manifest_number,
            pulling_until=lease.held_until if lease and lease.held_until > now else None,
            newest_message_at=newest,
            silent_for_seconds=None if newest is None else (now - newest) // timedelta(seconds=1),
            open_pages=status.open_pages,
            oldest_open_page_at=status.oldest_open_page_at,
            parked=[
                ParkedRows(key_version=version, reason=reason, rows=rows)
                for (version, reason), rows in status.parked.items()
            ],
        )


class ArchiveRequest(Reply):
    requested_at: Timestamp


@router.get(
    "/v1/archive/intake",
    operation_id="getArchiveIntake",
    summary="How far the archive is, what waits to be opened and what could not be. For callers placed at the root.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, ArchiveIntake),
)
def get_intake() -> ArchiveIntake:
    if current_caller().node.node_id != ROOT_NODE_ID:
        raise NotAllowedError("The archive's intake is of the whole bank: for callers placed at the root node.")
    return ArchiveIntake.of(wiring.archive_intake().care.status())


@router.post(
    "/v1/archive/intake/sweep",
    operation_id="sweepArchiveIntake",
    summary="Tell the worker again of pages that stand open for 15 minutes. For head office and operators at the root.",
    tags=["archive"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, ArchiveRequest),
)
def sweep(key: IdempotencyKey) -> ArchiveRequest:  # noqa: ARG001 - asking twice is asking once
    _operates()
    wiring.archive_intake().requests.request_sweep()
    return ArchiveRequest(requested_at=clock.now())


@router.post(
    "/v1/archive/intake/reopening",
    operation_id="reopenArchiveRows",
    summary="Try all parked rows again, also those that a key did not open. For head office and operators at the root.",
    tags=["archive"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, ArchiveRequest),
)
def reopen(key: IdempotencyKey) -> ArchiveRequest:  # noqa: ARG001 - asking twice is asking once
    _operates()
    wiring.archive_intake().requests.request_reopening()
    return ArchiveRequest(requested_at=clock.now())


def _operates() -> None:
    if not current_caller().operates_the_corp:
        raise NotAllowedError("This is for head office and for operators placed at the root node.")
