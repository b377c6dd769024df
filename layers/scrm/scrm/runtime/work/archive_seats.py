"""WeCom's list of archived members is taken over once a day, and what their customers answered is asked for."""

from scrm import clock
from scrm.runtime.observability import count, logger
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import archive_seats as wiring
from scrm.wecom.errors import CallPostponedError, RateLimitedError


def take_over() -> None:
    permitted = wiring.archive().permitted_members()
    change = wiring.coverage().take_over(permitted, clock.now())
    logger.info("seats taken over", permitted=len(permitted), given=change.given, taken=change.taken)
    count("ArchiveSeatsRead", len(permitted))
    if change.given:
        count("ArchiveSeatGiven", change.given)
    if change.taken:
        count("ArchiveSeatTaken", change.taken)
    _ask()


def go_on(body: str) -> None:  # noqa: ARG001 - its kind says all
    _ask()


def _ask() -> None:
    """A bank's members are more than a run can ask about: it goes on by a message to itself."""
    try:
        asked = wiring.asking().run(invocation.has_time)
    except (CallPostponedError, RateLimitedError) as later:
        wiring.consents().go_on(later.not_before)
        count("ArchiveConsentsPostponed")
        return
    logger.info("consents asked for", members=asked.members, answers=asked.answers, refused=asked.refused)
    count("ArchiveConsentsAsked", asked.members)
    count("ArchiveConsentHeard", asked.answers)
    if asked.refused:
        count("ArchiveConsentRefused", asked.refused)
    if not asked.is_done:
        wiring.consents().go_on()
