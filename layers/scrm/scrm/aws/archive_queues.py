"""What the archive's functions ask of each other, and operators of them."""

from collections.abc import Sequence
from datetime import datetime

from scrm import clock
from scrm.archive.messages import (
    ConsentsRequested,
    ExportApproved,
    PageParked,
    PageStored,
    PullRequested,
    ReopeningRequested,
    SegmentStored,
    SweepRequested,
)
from scrm.archive.stores import ParkedPage
from scrm.aws.queues import Queue


class SqsPageQueue:
    """Implements `scrm.archive.stores.PageQueue`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def pages_stored(self, asked_from: Sequence[int]) -> None:
        self._queue.send(PageStored(asked_from=each) for each in asked_from)

    def pages_parked(self, pages: Sequence[ParkedPage]) -> None:
        self._queue.send(
            PageParked(asked_from=page.asked_from, key_version=page.key_version, reason=page.reason) for page in pages
        )


class SqsSegmentNews:
    """Implements `scrm.archive.stores.SegmentNews`: the queues of all who read segments."""

    def __init__(self, *queues: Queue) -> None:
        self._queues = queues

    def segment_stored(self, asked_from: int, reopened_from: int | None = None) -> None:
        for queue in self._queues:
            queue.send([SegmentStored(asked_from=asked_from, reopened_from=reopened_from)])


class SqsPullQueue:
    """The intake's own queue."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def request_pull(self, not_before: datetime | None = None) -> None:
        """Now, or then, but within 15 minutes: a queue holds nothing back for longer, and coming early does no harm."""
        if not_before is None:
            self._queue.send([PullRequested()])
        else:
            self._queue.send_later(PullRequested().model_dump_json(), not_before - clock.now())


class SqsConsentQueue:
    """The intake's own queue, for asking about consents."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def go_on(self, not_before: datetime | None = None) -> None:
        """Now, or then, as `SqsPullQueue.request_pull`."""
        if not_before is None:
            self._queue.send([ConsentsRequested()])
        else:
            self._queue.send_later(ConsentsRequested().model_dump_json(), not_before - clock.now())


class SqsExportNews:
    """To the job that writes exports."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def export_approved(self, export_id: str) -> None:
        self._queue.send([ExportApproved(export_id=export_id)])


class SqsIntakeRequests:
    """Implements `scrm.archive.sweep.IntakeRequests`."""

    def __init__(self, intake: Queue, worker: Queue) -> None:
        self._intake = intake
        self._worker = worker

    def request_sweep(self) -> None:
        self._intake.send([SweepRequested()])

    def request_reopening(self) -> None:
        self._worker.send([ReopeningRequested()])
