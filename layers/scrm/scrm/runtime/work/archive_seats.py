"""WeCom's list of archived members is taken over, once a day."""

from scrm import clock
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import archive_seats as wiring


def take_over() -> None:
    permitted = wiring.archive().permitted_members()
    change = wiring.coverage().take_over(permitted, clock.now())
    logger.info("seats taken over", permitted=len(permitted), given=change.given, taken=change.taken)
    count("ArchiveSeatsRead", len(permitted))
    if change.given:
        count("ArchiveSeatGiven", change.given)
    if change.taken:
        count("ArchiveSeatTaken", change.taken)
