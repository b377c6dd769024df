"""What the handover's queues carry. Unknown fields are ignored; a breaking change is a new version."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from scrm.handover.edges import ChunkKind


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


type WorkerMessage = Annotated[PlanRequested | TransferRequested, Field(discriminator="kind")]

# Built when the worker first reads one: those who only write messages do not pay for it.
worker_message: TypeAdapter[PlanRequested | TransferRequested] = TypeAdapter(
    WorkerMessage, config=ConfigDict(defer_build=True)
)
