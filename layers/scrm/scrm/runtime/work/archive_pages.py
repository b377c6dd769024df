"""Pages of the archive are opened, and parked rows when they can be."""

from collections.abc import Callable

from scrm.archive.messages import PageParked, PageStored, ReopeningRequested
from scrm.archive.page_opening import PageChangedError
from scrm.runtime.observability import count, logger
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


def request_those_with_a_key() -> None:
    _request(every=False)


def _request(*, every: bool) -> None:
    if pages := wiring.parked_rows().request(every=every):
        count("ArchiveReopeningRequested", pages)


def _told_of_changes[Answer](work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except PageChangedError as error:
        logger.error("a stored object of the archive is not what was pulled", object_key=str(error))
        count("ArchivePageChanged")
        raise
