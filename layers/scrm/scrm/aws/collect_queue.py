"""What is asked of the collector."""

from collections.abc import Iterable

from scrm import clock
from scrm.aws.queues import Queue
from scrm.collect.messages import AddsDue, CoverageDue, PartDue, RunDue, RunRead
from scrm.collect.model import AddsWork, Part, Run


class SqsCollectQueue:
    """Implements `scrm.collect.ports.CollectQueue`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def parts_due(self, parts: Iterable[Part]) -> None:
        at_once = []
        for part in parts:
            message = PartDue.of(part)
            if part.not_before is None:
                at_once.append(message)
            else:
                self._queue.send_later(message.model_dump_json(), part.not_before - clock.now())
        self._queue.send(at_once)

    def run_read(self, run: Run, measured: int = 0) -> None:
        self._queue.send([RunRead.of(run, measured)])

    def coverage_due(self, run: Run) -> None:
        self._queue.send([CoverageDue.of(run)])

    def adds_due(self, works: Iterable[AddsWork]) -> None:
        self._queue.send([AddsDue.of(work) for work in works])

    def run_due(self, run: Run) -> None:
        self._queue.send([RunDue.of(run)])
