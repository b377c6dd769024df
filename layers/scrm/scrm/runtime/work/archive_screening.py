"""Segments are screened, and those whose message was lost are told again."""

from datetime import timedelta

from scrm import clock
from scrm.archive.messages import SegmentStored
from scrm.archive.sweep import OVERDUE, in_turn
from scrm.runtime import ticks
from scrm.runtime.observability import count, logger, measure
from scrm.runtime.ticks import Tick
from scrm.runtime.wiring import archive_screen as wiring
from scrm.screening.segments import SegmentGoneError


def screen(body: str) -> None:
    message = SegmentStored.model_validate_json(body)
    try:
        screened, new_cases = wiring.screening().screen(message.asked_from, message.reopened_from)
    except SegmentGoneError as error:
        logger.error("a stored segment of the archive is gone", object_key=str(error))
        count("ArchiveSegmentGone")
        raise
    logger.info("segment screened", asked_from=message.asked_from, messages=len(screened.index_rows), cases=new_cases)
    count("ArchiveMessageScreened", len(screened.index_rows))
    for action, hits in sorted(screened.hits.items()):
        count("ArchiveLexiconHit", hits, action=action)
    if new_cases:
        count("ArchiveReviewCaseOpened", new_cases)
    if screened.answers:
        count("ArchiveAnswerHeard", len(screened.answers))
    if screened.needs:
        count("ArchiveNeedHeard", len(screened.needs))


def tell_again() -> Tick:
    """Also says how long the oldest segment has waited since its page was pulled; 0 when none does."""
    now = clock.now()
    segments = list(wiring.waiting().all_waiting())
    oldest = min((each.pulled_at for each in segments), default=now)
    measure("ArchiveScreeningLag", max(now - oldest, timedelta(0)) // timedelta(milliseconds=1))
    told = in_turn([each for each in segments if each.pulled_at <= now - OVERDUE], now)
    for each in told:
        wiring.news().segment_stored(each.asked_from, each.reopened_from)
    if told:
        count("ArchiveSegmentToldAgain", len(told))
    return ticks.told(len(segments), lambda: None)
