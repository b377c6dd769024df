"""What the handover's queues carry. Unknown fields are ignored; a breaking change is a new version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from scrm.handover.edges import ChunkKind
from scrm.handover.orphans import AuditCounts, AuditPart, AuditStep
from scrm.handover.ports import Delivery


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class PlanRequested(_Message):
    """Handover queue: plan this case, or go on where an earlier plan stopped."""

    kind: Literal["plan_requested"] = "plan_requested"
    case_id: str


class TransferRequested(_Message):
    """Handover queue: make the calls of a few chunks, one call each."""

    kind: Literal["transfer_requested"] = "transfer_requested"
    case_id: str
    chunk_kind: ChunkKind
    chunk_numbers: tuple[int, ...] = Field(min_length=1, max_length=10)


class PollRequested(_Message):
    """Reconcile queue: ask WeCom how far this case is."""

    kind: Literal["poll_requested"] = "poll_requested"
    case_id: str


class DeliverPackage(_Message):
    """Reconcile queue: give a new owner what follows his customers, or go on with it.

    Fields as in `scrm.handover.ports.Delivery`.
    """

    kind: Literal["deliver_package"] = "deliver_package"
    case_id: str
    takeover_userid: str
    chunks: Mapping[int, datetime] = Field(min_length=1)
    part: str = ""
    cursor: str = ""
    counts: Mapping[str, int] = Field(default_factory=dict)
    lost_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliverPackage":
        return cls(
            case_id=delivery.case_id,
            takeover_userid=delivery.takeover_userid,
            chunks=delivery.chunks,
            part=delivery.part,
            cursor=delivery.cursor,
            counts=delivery.counts,
            lost_ids=delivery.lost_ids,
        )

    def delivery(self) -> Delivery:
        """What it asks for."""
        return Delivery(
            self.case_id, self.takeover_userid, self.chunks, self.part, self.cursor, self.counts, self.lost_ids
        )


class AuditRequested(_Message):
    """Reconcile queue: audit one page of the lists of what is nobody's. Fields as in `orphans.AuditStep`."""

    kind: Literal["audit_requested"] = "audit_requested"
    run_id: str
    started_at: datetime
    part: AuditPart = AuditPart.CUSTOMERS
    cursor: str = ""
    counts: AuditCounts = AuditCounts()

    @classmethod
    def of(cls, step: AuditStep) -> "AuditRequested":
        return cls(
            run_id=step.run_id, started_at=step.started_at, part=step.part, cursor=step.cursor, counts=step.counts
        )

    def step(self) -> AuditStep:
        """What it asks for."""
        return AuditStep(self.run_id, self.started_at, self.part, self.cursor, self.counts)


type WorkerMessage = Annotated[PlanRequested | TransferRequested, Field(discriminator="kind")]

# Built when the worker first reads one: those who only write messages do not pay for it.
worker_message: TypeAdapter[PlanRequested | TransferRequested] = TypeAdapter(
    WorkerMessage, config=ConfigDict(defer_build=True)
)
