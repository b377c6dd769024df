"""What the contact queue carries besides callbacks. Unknown fields are ignored."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1


class FullPassRequested(_Message):
    """Compare the whole corp with WeCom; ``run_id`` is the cause, a repeat of it does the same again."""

    kind: Literal["full_pass_requested"] = "full_pass_requested"
    run_id: str
    requested_at: datetime


class NodeSyncRequested(_Message):
    """Compare the members of a few departments."""

    kind: Literal["node_sync_requested"] = "node_sync_requested"
    run_id: str
    node_ids: tuple[str, ...]


class MemberSyncRequested(_Message):
    """Compare relations and groups of a few members."""

    kind: Literal["member_sync_requested"] = "member_sync_requested"
    run_id: str
    userids: tuple[str, ...]
    started_at: datetime


class CustomersTakenOver(_Message):
    """A handover finished for these customers."""

    kind: Literal["customers_taken_over"] = "customers_taken_over"
    case_id: str
    handover_userid: str
    takeover_userid: str
    external_userids: tuple[str, ...]
    at: datetime


class GroupsTakenOver(_Message):
    """A handover finished for these group chats; their new owner is read from WeCom."""

    kind: Literal["groups_taken_over"] = "groups_taken_over"
    case_id: str
    chat_ids: tuple[str, ...]
    at: datetime
