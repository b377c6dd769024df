"""The send tasks and the queues of who creates them and looks at them."""

import functools

from scrm.aws.dispatch_queue import SqsDispatchQueue
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.table import Table
from scrm.runtime.wiring.tables import queue, table


@functools.cache
def task_table() -> Table:
    return table("SEND_TASK_TABLE")


@functools.cache
def tasks() -> DynamoTaskRepository:
    return DynamoTaskRepository(task_table())


@functools.cache
def dispatch_queue() -> SqsDispatchQueue:
    return SqsDispatchQueue(queue("CAMPAIGN_QUEUE_URL"), queue("CAMPAIGN_RECONCILE_QUEUE_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (task_table, tasks, dispatch_queue):
        factory.cache_clear()
