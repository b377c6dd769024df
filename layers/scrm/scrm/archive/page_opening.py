"""Stored pages become segments, and parked rows are opened when they can be.

Both are repeatable: a segment that is there already is taken as it is, with the rows that it parked.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from scrm.archive import manifest as manifests
from scrm.archive.opening import OpenedRows, RowOpener, Waiting
from scrm.archive.page import Page, Row, read_page
from scrm.archive.places import reopened_key, segment_key
from scrm.archive.segment import RowState, read_lines
from scrm.archive.stores import (
    ArchiveObjects,
    PageQueue,
    ParkedPage,
    ParkReason,
    ReopenedRows,
    SegmentNews,
    SegmentPointer,
    SegmentStore,
)
from scrm.clock import BUSINESS_ZONE

_GZIP: Final = "application/gzip"


class PageChangedError(Exception):
    """A page is not what its manifest says, or is gone; the key is named. This is tampering until shown otherwise."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a page: counts by state; ``parked`` by reason. All 0 when the page had been opened before."""

    rows: int = 0
    opened: int = 0
    raw: int = 0
    repeated: int = 0
    parked: Mapping[ParkReason, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageOpening:
    """Use case of the worker."""

    opener: RowOpener
    objects: ArchiveObjects
    store: SegmentStore
    news: SegmentNews
    now: Callable[[], datetime]

    def open(self, asked_from: int) -> Opened:
        """Write the page's segment, settle the page and tell of it.

        Raises:
            PageChangedError: the stored page is not the one that was pulled.
            SourceFailure: nothing can be decrypted now.
        """
        waiting = self.store.open_page(asked_from)
        if waiting is None:  # whoever settled it may have died before he could tell
            self.news.segment_stored(asked_from)
            return Opened()
        rows = self.opener.open_page(page_of(self.objects, waiting.key, waiting.sha256), asked_from)
        key = segment_key(asked_from)
        segment, version_id = _kept(self.objects, key, rows.segment)
        if segment is not rows.segment:
            rows = _as_stored(segment, rows)
        parked = [
            ParkedPage(asked_from, version, reason, tuple(seqs), waiting.key, waiting.sha256, waiting.pulled_at)
            for (version, reason), seqs in sorted(rows.parked.items())
        ]
        pointer = SegmentPointer(
            day=waiting.pulled_at.astimezone(BUSINESS_ZONE).date(),
            asked_from=asked_from,
            key=key,
            version_id=version_id,
            sha256=manifests.checksum(segment),
            rows=waiting.rows,
            opened=rows.opened,
            parked=rows.parked_lines,
            raw=rows.raw,
        )
        self.store.settle(waiting, pointer, parked)
        self.news.segment_stored(asked_from)
        self._note_newest(rows.newest_ms)
        return Opened(waiting.rows, rows.opened, rows.raw, rows.repeated, _by_reason(parked))

    def _note_newest(self, newest_ms: int) -> None:
        """A time ahead of ours is a sender's fault and would hide that nothing comes."""
        if newest_ms:
            now_ms = int(self.now().timestamp() * 1000)
            self.store.message_seen(datetime.fromtimestamp(min(newest_ms, now_ms) / 1000, UTC))


@dataclass(frozen=True, slots=True)
class Requested:
    """How many pages were asked for, and how many wait for a key that is not here."""

    pages: int
    waiting: int


@dataclass(frozen=True, slots=True)
class ParkedRows:
    """Use case: rows that were parked are opened by a key that came, or tried again because somebody says so."""

    opener: RowOpener
    objects: ArchiveObjects
    store: SegmentStore
    queue: PageQueue
    news: SegmentNews
    now: Callable[[], datetime]

    def request(self, *, every: bool) -> Requested:
        """Ask for each page with parked rows whose key is here; with ``every`` also for those that no key opened."""
        known: dict[int, bool] = {}
        wanted: list[ParkedPage] = []
        waiting = 0
        for page in self.store.parked_pages():
            if page.reason is not ParkReason.KEY_MISSING and not every:
                continue
            if page.key_version not in known:
                known[page.key_version] = self.opener.has_key(page.key_version)
            if known[page.key_version]:
                wanted.append(page)
            else:
                waiting += 1
        self.queue.pages_parked(wanted)
        return Requested(len(wanted), waiting)

    def reopen(self, asked_from: int, key_version: int, reason: ParkReason) -> int:
        """How many rows of the page could be opened; they are in `reopened_key`, by the first of them.

        Raises:
            PageChangedError: the stored page is not the one that was pulled.
        """
        parked = self.store.parked_page(asked_from, key_version, reason)
        if parked is None:
            return 0
        page = page_of(self.objects, parked.key, parked.sha256)
        waiting = set(parked.seqs)
        rows = [
            row for row in page.rows if isinstance(row, Row) and row.seq in waiting and row.key_version == key_version
        ]
        opened = self.opener.open_parked(rows)
        done = [line.seq for line in read_lines(opened.segment) if line.seq is not None]
        if not done:
            return 0
        first = done[0]
        body, version_id = _kept(self.objects, reopened_key(asked_from, first), opened.segment)
        if body is not opened.segment:  # an earlier run's, which may have opened fewer
            done = [line.seq for line in read_lines(body) if line.seq is not None]
        day, new = self.now().astimezone(BUSINESS_ZONE).date(), sum(seq > asked_from for seq in done)
        reopened = ReopenedRows(day, asked_from, first, version_id, manifests.checksum(body), new)
        # Before: who dies after unparking does not come again. And after: some look whether it is noted that they wait.
        self.news.segment_stored(asked_from, first)
        self.store.unpark(parked, sorted(waiting - set(done)), reopened)
        self.news.segment_stored(asked_from, first)
        return len(done)


def _kept(objects: ArchiveObjects, key: str, body: bytes) -> tuple[bytes, str]:
    """What lies there in the end, ours or an earlier run's, and its version."""
    version_id = objects.put_once(key, body, _GZIP)
    if version_id is not None:
        return body, version_id
    stored = objects.read(key)
    if stored is None:
        raise PageChangedError(key)
    return stored.body, stored.version_id


def page_of(objects: ArchiveObjects, key: str, sha256: str) -> Page:
    """The rows of a stored page. Raises PageChangedError when it is not the one with this checksum."""
    stored = objects.read(key)
    if stored is None or manifests.checksum(stored.body) != sha256:
        raise PageChangedError(key)
    return read_page(stored.body)


def _as_stored(segment: bytes, rows: OpenedRows) -> OpenedRows:
    """What a segment says that an earlier run stored: it may have parked what could be opened by now."""
    states: Counter[RowState] = Counter()
    waiting = Waiting()
    for line in read_lines(segment):
        states[line.state] += 1
        if line.state is RowState.OPENED:
            waiting.opened(line.msgid)
        elif line.state is RowState.PARKED and line.seq is not None and line.key_version is not None:
            waiting.parked(line.seq, line.msgid, line.key_version, ParkReason(line.reason))
    return replace(
        rows,
        segment=segment,
        opened=states[RowState.OPENED],
        parked_lines=states[RowState.PARKED],
        raw=states[RowState.RAW],
        parked=waiting.seqs(),
    )


def _by_reason(parts: Sequence[ParkedPage]) -> dict[ParkReason, int]:
    counts: Counter[ParkReason] = Counter()
    for part in parts:
        counts[part.reason] += len(part.seqs)
    return dict(counts)
