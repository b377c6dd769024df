"""Files of whole pages: found in the opened rows, noted at once, fetched as far as time goes, never forgotten (S69)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from scrm.archive.bodies import Media
from scrm.archive.errors import FailureKind, SourceFailure
from scrm.archive.media import (
    KEPT_BY_WECOM,
    MediaBusyError,
    MediaFetching,
    MediaFile,
    MediaPlace,
    MediaState,
    media_key,
)
from scrm.archive.message import read
from scrm.archive.places import reopened_key, segment_key
from scrm.archive.segment import Line, RowState, read_lines
from scrm.archive.stores import ArchiveObjects, SegmentNews, WaitingSegment
from scrm.archive.sweep import in_turn

PATIENCE: Final = timedelta(hours=1)
"""A file that is open for longer is asked for again by the schedule; before that its page's own message is at it."""
_MOST_FAILURES: Final = 3
_OF_THE_FILE: Final = frozenset({FailureKind.RETRY, FailureKind.CRASHED, FailureKind.FIX, FailureKind.TOO_BIG})
"""What may be one file's own trouble; anything else holds for all."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is still fetched. ``failure_code``: WeCom's last refusal of it, 0 for none."""

    place: MediaPlace
    reopened_from: int | None
    sent_at: datetime
    noted_at: datetime
    failure_code: int


class OpenFiles(Protocol):
    def open_files(self) -> Iterator[OpenFile]:
        """All that are still fetched."""
        ...


class PageMediaStore(OpenFiles, Protocol):
    def files_of(self, asked_from: int) -> Mapping[MediaPlace, MediaFile]: ...

    def save(self, file: MediaFile) -> bool: ...

    def looked_through(self, asked_from: int, reopened_from: int | None, files: int) -> None:
        """All files that these rows name are noted; repeatable."""

    def unread(self) -> Iterator[WaitingSegment]:
        """Rows that nobody has looked through yet."""
        ...


class SegmentMissingError(Exception):
    """The rows of a page are not where they were written; the key is named."""


@dataclass(slots=True)
class PageFetched:
    """What a run did: ``ended`` by state; ``out_of_time``: it has to go on. ``failure`` is the last one, if any."""

    named: int = 0
    ended: Counter[MediaState] = field(default_factory=Counter)
    out_of_time: bool = False
    failure: SourceFailure | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    place: MediaPlace
    msgid: str
    media: Media
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class PageMedia:
    """Use case of the media worker."""

    objects: ArchiveObjects
    store: PageMediaStore
    fetching: MediaFetching
    now: Callable[[], datetime]

    def fetch(self, asked_from: int, reopened_from: int | None, has_time: Callable[[], bool]) -> PageFetched:
        """Fetch what the rows name and is not at its end; repeatable.

        Raises:
            SegmentMissingError: the rows cannot be read.
        """
        named = list(self._named(asked_from, reopened_from))
        known = self.store.files_of(asked_from)
        for each in named:
            if each.place not in known:
                self.store.save(
                    MediaFile(
                        each.place,
                        media_key(each.msgid, each.media.part),
                        each.sent_at,
                        reopened_from=reopened_from,
                        noted_at=self.now(),
                    )
                )
        self.store.looked_through(asked_from, reopened_from, len(named))
        is_open = [each for each in named if each.place not in known or not known[each.place].is_ended]
        return self._fetch(is_open, PageFetched(len(named)), has_time)

    def _fetch(self, files: Sequence[_Named], done: PageFetched, has_time: Callable[[], bool]) -> PageFetched:
        failures = 0
        for each in files:
            if not has_time():
                done.out_of_time = True
                return done
            try:
                file = self.fetching.fetch(each.place, each.msgid, each.media, each.sent_at, has_time)
            except MediaBusyError:
                continue  # whoever was faster goes on with it
            except SourceFailure as failure:
                done.failure, failures = failure, failures + 1
                if failure.kind not in _OF_THE_FILE or failures == _MOST_FAILURES:
                    return done
                continue
            if file.is_ended:
                done.ended[file.state] += 1
        done.out_of_time = not has_time()
        return done

    def _named(self, asked_from: int, reopened_from: int | None) -> Iterator[_Named]:
        for number, line in self._lines(asked_from, reopened_from):
            if line.state is not RowState.OPENED or line.repeated:
                continue
            message = read(line.message)
            for media in message.media:
                place = MediaPlace(asked_from, number, media.part)
                yield _Named(place, line.msgid, media, self._sent_at(message.sent_at_ms))

    def _sent_at(self, stated_ms: int | None) -> datetime:
        """Within the time that WeCom keeps files: without a time, or with one ahead of ours, now; and what is older is
        asked for before it is given up."""
        now = self.now()
        if stated_ms is None or stated_ms >= now.timestamp() * 1000:
            return now
        return max(datetime.fromtimestamp(stated_ms / 1000, UTC), now - KEPT_BY_WECOM + PATIENCE)

    def _lines(self, asked_from: int, reopened_from: int | None) -> Iterator[tuple[int, Line]]:
        """By their number in the segment, where reopened rows have theirs as well."""
        segment = self._read(segment_key(asked_from))
        if reopened_from is None:
            yield from enumerate(segment)
            return
        numbers = {line.seq: number for number, line in enumerate(segment) if line.seq is not None}
        for line in self._read(reopened_key(asked_from, reopened_from)):
            if line.seq in numbers:
                yield numbers[line.seq], line

    def _read(self, key: str) -> Iterator[Line]:
        stored = self.objects.read(key)
        if stored is None:
            raise SegmentMissingError(key)
        return read_lines(stored.body)


@dataclass(frozen=True, slots=True)
class MediaStatus:
    """Files that are still fetched; ``refusals`` of them by WeCom's last code. Times are None when there is none."""

    open_files: int
    oldest_sent_at: datetime | None
    first_lost_at: datetime | None
    refusals: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class MediaCare:
    """Use case of the schedule and of operators."""

    store: PageMediaStore
    news: SegmentNews
    now: Callable[[], datetime]

    def sweep(self) -> int:
        """Have pages looked at again whose files wait, or that nobody has looked through; how many pages."""
        now = self.now()
        before = now - PATIENCE
        due = dict.fromkeys(
            (file.place.asked_from, file.reopened_from) for file in self.store.open_files() if file.noted_at <= before
        )
        unread = [(each.asked_from, each.reopened_from) for each in self.store.unread() if each.pulled_at <= before]
        due |= dict.fromkeys(in_turn(unread, now))
        for asked_from, reopened_from in due:
            self.news.segment_stored(asked_from, reopened_from)
        return len(due)

    def is_idle(self) -> bool:
        """Nothing waits, whatever the time."""
        return next(self.store.open_files(), None) is None and next(self.store.unread(), None) is None

    def status(self) -> MediaStatus:
        return status_of(self.store)


def status_of(store: OpenFiles) -> MediaStatus:
    files = list(store.open_files())
    oldest = min((file.sent_at for file in files), default=None)
    refusals = Counter(file.failure_code for file in files if file.failure_code)
    return MediaStatus(len(files), oldest, oldest + KEPT_BY_WECOM if oldest else None, dict(sorted(refusals.items())))
