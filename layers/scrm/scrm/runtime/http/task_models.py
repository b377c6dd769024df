"""Members' tasks on the wire."""

from typing import Annotated

from pydantic import Field

from scrm.handover.userid import Userid
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp
from scrm.tasks.model import EndState, TaskKind, TaskState


class Task(Reply):
    """Work of one member about up to 100 customers (``external_userid``)."""

    task_id: str
    owner_userid: str
    kind: TaskKind
    subject_ids: list[str]
    state: TaskState
    created_at: Timestamp
    due_at: Timestamp
    done_by: str = Field(description="The member who ended it; empty while it is open.")
    note: str = Field(description="His word about it, such as ``greeted``.")
    ended_at: Timestamp | None
    reasons: dict[str, str] = Field(description="Why it is about a customer, where the bank's rules say so.")
    campaign_id: str = Field(description="The campaign that asks for it; empty for any other work.")


class TaskPage(Page):
    """Own tasks first, then those of each member he covers."""

    items: list[Task]


class TaskEndRequest(Asked):
    """How a task ended, and which member says so: its owner, or who covers him today."""

    state: EndState
    by_userid: Userid
    note: Annotated[str, Field(pattern=r"^[a-z_]{0,32}$", description="One word, never free text.")] = ""
