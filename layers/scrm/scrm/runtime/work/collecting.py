"""A morning's run: begun by schedule, read part by part, measured when the last part is done."""

from scrm import clock
from scrm.collect.messages import AddsDue, CoverageDue, PartDue, RunDue, RunRead
from scrm.runtime.observability import count, logger
from scrm.runtime.postponement import postponed_until
from scrm.runtime.wiring import kpi_collect as wiring


def begin() -> None:
    run = wiring.collector().begin(clock.now())
    if run is None:
        logger.warning("yesterday's figures are not there before six; nothing is collected")
    else:
        count("CollectRunBegun")


def plan(body: str) -> None:
    run = RunDue.model_validate_json(body).run()
    parts = wiring.collector().plan(run)
    logger.info("run planned", run=run.run_id, parts=parts)


def read(body: str) -> None:
    """What time or WeCom does not allow goes on with a message of its own."""
    part = PartDue.model_validate_json(body).part()
    with postponed_until(lambda delay: wiring.collect_queue().send_later(body, delay)):
        left = wiring.collector().read(part)
        if left is None:
            count("CollectPartRead")
            return
        if left.not_before is not None:
            count("CallPostponed")
        wiring.collector().queue.parts_due([left])


def measure(body: str) -> None:
    """What time does not allow goes on with a message of its own."""
    message = RunRead.model_validate_json(body)
    run = message.run()
    if wiring.measuring().measure(run, message.measured):
        logger.info("run measured", run=run.run_id, days=len(run.days))
        count("CollectRunMeasured" if run.window == 0 else "CollectHistoryMeasured")


def cover(body: str) -> None:
    """Alone, so that a bank too large for it goes without coverage and with everything else."""
    wiring.measuring().coverage(CoverageDue.model_validate_json(body).run())


def judge_adds(body: str) -> None:
    work = AddsDue.model_validate_json(body).work()
    judged = wiring.adds().take(work)
    logger.info("adds judged", run=work.run.run_id, step=work.step.value, section=work.section, adds=judged)
