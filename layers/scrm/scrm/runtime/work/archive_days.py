"""Days of the archive that are over are certified, in order."""

from datetime import timedelta

from scrm.archive.certificate import DayIncompleteError
from scrm.archive.certifying import ArchiveFaultyError, Certifying
from scrm.runtime.observability import count, logger, measure
from scrm.runtime.ticks import Tick, told
from scrm.runtime.wiring import archive_certify as wiring


def certify() -> Tick:
    """A day that cannot be certified yet is tried again by the next run; how long it waits is told by each."""
    certifying, made = wiring.certifying(), 0
    try:
        made = _certify(certifying)
    except DayIncompleteError as waiting:
        logger.info("a day's pages wait to be opened", day=str(waiting))
        count("ArchiveDayIncomplete")
    except ArchiveFaultyError as error:
        for fault in error.faults:
            logger.error("the archive's chain is broken", fault_kind=fault.kind, object_key=fault.key)
        count("ArchiveFaultFound", len(error.faults))
    waiting_ms = certifying.waiting_for() // timedelta(milliseconds=1)
    measure("ArchiveCertificateAge", waiting_ms)
    return told(made or waiting_ms, certifying.next_due)


def _certify(certifying: Certifying) -> int:
    days = certifying.run()
    for made in days:
        logger.info("day certified", day=made.day.isoformat(), rows=made.counts.rows, parked=made.counts.parked)
        count("ArchiveDayCertified")
        if made.seats is not None:
            count("ArchiveMemberWithoutSeat", len(made.seats.without))
    return len(days)
