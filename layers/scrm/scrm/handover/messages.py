"""What the handover's queues carry. Unknown fields are ignored; a breaking change is a new version."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from scrm.handover.edges import ChunkKind


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

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


class PackageRequested(_Message):
    """Handover queue: give a taker what followed his customers, from where the case says it stopped."""

    kind: Literal["package_requested"] = "package_requested"
    case_id: str
    takeover_userid: str


class PollRequested(_Message):
    """Reconcile queue: ask WeCom how far this case is."""

    kind: Literal["poll_requested"] = "poll_requested"
    case_id: str


class SweepRequested(_Message):
    """Reconcile queue: compare a few pages of WeCom's own lists with our cases (the nightly audit)."""

    kind: Literal["sweep_requested"] = "sweep_requested"
    run_id: str
    part: Literal["customers", "groups"]
    cursor: str = ""


type WorkerMessage = Annotated[
    PlanRequested | TransferRequested | PackageRequested, Field(discriminator="kind")
]

worker_message: TypeAdapter[PlanRequested | TransferRequested | PackageRequested] = TypeAdapter(WorkerMessage)
