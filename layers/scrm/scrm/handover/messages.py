"""What the handover's queues carry. Unknown fields are ignored; a breaking change is a new version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scrm.handover.edges import ChunkKind
from scrm.handover.ports import Delivery


class HandoverMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class PlanRequested(HandoverMessage):
    """Handover queue: plan this case, or go on where an earlier plan stopped."""

    kind: Literal["plan_requested"] = "plan_requested"
    case_id: str


class TransferRequested(HandoverMessage):
    """Handover queue: make the calls of a few chunks, one call each."""

    kind: Literal["transfer_requested"] = "transfer_requested"
    case_id: str
    chunk_kind: ChunkKind
    chunk_numbers: tuple[int, ...] = Field(min_length=1, max_length=10)


class PollRequested(HandoverMessage):
    """Reconcile queue: ask WeCom how far this case is."""

    kind: Literal["poll_requested"] = "poll_requested"
    case_id: str


class DeliverPackage(HandoverMessage):
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
