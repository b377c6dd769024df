"""Pages of the archive are opened, and parked rows when they can be."""

from collections.abc import Callable

from scrm.archive.messages import PageParked, PageStored, ReopeningRequested
from scrm.archive.page_opening import PageChangedError, Requested
from scrm.runtime import ticks
from scrm.runtime.observability import count, logger
from scrm.runtime.ticks import Tick
from scrm.runtime.wiring import archive_pages as wiring


def open_page(body: str) -> None:
    message = PageStored.model_validate_json(body)
    opened = _told_of_changes(lambda: wiring.page_opening().open(message.asked_from))
    logger.info("page opened", asked_from=message.asked_from, rows=opened.rows, opened=opened.opened)
    count("ArchiveMessageOpened", opened.opened)
    if opened.raw:
        count("ArchiveRowRaw", opened.raw)
    if opened.repeated:
        count("ArchiveRowRepeated", opened.repeated)
    for reason, rows in opened.parked.items():
        count("ArchiveRowParked", rows, reason=reason)


def reopen(body: str) -> None:
    message = PageParked.model_validate_json(body)
    rows = _told_of_changes(
        lambda: wiring.parked_rows().reopen(message.asked_from, message.key_version, message.reason)
    )
    logger.info("parked rows tried", asked_from=message.asked_from, key_version=message.key_version, opened=rows)
    if rows:
        count("ArchiveRowReopened", rows)


def request_reopening(body: str) -> None:
    ReopeningRequested.model_validate_json(body)
    _request(every=True)


def request_those_with_a_key() -> Tick:
    """A key comes without a word to the tables: while pages wait for one it is looked for again and again."""
    requested = _request(every=False)
    return ticks.told(requested.pages + requested.waiting, lambda: None)


def _request(*, every: bool) -> Requested:
    requested = wiring.parked_rows().request(every=every)
    if requested.pages:
        count("ArchiveReopeningRequested", requested.pages)
    return requested


def _told_of_changes[Answer](work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except PageChangedError as error:
        logger.error("a stored object of the archive is not what was pulled", object_key=str(error))
        count("ArchivePageChanged")
        raise
