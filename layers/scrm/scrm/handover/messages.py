"""What the handover's queues carry. Unknown fields are ignored; a breaking change is a new version."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from scrm import ids
from scrm.handover.model import ChunkKind

type Userid = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$"), AfterValidator(ids.fold_userid)
]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1


class PlanRequested(_Message):
    """Handover queue: plan this case, or go on where an earlier plan stopped."""

    kind: Literal["plan_requested"] = "plan_requested"
    case_id: str


class TransferRequested(_Message):
    """Handover queue: make the call of one chunk."""

    kind: Literal["transfer_requested"] = "transfer_requested"
    case_id: str
    chunk_kind: ChunkKind
    chunk_number: int = Field(ge=0)


class PollRequested(_Message):
    """Reconcile queue: ask WeCom how far this case is."""

    kind: Literal["poll_requested"] = "poll_requested"
    case_id: str


type WorkerMessage = Annotated[PlanRequested | TransferRequested, Field(discriminator="kind")]

worker_message: TypeAdapter[PlanRequested | TransferRequested] = TypeAdapter(WorkerMessage)


class StaffDeparted(_Message):
    """HR event on the bus, source ``bank.hr``: a member of staff leaves the bank (S61).

    ``userid`` and ``successor_userid`` are WeCom userids. ``last_day`` is the last working day in Shanghai.
    """

    event_id: str = Field(min_length=1, max_length=128)
    occurred_at: AwareDatetime
    corp_id: str = Field(min_length=1)
    userid: Userid
    last_day: date | None = None
    successor_userid: Userid | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _successor_is_someone_else(self) -> Self:
        if self.successor_userid == self.userid:
            raise PydanticCustomError("self_handover", "successor_userid names the leaver")
        return self
