"""What the dispatch asks of its own functions."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from scrm import clock
from scrm.aws.queues import Queue
from scrm.aws.send_task_items import SHARDS
from scrm.campaign.dispatch_messages import (
    CampaignRechecked,
    CampaignStopped,
    CustomerOptedOut,
    CustomersChanged,
    LookRequested,
    SendTaskPlanned,
)
from scrm.campaign.ports import DueTask
from scrm.campaign.task import SendTask

# A message cannot wait longer in a queue; what waits longer is found by the schedule.
_LONGEST_DELAY = timedelta(minutes=15)


class SqsSendQueue:
    """The worker's queue."""

    def __init__(self, worker: Queue) -> None:
        self._worker = worker

    def request_send(self, tasks: Sequence[SendTask | DueTask], not_before: datetime | None = None) -> None:
        messages = [
            SendTaskPlanned(task_id=task.task_id, campaign_id=task.campaign_id, owner=task.owner_userid)
            for task in tasks
        ]
        send_at(self._worker, messages, not_before)

    def request_stop(self, campaign_id: str) -> None:
        """One message for each part of the campaign's tasks: each is read within one run of the worker."""
        self._worker.send(CampaignStopped(campaign_id=campaign_id, part=part) for part in range(SHARDS))

    def request_recheck(self, campaign_id: str) -> None:
        """As `request_stop`."""
        self._worker.send(CampaignRechecked(campaign_id=campaign_id, part=part) for part in range(SHARDS))

    def customers_changed(self, owner_userids: Iterable[str]) -> None:
        self._worker.send(CustomersChanged(owner_userid=userid) for userid in owner_userids)


class SqsDispatchQueue(SqsSendQueue):
    """Implements `scrm.campaign.ports.DispatchQueue`."""

    def __init__(self, worker: Queue, reconcile: Queue) -> None:
        super().__init__(worker)
        self._reconcile = reconcile

    def request_looks(
        self, task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None
    ) -> None:
        send_at(self._reconcile, [LookRequested(task_id=task_id, asked=asked) for task_id in task_ids], not_before)


class SqsOptOutNews:
    """Implements `scrm.consent.ports.OptOutNews`: the campaign worker has waiting tasks taken back."""

    def __init__(self, campaign: Queue) -> None:
        self._campaign = campaign

    def opted_out(self, external_userid: str, member_userids: Sequence[str]) -> None:
        self._campaign.send([CustomerOptedOut(external_userid=external_userid, member_userids=tuple(member_userids))])


class SqsSellerNews:
    """Implements `scrm.content.permission_changes.SellerNews`: what waits for these members is asked about again."""

    def __init__(self, campaign: Queue) -> None:
        self._sends = SqsSendQueue(campaign)

    def may_offer_less(self, userids: Iterable[str]) -> None:
        self._sends.customers_changed(userids)


def send_at(queue: Queue, messages: Sequence[BaseModel], not_before: datetime | None) -> None:
    """At once, or then; what would have to wait longer than a message can is left out."""
    delay = not_before - clock.now() if not_before else timedelta(0)
    if delay <= timedelta(0):
        queue.send(messages)
    elif delay <= _LONGEST_DELAY:
        for message in messages:
            queue.send_later(message.model_dump_json(), delay)
