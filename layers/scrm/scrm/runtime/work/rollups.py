"""The archive's index is merged, service is measured, approved exports are written."""

from scrm import clock
from scrm.archive.exports import ExportState
from scrm.archive.messages import ExportApproved
from scrm.clock import BUSINESS_ZONE
from scrm.runtime.observability import count, logger
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick, told
from scrm.runtime.wiring import archive_rollup as wiring


def merge() -> Tick:
    """Day by day, bite by bite; what time does not allow the next run does."""
    merger = wiring.merger()
    days = merger.days_to_merge(clock.now().astimezone(BUSINESS_ZONE).date())
    for day in days:
        is_done = False
        while not is_done and invocation.has_time():
            merged = merger.merge(day)
            is_done = merged.is_done
            logger.info("index merged", day=day.isoformat(), parts=merged.parts, files=merged.files)
            count("ArchiveIndexMerged", merged.parts)
    return told(len(days), lambda: None)


def measure_service() -> None:
    """Days that may have changed, the latest first; what time does not allow the next run does."""
    days = wiring.service_days(wiring.current_settings(wiring.settings_reader()))
    for day in reversed(days.days(clock.now().astimezone(BUSINESS_ZONE).date())):
        if not invocation.has_time():
            logger.warning("service not measured for lack of time", day=day.isoformat())
            return
        members = days.measure(day)
        logger.info("service measured", day=day.isoformat(), members=members)
        count("ServiceDayMeasured")


def write_export(body: str) -> None:
    state = wiring.approved_exports().write_one(ExportApproved.model_validate_json(body).export_id)
    _tell(int(state is ExportState.READY), int(state is ExportState.FAILED))


def write_exports() -> Tick:
    """Those of which nobody told: who approved died before he could."""
    written, failed = wiring.approved_exports().write(invocation.has_time)
    _tell(written, failed)
    return told(written + failed, lambda: None)


def _tell(written: int, failed: int) -> None:
    if written:
        count("ArchiveExportWritten", written)
    if failed:
        count("ArchiveExportFailed", failed)
