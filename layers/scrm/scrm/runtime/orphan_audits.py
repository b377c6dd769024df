"""The nightly schedule and the steps of an audit, counted."""

from datetime import datetime
from typing import TYPE_CHECKING

from scrm.handover.errors import TransferPostponedError
from scrm.runtime.observability import count, logger

if TYPE_CHECKING:
    from scrm.handover.orphan_audit import OrphanAudit
    from scrm.handover.orphans import AuditStep


def start_audit(audit: "OrphanAudit", now: datetime) -> None:
    """One run an hour at most, whoever asks; the id sorts by time."""
    audit.start(f"audit_{now:%Y-%m-%dT%H}", now)


def take_step(audit: "OrphanAudit", step: "AuditStep", now: datetime) -> None:
    """Take one step, or put it off for as long as WeCom asks for; tell the end of the run."""
    try:
        ended = audit.take(step, now)
    except TransferPostponedError as postponed:
        count("CallPostponed")
        audit.queue.request_audit(step, postponed.not_before)
        return
    if ended is None:
        return
    counts = ended.counts
    logger.info(
        "orphan audit finished",
        run_id=ended.run_id,
        listed=counts.listed,
        answered=counts.answered,
        departed=counts.departed,
        cases_opened=counts.opened,
        orphans=ended.orphans,
    )
    count("OrphanFound", ended.orphans)
    count("OrphanAuditFinished")
