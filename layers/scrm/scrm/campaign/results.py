"""What operators read of a campaign: its tasks, its customers, its sums (O2, S64, S65)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.campaign.model import Tally
from scrm.campaign.ports import TaskSummary
from scrm.campaign.task import Need, RecipientState, SendTask
from scrm.paging import Page


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One customer or group chat of one task; ``by`` sent it, or is to. ``need``: why he gets it, if a rule says so."""

    target_id: str
    task_id: str
    by: str
    state: RecipientState
    at: datetime | None
    reason: str
    need: Need | None = None


@dataclass(frozen=True, slots=True)
class CampaignResults:
    """A campaign's sums. ``excluded`` by reason; ``reached`` within an hour and a day of the task's creation.

    ``likes`` and ``comments`` are those of customers, of Moments.
    """

    tally: Tally
    excluded: Mapping[str, int]
    reached_hour: int
    reached_day: int
    tasks: int
    likes: int = 0
    comments: int = 0


class ResultPages(Protocol):
    """Pages of a campaign's tasks and customers. A foreign cursor raises InvalidCursorError."""

    def tasks(self, campaign_id: str, cursor: str | None, limit: int) -> Page[TaskSummary]: ...

    def recipients(self, campaign_id: str, cursor: str | None, limit: int) -> Page[RecipientRow]:
        """Whoever is in another task now is shown there."""


def rows_of(task: SendTask) -> list[RecipientRow]:
    """The customers who have their state in this task."""
    found = ((target_id, task.result_of(target_id)) for target_id in task.target_ids)
    return [
        RecipientRow(
            target_id=target_id,
            task_id=task.task_id,
            by=result.by or task.owner_userid,
            state=result.state,
            at=result.at,
            reason=result.reason,
            need=task.needs.get(target_id),
        )
        for target_id, result in found
        if result.state is not RecipientState.MOVED
    ]
