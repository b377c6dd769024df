"""The send tasks' table.

==================  ===========  =====================================================================================
pk                  sk           item
==================  ===========  =====================================================================================
``TASK#<task>``     ``TASK``     a send task: its state, its times, and what became of whom, packed
``TASK#<task>``     ``TARGETS``  its customers or group chats, packed; written once
``MSG#<msgid>``     ``TASK``     the task that has this message of WeCom's, for ever
``CALL#<owner>``    ``TASK``     the member's task that announced a call last, and its version then
==================  ===========  =====================================================================================

Indexes: ``by_due`` (``due_pk``, ``due_at``), ``by_campaign`` (``campaign_pk``, ``pk``), ``by_owner`` (``owner_pk``,
``owner_sk``).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest

from scrm import clock
from scrm.aws import send_task_items as items
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.campaign.dispatch_errors import CallInDoubtError, StaleTaskError
from scrm.campaign.ports import DueTask, TaskSummary
from scrm.campaign.task import OPEN, SendTask, TaskState


class DynamoTaskRepository:
    """Implements `scrm.campaign.ports.TaskRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put_planned(self, tasks: Iterable[SendTask]) -> list[SendTask]:
        """Customers first: a task is there once its head is. Two plain writes are half as dear as a transaction."""
        return [task for task in tasks if self._put_new(task)]

    def _put_new(self, task: SendTask) -> bool:
        self._table.put(items.from_targets(task), ABSENT)
        return self._table.put(items.from_task(task), ABSENT)

    def load(self, task_id: str) -> SendTask | None:
        """One query: both items share a partition."""
        found = {item["sk"]: item for item in self._table.query(starts_with(f"TASK#{task_id}"))}
        if "TASK" not in found:
            return None
        target_ids = items.to_targets(found["TARGETS"])
        return items.to_task(found["TASK"], target_ids, items.to_needs(found["TARGETS"], target_ids))

    def save(self, task: SendTask, added: Sequence[SendTask] = (), changed: Sequence[SendTask] = ()) -> SendTask:
        puts = [_replacing(one) for one in (task, *changed)]
        for one in added:
            puts += [Put(items.from_targets(one), ABSENT), Put(items.from_task(one), ABSENT)]
        return self._written(task, puts)

    def intend(self, task: SendTask, added: Sequence[SendTask] = ()) -> SendTask:
        """The announcement before is overwritten as it was read, so that of two at once one is stale."""
        before = self._announced(task.owner_userid)
        if before is not None and before["task_id"] != task.task_id:
            other = self._sending(before)
            if other is not None:
                raise CallInDoubtError(other.due_at)
        puts = [_replacing(task), Put(items.from_call(task), items.as_announced(before) if before else ABSENT)]
        for one in added:
            puts += [Put(items.from_targets(one), ABSENT), Put(items.from_task(one), ABSENT)]
        return self._written(task, puts)

    def sending_of(self, owner_userid: str) -> SendTask | None:
        announced = self._announced(owner_userid)
        return self._sending(announced) if announced else None

    def _announced(self, owner_userid: str) -> Item | None:
        found = list(self._table.query(starts_with(f"CALL#{owner_userid}")))
        return found[0] if found else None

    def _sending(self, announced: Item) -> SendTask | None:
        task = self.load(announced["task_id"])
        return task if task is not None and task.state is TaskState.SENDING else None

    def claim(self, task: SendTask) -> SendTask:
        return self._written(task, [_replacing(task), Put(items.from_message(task), ABSENT)])

    def _written(self, task: SendTask, puts: Sequence[Put]) -> SendTask:
        """A transaction only where more than the task itself is written."""
        alone = len(puts) == 1
        held = self._table.put(puts[0].item, puts[0].condition) if alone else self._table.transact(puts)
        if not held:
            raise StaleTaskError(task.task_id)
        return replace(task, version=task.version + 1)

    def holders(self, msgids: Sequence[str]) -> dict[str, str]:
        found = self._table.get_many([items.message_key(msgid) for msgid in msgids])
        return {item["pk"].removeprefix("MSG#"): item["task_id"] for item in found}

    def due(self, until: datetime) -> Iterator[DueTask]:
        """The shards in turn, so that whoever takes only some takes the oldest of all."""
        shards = [self._due_of(shard, until) for shard in range(items.DUE_SHARDS)]
        for row in zip_longest(*shards):
            yield from (items.to_due(item) for item in row if item is not None)

    def next_due(self) -> datetime | None:
        partitions = (
            Condition("due_pk = :shard", {":shard": items.due_pk(shard)}) for shard in range(items.DUE_SHARDS)
        )
        found = (self._table.first(partition, "by_due") for partition in partitions)
        return min((clock.from_iso(item["due_at"]) for item in found if item), default=None)

    def _due_of(self, shard: int, until: datetime) -> Iterator[Item]:
        condition = Condition(
            "due_pk = :shard AND due_at <= :until", {":shard": items.due_pk(shard), ":until": clock.to_iso(until)}
        )
        return self._table.query(condition, index="by_due")

    def of_campaign(self, campaign_id: str, part: int | None = None) -> Iterator[TaskSummary]:
        for shard in range(items.SHARDS) if part is None else (part,):
            condition = Condition("campaign_pk = :pk", {":pk": items.campaign_pk(campaign_id, shard)})
            yield from map(items.to_summary, self._table.query(condition, index="by_campaign"))

    def open_of_owner(self, owner_userid: str) -> Iterator[str]:
        for item in self._of_owner(owner_userid):
            if item["state"] in OPEN:
                yield item["task_id"]

    def all_of_owner(self, owner_userid: str) -> Iterator[str]:
        yield from reversed([item["task_id"] for item in self._of_owner(owner_userid)])

    def _of_owner(self, owner_userid: str) -> Iterator[Item]:
        condition = Condition("owner_pk = :pk", {":pk": items.owner_pk(owner_userid)})
        return self._table.query(condition, index="by_owner")


def _replacing(task: SendTask) -> Put:
    saved = replace(task, version=task.version + 1)
    read = Condition("#version = :version", {":version": task.version}, {"#version": "version"})
    return Put(items.from_task(saved), read)
