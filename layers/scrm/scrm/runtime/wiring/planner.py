"""What the kinds of the planner's work share: a campaign's slices and the queues."""

import functools

from scrm.aws.campaign_table import DynamoSliceStore
from scrm.aws.planning_queue import SqsPlanningQueue
from scrm.runtime.wiring.tables import queue, table


@functools.cache
def slice_store() -> DynamoSliceStore:
    return DynamoSliceStore(table("CAMPAIGN_TABLE"))


@functools.cache
def planning_queue() -> SqsPlanningQueue:
    return SqsPlanningQueue(queue("CAMPAIGN_PLANNER_QUEUE_URL"), queue("CAMPAIGN_QUEUE_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (slice_store, planning_queue):
        factory.cache_clear()
