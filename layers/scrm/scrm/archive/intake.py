"""Pulling: page by page into the bucket, and the cursor after it (S69, O6).

The order is the promise. A page is stored before its manifest, the manifest before the cursor moves, and all three are
written so that whoever comes second takes what the first one left: a crash between any two steps, or two intakes at
once, lose nothing, store nothing twice and leave no cursor behind.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm.archive import manifest as manifests
from scrm.archive.errors import FailureKind, SourceFailure
from scrm.archive.manifest import Manifest, PageFacts
from scrm.archive.page import Page, read_page
from scrm.archive.places import manifest_key, page_key
from scrm.archive.ports import ChatSource
from scrm.archive.stores import ArchiveObjects, Cursor, IntakeStore, OpenPage, PageQueue, PullBudget

LARGEST_PAGE: Final = 1_000
_GROWTH: Final = 50  # rows more after each page that came
_TRIES: Final = 3
_WORTH_WAITING: Final = timedelta(seconds=3)
_LEASE: Final = timedelta(seconds=90)
_AGAIN: Final = frozenset({FailureKind.RETRY, FailureKind.STALE_TOKEN, FailureKind.CRASHED})
_FARTHEST: Final = 100
_JSON: Final = "application/json"


class RunEnd(StrEnum):
    """How a run of the intake ended.

    ``caught_up`` nothing more to pull; ``behind`` its time ended before; ``waiting`` WeCom or the budget wants a pause;
    ``held`` another run holds the lease; ``outrun`` another run took over meanwhile; ``refused`` the source failed.
    """

    CAUGHT_UP = "caught_up"
    BEHIND = "behind"
    WAITING = "waiting"
    HELD = "held"
    OUTRUN = "outrun"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Run:
    """``adopted``: pages that another run had stored already. ``jumps``: where WeCom left numbers out. ``withheld``:
    rows that WeCom does not give because they are too large even alone."""

    end: RunEnd
    pages: int = 0
    rows: int = 0
    adopted: int = 0
    jumps: int = 0
    withheld: int = 0
    not_before: datetime | None = None
    failure: SourceFailure | None = None


@dataclass(frozen=True, slots=True)
class _Pulled:
    """``is_withheld``: the page is ours and says that WeCom gave none."""

    body: bytes
    page: Page
    is_withheld: bool = False


class ChainBrokenError(Exception):
    """What lies in the bucket does not belong to the chain; the key is named. Somebody has to look."""


@dataclass(slots=True)
class Intake:
    """Use case. ``limit`` is how many rows are asked for; it shrinks when a page is too big and grows again."""

    source: ChatSource
    objects: ArchiveObjects
    store: IntakeStore
    queue: PageQueue
    budget: PullBudget
    corp_id: str
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    limit: int = LARGEST_PAGE

    def run(self, holder: str, has_time: Callable[[], bool]) -> Run:
        """Pull until nothing comes or ``has_time`` says no. ``holder`` names this run and no other.

        Raises:
            ChainBrokenError: the bucket holds something else than this chain's next page or manifest.
        """
        now = self.now()
        epoch = self.store.take_lease(holder, now, now + _LEASE)
        if epoch is None:
            return Run(RunEnd.HELD)
        try:
            return self._pull_all(epoch, has_time)
        finally:
            self.store.release_lease(epoch, self.now())

    def _pull_all(self, epoch: int, has_time: Callable[[], bool]) -> Run:
        run, cursor = Run(RunEnd.BEHIND), self.store.cursor()
        while True:
            pulled = self._pull(cursor.seq, has_time)
            if isinstance(pulled, Run):
                return replace(run, end=pulled.end, not_before=pulled.not_before, failure=pulled.failure)
            if not pulled.page.rows:
                return replace(run, end=RunEnd.CAUGHT_UP)
            kept = self._keep(cursor, pulled.body, pulled.page, epoch)
            if kept is None:
                return replace(run, end=RunEnd.OUTRUN)
            cursor, facts, is_adopted = kept
            run = replace(
                run,
                pages=run.pages + 1,
                rows=run.rows + facts.rows,
                adopted=run.adopted + is_adopted,
                jumps=run.jumps + len(facts.jumps),
                withheld=run.withheld + pulled.is_withheld,
            )

    def _pull(self, seq: int, has_time: Callable[[], bool]) -> _Pulled | Run:
        """The next reply, or how the run ends. Only a page that leads on from ``seq`` is one."""
        failures = 0
        while has_time():
            asked = self._ask(seq, self.limit)
            if isinstance(asked, _Pulled):
                self.limit = min(LARGEST_PAGE, self.limit + _GROWTH)
                return asked
            if asked.failure is None or asked.failure.kind is FailureKind.SLOW_DOWN:
                return asked
            if asked.failure.kind is FailureKind.TOO_BIG and self.limit > 1:
                self.limit //= 2
                continue
            if asked.failure.kind is FailureKind.TOO_BIG:
                return self._past_what_is_withheld(seq, asked)
            failures += 1
            if asked.failure.kind not in _AGAIN or failures >= _TRIES:
                return asked
            self.pause(asked.failure.waits(failures))
        return Run(RunEnd.BEHIND)

    def _ask(self, seq: int, limit: int) -> _Pulled | Run:
        """One reply within the budget, or how the run ends for want of it."""
        waiting = self._wait()
        if waiting is not None:
            return waiting
        try:
            body = self.source.get_chat_data(seq, limit)
            page = _leading_on(read_page(body), seq)
        except SourceFailure as failure:
            if failure.kind is FailureKind.SLOW_DOWN:
                return Run(RunEnd.WAITING, not_before=self.budget.refused(), failure=failure)
            self.budget.answered()
            return Run(RunEnd.REFUSED, failure=failure)
        self.budget.answered()
        return _Pulled(body, page)

    def _past_what_is_withheld(self, seq: int, refused: Run) -> _Pulled | Run:
        """A page that names the row after ``seq``, which is too large even alone, so that all behind it is archived.

        The row is found by asking from one number after the other: what lies before the first that is answered is
        withheld, and nothing else. Asked once more from ``seq`` in case it was a passing fault. A row farther away
        than `_FARTHEST` numbers ends the run, as it did.
        """
        for number in range(seq + 1, seq + 1 + _FARTHEST):
            beyond = self._ask(number, 1)
            if isinstance(beyond, _Pulled):
                again = self._ask(seq, 1)
                return _withheld(number) if _is_too_big(again) else again
            if not _is_too_big(beyond):
                return beyond
        return refused

    def _wait(self) -> Run | None:
        """Until a pull may go; how the run ends when that is too long to wait for."""
        while (not_before := self.budget.not_before()) is not None:
            wait = not_before - self.now()
            if wait > _WORTH_WAITING:
                return Run(RunEnd.WAITING, not_before=not_before)
            self.pause(max(wait.total_seconds(), 0.0))
        return None

    def _keep(self, cursor: Cursor, body: bytes, page: Page, epoch: int) -> tuple[Cursor, PageFacts, bool] | None:
        """Page, manifest, cursor; None when another run was faster."""
        key = page_key(cursor.seq)
        version_id = self.objects.put_once(key, body, _JSON)
        is_adopted = version_id is None
        if version_id is None:
            body, page, version_id = self._stored_page(key, cursor.seq)
        facts = _facts(key, version_id, body, page, cursor.seq)
        manifest, raw = self._store_manifest(cursor, facts, epoch)
        after = Cursor(facts.last_seq, manifest.number, manifests.checksum(raw))
        opened = OpenPage(cursor.seq, key, version_id, facts.sha256, facts.rows, manifest.pulled_at)
        if not self.store.advance(cursor, after, opened, epoch, self.now() + _LEASE):
            return None
        self.queue.pages_stored((cursor.seq,))
        return after, facts, is_adopted

    def _stored_page(self, key: str, asked_from: int) -> tuple[bytes, Page, str]:
        stored = self.objects.read(key)
        if stored is None:
            raise ChainBrokenError(key)
        try:
            page = _leading_on(read_page(stored.body), asked_from)
        except SourceFailure:
            raise ChainBrokenError(key) from None
        if not page.rows:
            raise ChainBrokenError(key)
        return stored.body, page, stored.version_id

    def _store_manifest(self, cursor: Cursor, facts: PageFacts, epoch: int) -> tuple[Manifest, bytes]:
        manifest = Manifest(cursor.manifest_number + 1, cursor.manifest_sha256, facts, self.now(), epoch, self.corp_id)
        raw, key = manifests.to_bytes(manifest), manifest_key(manifest.number)
        if self.objects.put_once(key, raw, _JSON) is not None:
            return manifest, raw
        stored = self.objects.read(key)
        try:
            found = manifests.from_bytes(stored.body) if stored else None
        except (ValueError, KeyError, TypeError):
            found = None
        if stored is None or found is None or (found.page, found.previous_sha256) != (facts, cursor.manifest_sha256):
            raise ChainBrokenError(key)
        return found, stored.body


def _is_too_big(asked: _Pulled | Run) -> bool:
    return isinstance(asked, Run) and asked.failure is not None and asked.failure.kind is FailureKind.TOO_BIG


def _withheld(seq: int) -> _Pulled:
    """A page of one row that is none: it is kept raw, counted and named like any other."""
    body = json.dumps({"errcode": 0, "chatdata": [{"seq": seq, "withheld": "too_big"}]}).encode()
    return _Pulled(body, read_page(body), is_withheld=True)


def _leading_on(page: Page, seq: int) -> Page:
    """The page, if it is empty or has a row after ``seq``; one that only repeats would hold the cursor for ever.

    Raises:
        SourceFailure: it only repeats (``retry``).
    """
    if page.rows and max(page.seqs) <= seq:
        raise SourceFailure(0, FailureKind.RETRY)
    return page


def _facts(key: str, version_id: str, body: bytes, page: Page, asked_from: int) -> PageFacts:
    return PageFacts(
        key=key,
        version_id=version_id,
        sha256=manifests.checksum(body),
        bytes=len(body),
        asked_from=asked_from,
        first_seq=min(page.seqs),
        last_seq=max(page.seqs),
        rows=len(page.rows),
        jumps=manifests.jumps_in(asked_from, page.seqs),
    )
