"""What the contact queue carries besides callbacks. Unknown fields are ignored."""

from datetime import datetime
from typing import Literal, Self

from scrm.contacts.handover_messages import ContactMessage
from scrm.contacts.runs import Part, PassCounts, Stage


class FullPassRequested(ContactMessage):
    """Compare the whole corp with WeCom; ``run_id`` is the cause, a repeat of it does what is not done yet."""

    kind: Literal["full_pass_requested"] = "full_pass_requested"
    run_id: str
    requested_at: datetime


class NodeSyncRequested(ContactMessage):
    """Compare the members of a few departments."""

    kind: Literal["node_sync_requested"] = "node_sync_requested"
    run_id: str
    node_ids: tuple[str, ...]


class MemberSyncRequested(ContactMessage):
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


class MasterFileStep(ContactMessage):
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
    columns: tuple[int, int, int] | tuple[int, int, int, int] | None = None
    rejected: int = 0


class MemberRenamed(ContactMessage):
    """WeCom changed a member's userid (``NewUserID``), both folded; ``after`` is where an interrupted move goes on."""

    kind: Literal["member_renamed"] = "member_renamed"
    old_userid: str
    new_userid: str
    at: datetime
    after: str = ""
