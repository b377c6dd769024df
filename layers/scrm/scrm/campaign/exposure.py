"""What one customer was exposed to, over all campaigns and owners (S43). Sent is never called read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from scrm.campaign.ports import TaskRepository
from scrm.campaign.task import Need, RecipientState, SendTask
from scrm.campaign.terms import Channel, ContentRef

_STILL_TO_COME = datetime.max.replace(tzinfo=UTC)
_UNTOLD = frozenset({RecipientState.MOVED})


@dataclass(frozen=True, slots=True)
class Exposure:
    """One campaign and this customer. ``by`` is the member, ``reason`` why it ended so; ``at`` None while pending.

    ``need``: why the campaign chose him, if a rule said so.
    """

    campaign_id: str
    task_id: str
    channel: Channel
    content: ContentRef
    by: str
    state: RecipientState
    at: datetime | None
    reason: str
    need: Need | None = None


@dataclass(frozen=True, slots=True)
class ExposureHistory:
    """Use case: the exposures of one customer, found through the members who answered for him."""

    tasks: TaskRepository

    def of(self, external_userid: str, owner_userids: Iterable[str]) -> list[Exposure]:
        """Newest first, whatever became of them."""
        found = [
            _exposure(task, external_userid)
            for owner in dict.fromkeys(owner_userids)
            for task in self._tasks_of(owner)
            if self._reaches(task, external_userid) and task.result_of(external_userid).state not in _UNTOLD
        ]
        return sorted(found, key=lambda one: one.at or _STILL_TO_COME, reverse=True)

    def _reaches(self, task: SendTask, external_userid: str) -> bool:
        """What told his member of him is no exposure of the customer."""
        return task.channel is not Channel.APPLICATION_MESSAGE and external_userid in task.target_ids

    def _tasks_of(self, owner_userid: str) -> Iterator[SendTask]:
        for task_id in self.tasks.all_of_owner(owner_userid):
            task = self.tasks.load(task_id)
            if task is not None:
                yield task


def _exposure(task: SendTask, external_userid: str) -> Exposure:
    result = task.result_of(external_userid)
    return Exposure(
        campaign_id=task.campaign_id,
        task_id=task.task_id,
        channel=task.channel,
        content=task.content,
        by=result.by or task.owner_userid,
        state=result.state,
        at=result.at,
        reason=result.reason,
        need=task.needs.get(external_userid),
    )
