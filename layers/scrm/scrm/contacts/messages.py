"""What the contact queue carries besides callbacks. Unknown fields are ignored."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from scrm.contacts.runs import Part, PassCounts, Stage


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class FullPassRequested(_Message):
    """Compare the whole corp with WeCom; ``run_id`` is the cause, a repeat of it does what is not done yet."""

    kind: Literal["full_pass_requested"] = "full_pass_requested"
    run_id: str
    requested_at: datetime


class NodeSyncRequested(_Message):
    """Compare the members of a few departments."""

    kind: Literal["node_sync_requested"] = "node_sync_requested"
    run_id: str
    node_ids: tuple[str, ...]


class MemberSyncRequested(_Message):
    """Compare relations and groups of a few members: part ``number`` of a run, and how far it is (`runs.Part`)."""

    kind: Literal["member_sync_requested"] = "member_sync_requested"
    run_id: str
    number: int = 0
    userids: tuple[str, ...]
    started_at: datetime
    stage: Stage = Stage.PAGES
    place: int = 0
    cursor: str = ""
    found: tuple[int, ...] = ()
    counts: PassCounts = PassCounts()

    @classmethod
    def of(cls, part: Part) -> Self:
        return cls(**{name: getattr(part, name) for name in Part.__dataclass_fields__})

    def part(self) -> Part:
        return Part(**{name: getattr(self, name) for name in Part.__dataclass_fields__})


class CustomersTakenOver(_Message):
    """A handover finished for these customers, by the API of a member who is there or of one who left."""

    kind: Literal["customers_taken_over"] = "customers_taken_over"
    case_id: str
    handover_userid: str
    takeover_userid: str
    external_userids: tuple[str, ...] = Field(max_length=100)
    api: Literal["on_job", "resigned"] = "resigned"
    at: datetime


class QuotaCounted(_Message):
    """On-job attempts that count against 2 in 90 days although nothing moved; ``full``: WeCom said so (40128)."""

    kind: Literal["quota_counted"] = "quota_counted"
    case_id: str
    external_userids: tuple[str, ...]
    at: datetime
    full: bool


class GroupsTakenOver(_Message):
    """A handover finished for these group chats; their new owner is read from WeCom."""

    kind: Literal["groups_taken_over"] = "groups_taken_over"
    case_id: str
    chat_ids: tuple[str, ...]
    at: datetime


class MasterFileStep(_Message):
    """Take the customer master's file, or go on with it at a byte ``offset``, after ``line`` lines.

    ``columns`` are where external_userid and userid are and how many there are; ``etag`` is of the very file that was
    begun; ``rejected`` counts rows that nobody can use.
    """

    kind: Literal["master_file_step"] = "master_file_step"
    key: str
    as_of: datetime
    etag: str = ""
    offset: int = 0
    line: int = 0
    columns: tuple[int, int, int] | None = None
    rejected: int = 0


class MemberRenamed(_Message):
    """WeCom changed a member's userid (``NewUserID``), both folded; ``after`` is where an interrupted move goes on."""

    kind: Literal["member_renamed"] = "member_renamed"
    old_userid: str
    new_userid: str
    at: datetime
    after: str = ""
