"""By schedule: figures of every node are told to the book that targets and gates read."""

from scrm import clock
from scrm.runtime.kpi_joins import business_day
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import kpi_telling as wiring


def tell() -> None:
    """What a run leaves undone the next one goes on with."""
    told = wiring.telling().run(clock.now(), business_day())
    logger.info("figures told", nodes=told.nodes, figures=told.figures, changed=told.changed, months=len(told.months))
    if told.changed:
        count("KpiFiguresTold", told.changed)
    if not told.is_done:
        count("KpiTellingUnfinished")
