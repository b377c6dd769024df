"""By schedule: figures of every node are told to the book that targets and gates read, then months that are over are
reported."""

from collections.abc import Iterator
from typing import Final

from scrm import clock
from scrm.kpi.errors import ReportRefusedError
from scrm.kpi.telling import MONTHS_BACK
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.kpi_joins import business_day, business_month
from scrm.runtime.observability import count, logger
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import kpi_telling as wiring
from scrm.targets.figures import month_before

_DUE: Final = " "
"""Sorts before every node."""
_DONE: Final = "~"
"""Sorts behind every node."""


def tell() -> None:
    """What a run leaves undone the next one goes on with."""
    told = wiring.telling().run(clock.now(), business_day())
    logger.info("figures told", nodes=told.nodes, figures=told.figures, changed=told.changed, months=len(told.months))
    if told.changed:
        count("KpiFiguresTold", told.changed)
    if not told.is_done:
        count("KpiTellingUnfinished")
    for month in told.changed_months:
        if month < business_month():
            wiring.marks().write(_name(month), _DUE)
    for back in range(1, MONTHS_BACK + 1):
        _report(month_before(business_month(), back))


def _report(month: str) -> None:
    """Of head office and of each branch, if due, from where the run before had to end; a report that is too large for
    a run is left out and logged."""
    marks = wiring.marks()
    done = marks.read(_name(month))
    if done in {"", _DONE}:
        return
    desk = wiring.reports()
    for node_id in _nodes(month):
        if node_id <= done:
            continue
        if not invocation.has_time():
            return
        try:
            desk.make(node_id, month, clock.now())
            count("KpiReportMade")
        except ReportRefusedError:
            logger.warning("report too large", node_id=node_id, month=month)
        marks.write(_name(month), node_id)
    marks.write(_name(month), _DONE)


def _nodes(month: str) -> Iterator[str]:
    """The root's first, whatever it is called: it is what most people wait for."""
    places = wiring.reports().reports.places
    yield ROOT_NODE_ID
    yield from sorted(place.node_id for place in places.below(ROOT_NODE_ID, month))


def _name(month: str) -> str:
    return f"{month} reports"
