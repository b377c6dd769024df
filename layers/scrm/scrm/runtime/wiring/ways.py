"""Joins contact ways to their table, the organisation and WeCom: loaded by what first speaks of one."""

import functools

from scrm import clock
from scrm.aws.arrival_facts import BucketArrivalFacts
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.queues import Queue
from scrm.aws.way_table import DynamoArrivals, DynamoSuccessors, DynamoWays
from scrm.runtime.observability import count
from scrm.runtime.ways_intake import WaysIntake
from scrm.runtime.ways_joins import StandIns
from scrm.runtime.wiring.tables import bucket, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.ways.counting import ArrivalBook
from scrm.ways.keeping import WayKeeper
from scrm.ways.model import Arrival
from scrm.wecom.governor_state import Priority
from scrm.wecom.way_calls import WecomWays


def ways_intake(queue: Queue) -> WaysIntake:
    rows = table("WELCOME_TABLE")
    ways = DynamoWays(rows)
    stand_ins = StandIns(DynamoOrgRepository(table("ORG_TABLE")), successors())
    keeper = WayKeeper(ways, WecomWays(wecom_client(Priority.STATISTICS)), stand_ins, clock.now)
    return WaysIntake(keeper, ways, queue, clock.now, count)


@functools.cache
def successors() -> DynamoSuccessors:
    return DynamoSuccessors(table("WELCOME_TABLE"))


@functools.cache
def _arrivals() -> ArrivalBook:
    rows = table("WELCOME_TABLE")
    return ArrivalBook(DynamoWays(rows), DynamoArrivals(rows), BucketArrivalFacts(bucket("DATA_BUCKET")))


def came(arrival: Arrival) -> None:
    """Counted once, however often it is told."""
    if _arrivals().came(arrival):
        count("CustomerCameByWay")


def reset() -> None:
    """Forget every built object; for tests."""
    successors.cache_clear()
    _arrivals.cache_clear()
