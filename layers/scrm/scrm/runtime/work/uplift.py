"""By schedule: reviews that are due are run, what became of sends is put where they read it, changes are credited."""

from datetime import datetime, time
from typing import Final

from scrm import clock
from scrm.clock import BUSINESS_ZONE
from scrm.runtime.observability import count, logger
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick, told
from scrm.runtime.wiring import kpi_review as wiring

_DAYS_BACK: Final = 7
"""Of sends: a run that failed is made up for so long."""


def run_due() -> Tick:
    """Nothing is lost with a run that dies: a review that has no result is due at the next one."""
    ran = wiring.reviews().run_due(clock.now(), invocation.has_time)
    logger.info("reviews run", results=ran.results, waiting=ran.waiting)
    if ran.results:
        count("UpliftReviewRan", ran.results)
    if ran.waiting:
        count("UpliftReviewWaiting", ran.waiting)
    found = ran.results + ran.waiting + ran.settled
    return told(found, lambda: datetime.combine(ran.next_on, time(), BUSINESS_ZONE) if ran.next_on else None)


def keep_touches() -> None:
    """Days that are over, the latest first."""
    written = wiring.touches().make(clock.now().astimezone(BUSINESS_ZONE).date(), _DAYS_BACK, invocation.has_time)
    logger.info("touches kept", files=written)
    if written:
        count("TouchesKept", written)


def make_ledgers() -> None:
    """Of the last months: those that were published, or corrected, since."""
    written = wiring.ledgers().make(clock.now(), invocation.has_time)
    logger.info("ledgers made", versions=written)
    if written:
        count("AttributionLedgerMade", written)
