"""What the handover tells the contact queue; apart from the other messages, of which it reads and writes none."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ContactMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class CustomersTakenOver(ContactMessage):
    """A handover finished for these customers, by the API of a member who is there or of one who left."""

    kind: Literal["customers_taken_over"] = "customers_taken_over"
    case_id: str
    handover_userid: str
    takeover_userid: str
    external_userids: tuple[str, ...] = Field(max_length=100)
    api: Literal["on_job", "resigned"] = "resigned"
    at: datetime


class QuotaCounted(ContactMessage):
    """On-job attempts that count against 2 in 90 days although nothing moved; ``full``: WeCom said so (40128)."""

    kind: Literal["quota_counted"] = "quota_counted"
    case_id: str
    external_userids: tuple[str, ...]
    at: datetime
    full: bool


class GroupsTakenOver(ContactMessage):
    """A handover finished for these group chats; their new owner is read from WeCom."""

    kind: Literal["groups_taken_over"] = "groups_taken_over"
    case_id: str
    chat_ids: tuple[str, ...]
    at: datetime
