"""Locks of the archive's evidence grow with what the bank wants kept."""

from datetime import timedelta

from scrm.runtime.observability import count, logger, measure
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick, told
from scrm.runtime.wiring import archive_retention as wiring


def extend() -> Tick:
    """How long a class waits is told by each run, also when there is nothing to do."""
    retaining = wiring.retaining()
    try:
        done = retaining.run(invocation.has_time)
    finally:
        waiting_ms = retaining.waiting_for() // timedelta(milliseconds=1)
        measure("ArchiveRetentionWaiting", waiting_ms)
    for key in done.missing:
        logger.error("an object to be locked is not there", object_key=key)
    if done.missing:
        count("ArchiveRetentionMissing", len(done.missing))
    if done.extended:
        logger.info("locks extended", objects=done.extended, kept=done.kept)
        count("ArchiveRetentionExtended", done.extended)
    return told(done.extended + waiting_ms, lambda: None)
