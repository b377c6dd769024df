"""Facts are counted by member, team, branch and bank; a day is counted anew from its facts."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from scrm.kpi.rollup import Applied
from scrm.runtime.observability import count, logger
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import kpi_rollup as wiring


class RecountRequested(BaseModel):
    """A day of the last 100 is to be counted anew from its facts alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["RecountRequested"]
    day: date


def count_facts() -> None:
    """Window by window; what time does not allow the next run does."""
    _tell(wiring.rollup().run(invocation.has_time))


def recount(body: str) -> None:
    asked = RecountRequested.model_validate_json(body)
    logger.info("day is counted anew", day=asked.day.isoformat())
    _tell(wiring.rollup().recount(asked.day, invocation.has_time))


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
