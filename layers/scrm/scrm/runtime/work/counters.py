"""Facts are counted by member, team, branch and bank; days that operators want counted anew are, from their facts."""

from collections.abc import Iterable

from scrm.kpi import recounts
from scrm.kpi.rollup import Applied
from scrm.runtime.observability import count, logger
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import kpi_rollup as wiring


def count_facts() -> None:
    """Window by window, then days that wait to be counted anew; what time does not allow the next run does."""
    rollup, wishes = wiring.rollup(), wiring.recounts()
    _tell(rollup.run(invocation.has_time))
    while invocation.has_time() and (wish := recounts.waiting(wishes.latest())) is not None:
        logger.info("day is counted anew", recount_id=wish.recount_id, day=wish.day.isoformat())
        _tell(rollup.recount(wish.day, invocation.has_time))


def _tell(windows: Iterable[Applied]) -> None:
    for applied in windows:
        logger.info(
            "facts counted",
            window=applied.window,
            documents=applied.documents,
            facts=applied.facts,
            news=applied.news,
            late_days=[day.isoformat() for day in sorted(applied.late)],
        )
        count("KpiWindowCounted")
        count("KpiFactCounted", applied.news)
        if applied.late:
            count("KpiClosedDayChanged", len(applied.late))
        if applied.refusals:
            logger.error("facts refused", window=applied.window, lines=len(applied.refusals))
            count("KpiFactRefused", len(applied.refusals))
