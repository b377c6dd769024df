"""The archive is pulled: because WeCom told of news, because a run was not done, or because it is time."""

import secrets
import time
from datetime import timedelta
from typing import Final

from scrm.archive.errors import FailureKind
from scrm.archive.intake import ChainBrokenError, Run, RunEnd
from scrm.runtime.observability import count, logger, measure
from scrm.runtime.wiring import archive_pulls as wiring

_PULLING_S: Final = 60.0
"""A run ends after this and goes on by a message to itself; the function's time is twice as long."""


def take(body: str) -> None:  # noqa: ARG001 - whatever it says, there is something to pull
    _pull()


def sweep(body: str) -> None:  # noqa: ARG001 - its kind says all
    _sweep()


def pull_and_sweep() -> None:
    """Also tells how old the newest message is, above all when nothing can be pulled."""
    silent_for = wiring.care().silent_for()
    if silent_for is not None:
        measure("ArchiveMessageAge", silent_for // timedelta(milliseconds=1))
    _sweep()
    _pull()


def _pull() -> None:
    ends_at = time.monotonic() + _PULLING_S
    try:
        run = wiring.intake().run(secrets.token_hex(8), lambda: time.monotonic() < ends_at)
    except ChainBrokenError as error:
        logger.error("the bucket holds what does not belong to the archive's chain", object_key=str(error))
        count("ArchiveChainBroken")
        raise
    _tell(run)
    if run.end is RunEnd.BEHIND:
        wiring.pulls().request_pull()
    elif run.end is RunEnd.WAITING:
        wiring.pulls().request_pull(run.not_before)


def _sweep() -> None:
    if told := wiring.care().sweep():
        count("ArchivePageToldAgain", told)


def _tell(run: Run) -> None:
    logger.info("archive pulled", end=run.end, pages=run.pages, rows=run.rows, jumps=run.jumps)
    count("ArchivePulled", end=run.end)
    count("ArchivePageStored", run.pages)
    count("ArchiveRowStored", run.rows)
    count("ArchiveSeqJumped", run.jumps)
    if run.withheld:
        count("ArchiveRowWithheld", run.withheld)
    if run.adopted:
        count("ArchivePageAdopted", run.adopted)
    if run.end is RunEnd.CAUGHT_UP and not run.pages:
        count("ArchiveNothingNew")
    if run.failure is None:
        return
    logger.warning("archive not pulled", code=run.failure.code, failure_kind=run.failure.kind)
    if run.failure.kind is FailureKind.SLOW_DOWN:
        count("RateLimited")
        return
    count("ArchivePullFailed", failure_kind=run.failure.kind)
    if run.failure.kind is FailureKind.NOT_ALLOWED:
        count("PermissionDenied")
