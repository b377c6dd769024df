"""Review cases that nobody ended in time go to head office; what is overdue is counted."""

from scrm.runtime import ticks
from scrm.runtime.observability import count, logger
from scrm.runtime.ticks import Tick
from scrm.runtime.wiring import review as wiring


def look() -> Tick:
    found = wiring.overdue_cases().look()
    count("ReviewCaseOverdue", found.waiting)
    count("ReviewCaseNeglected", found.neglected)
    if found.escalated:
        count("ReviewCaseEscalated", found.escalated)
        logger.info("overdue review cases went to head office", cases=found.escalated)
    return ticks.told(found.waiting, lambda: found.next_due)
