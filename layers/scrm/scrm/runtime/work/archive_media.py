"""Files of messages are fetched: because a page was opened, because a run was not done, or because some wait."""

import time
from datetime import timedelta
from typing import Final

from scrm import clock
from scrm.archive.errors import FailureKind
from scrm.archive.media import MediaState
from scrm.archive.media_pages import MediaStatus, PageFetched, SegmentMissingError
from scrm.archive.messages import SegmentStored
from scrm.runtime.observability import count, logger, measure
from scrm.runtime.ticks import Tick, told
from scrm.runtime.wiring import archive_media as wiring

_FETCHING_S: Final = 240.0
"""A run ends after this and goes on by a message to itself; the function's time is a minute longer."""
_GONE: Final = (MediaState.LOST, MediaState.REFUSED)


def fetch(body: str) -> None:
    message = SegmentStored.model_validate_json(body)
    ends_at = time.monotonic() + _FETCHING_S
    try:
        done = wiring.page_media().fetch(message.asked_from, message.reopened_from, lambda: time.monotonic() < ends_at)
    except SegmentMissingError as error:
        logger.error("a segment of the archive is missing", object_key=str(error))
        raise
    _tell(message, done)
    if done.out_of_time:
        wiring.news().segment_stored(message.asked_from, message.reopened_from)


def fetch_what_is_left() -> Tick:
    care = wiring.care()
    if pages := care.sweep():
        count("ArchiveMediaToldAgain", pages)
    status = care.status()
    measure("ArchiveMediaAge", _age_ms(status))
    return told(int(not care.is_idle()), lambda: None)


def _age_ms(status: MediaStatus) -> int:
    """Since the oldest message whose files are not all here was sent; WeCom keeps files for five days from then."""
    oldest = status.oldest_sent_at
    return 0 if oldest is None else max((clock.now() - oldest) // timedelta(milliseconds=1), 0)


def _tell(message: SegmentStored, done: PageFetched) -> None:
    if done.named:
        logger.info("files looked for", asked_from=message.asked_from, files=done.named, ended=done.ended.total())
    for state, files in done.ended.items():
        count("ArchiveMediaEnded", files, state=state)
    if gone := sum(done.ended[state] for state in _GONE):
        count("ArchiveMediaGone", gone)
    if done.ended[MediaState.MISMATCHED]:
        count("ArchiveMediaMismatched", done.ended[MediaState.MISMATCHED])
    if done.failure is None:
        return
    logger.warning("files not fetched", code=done.failure.code, failure_kind=done.failure.kind)
    if done.failure.kind is FailureKind.SLOW_DOWN:
        count("RateLimited")
        return
    count("ArchiveMediaFailed", failure_kind=done.failure.kind)
    if done.failure.kind is FailureKind.NOT_ALLOWED:
        count("PermissionDenied")
