"""What the handover asks of its own functions."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING

from scrm import clock
from scrm.aws.queues import Queue
from scrm.handover.edges import Chunk, ChunkKind
from scrm.handover.messages import DeliverPackage, PlanRequested, PollRequested, TransferRequested
from scrm.handover.ports import Delivery

if TYPE_CHECKING:
    from scrm.handover.orphans import AuditStep

# Their intents are one write and so are their answers; more would make a killed run dear.
_CHUNKS_PER_MESSAGE = 10


class SqsHandoverQueue:
    """Implements `scrm.handover.ports.HandoverQueue` and `scrm.handover.orphans.AuditQueue`."""

    def __init__(self, worker: Queue, reconcile: Queue) -> None:
        self._worker = worker
        self._reconcile = reconcile

    def request_plan(self, case_id: str) -> None:
        self._worker.send([PlanRequested(case_id=case_id)])

    def request_transfers(self, chunks: Sequence[Chunk]) -> None:
        """Chunks of one case, a few to a message."""
        self._worker.send(
            TransferRequested(case_id=part[0].case_id, chunk_kind=kind, chunk_numbers=tuple(c.number for c in part))
            for kind in ChunkKind
            for part in batched((c for c in chunks if c.kind is kind), _CHUNKS_PER_MESSAGE, strict=False)
        )

    def request_polls(self, case_ids: Sequence[str]) -> None:
        self._reconcile.send(PollRequested(case_id=case_id) for case_id in case_ids)

    def request_deliveries(self, deliveries: Sequence[Delivery], not_before: datetime | None = None) -> None:
        """A postponed one comes back after a quarter of an hour at most, and is then postponed again."""
        messages = [DeliverPackage.of(delivery) for delivery in deliveries]
        if not_before is None:
            self._reconcile.send(messages)
            return
        for message in messages:
            self._reconcile.send_later(message.model_dump_json(), not_before - clock.now())

    def request_audit(self, step: "AuditStep", not_before: datetime | None = None) -> None:
        from scrm.handover.audit_messages import AuditRequested  # noqa: PLC0415 - who sends one has loaded the audit

        message = AuditRequested.of(step)
        if not_before is None:
            self._reconcile.send([message])
            return
        self._reconcile.send_later(message.model_dump_json(), not_before - clock.now())
