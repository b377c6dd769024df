"""A replay goes on, segment by segment, until its time is over (O7). Every step may come twice.

What is stored says how far it is, and the next step begins there whatever its message said: a step that died, or two at
once, count nothing twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from scrm import clock
from scrm.archive import index, message
from scrm.archive.message import Message
from scrm.archive.places import reopened_below, segment_key
from scrm.archive.reading import ReadableArchive
from scrm.archive.segment import Line, RowState, read_lines
from scrm.lexicon.replays import BEFORE_ALL, EntryDiff, HitPlace, Replay, ReplayState, ReplayStore
from scrm.node_paths import ROOT_PATH
from scrm.screening.screen import LexiconInForce, hits_of
from scrm.screening.segments import MemberPlaces

TIME_OF_A_STEP: Final = timedelta(seconds=60)

type _HitKey = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """``parked`` rows of it may have been opened since, and then lie apart."""

    asked_from: int
    parked: int


class SegmentsByDay(Protocol):
    def after(self, day: date, asked_from: int) -> Sequence[StoredSegment]:
        """Some of a day's segments that follow, in their order; none at the day's end."""


@dataclass(slots=True)
class _Tally:
    """What one segment changes."""

    messages: int = 0
    changed: int = 0
    kept: int = 0
    missing: int = 0
    entries: dict[str, EntryDiff] = field(default_factory=dict)

    def compare(self, place: HitPlace, before: set[_HitKey], now: set[_HitKey]) -> None:
        self.messages += 1
        self.kept += len(before & now)
        self.changed += before != now
        for entry_id, *_ in sorted(now - before):
            self.entries[entry_id] = self.entries.get(entry_id, EntryDiff()).with_added(place)
        for entry_id, *_ in sorted(before - now):
            self.entries[entry_id] = self.entries.get(entry_id, EntryDiff()).with_vanished(place)


@dataclass(frozen=True, slots=True)
class Replaying:
    """Use case. ``compiled`` gives a version ready to scan, an empty one for 0."""

    store: ReplayStore
    segments: SegmentsByDay
    archive: ReadableArchive
    places: MemberPlaces
    compiled: Callable[[int], LexiconInForce]
    now: Callable[[], datetime] = clock.now

    def step(self, version: int, replay_id: str) -> Replay | None:
        """How far it is now; None when there is nothing to do. One that still runs wants another step."""
        replay = self.store.load(version, replay_id)
        if replay is None or replay.state is ReplayState.DONE:
            return None
        until = self.now() + TIME_OF_A_STEP
        step = _Step(self, self.compiled(replay.version), self.compiled(replay.against))
        while replay.state is ReplayState.RUNNING:
            replay = step.one_day_part(replay, until)
            if self.now() >= until:
                break
        replay = replace(replay, updated_at=self.now())
        self.store.save(replay)
        return replay


@dataclass(slots=True)
class _Step:
    use_case: Replaying
    version: LexiconInForce
    against: LexiconInForce
    _paths: dict[str, str] = field(default_factory=dict)

    def one_day_part(self, replay: Replay, until: datetime) -> Replay:
        """Some segments of the day, or on to the next day; one at least, so that a step always comes on."""
        segments = self.use_case.segments.after(replay.day, replay.after)
        if not segments:
            if replay.day >= replay.last_day:
                return replace(replay, state=ReplayState.DONE)
            return replace(replay, day=replay.day + timedelta(days=1), after=BEFORE_ALL)
        for segment in segments:
            replay = self._after(replay, segment)
            if self.use_case.now() >= until:
                break
        return replay

    def _after(self, replay: Replay, segment: StoredSegment) -> Replay:
        tally = _Tally(entries=dict(replay.entries))
        for reopened_from, key in self._keys(segment):
            self._look_at(segment.asked_from, reopened_from, key, tally)
        return replace(
            replay,
            after=segment.asked_from,
            segments=replay.segments + 1,
            missing=replay.missing + tally.missing,
            messages=replay.messages + tally.messages,
            changed=replay.changed + tally.changed,
            kept=replay.kept + tally.kept,
            entries=tally.entries,
        )

    def _keys(self, segment: StoredSegment) -> Iterator[tuple[int | None, str]]:
        yield None, segment_key(segment.asked_from)
        if segment.parked:
            for key in self.use_case.archive.keys_below(reopened_below(segment.asked_from)):
                yield int(key.rpartition("/")[2].partition(".")[0]), key

    def _look_at(self, asked_from: int, reopened_from: int | None, key: str, tally: _Tally) -> None:
        stored = self.use_case.archive.read(key)
        if stored is None:
            tally.missing += 1
            return
        read = [(number, line, message.read(line.message)) for number, line in _told_once(read_lines(stored.body))]
        self._learn_places(said for _, _, said in read)
        for number, line, said in read:
            members = index.members_of(said)
            path = next((self._paths[member] for member in members if self._paths.get(member)), ROOT_PATH)
            place = HitPlace(asked_from, line.seq or 0, number, reopened_from)
            tally.compare(place, _hits(said, self.against, path), _hits(said, self.version, path))

    def _learn_places(self, messages: Iterable[Message]) -> None:
        unknown = {member for said in messages for member in index.members_of(said)} - self._paths.keys()
        if unknown:
            found: Mapping[str, str] = self.use_case.places.node_paths(unknown)
            self._paths |= {member: found.get(member, "") for member in unknown}


def _told_once(lines: Iterable[Line]) -> Iterator[tuple[int, Line]]:
    """Messages that can be read, each once. One that another page told before counts again: it may not have been
    readable there."""
    told: set[str] = set()
    for number, line in enumerate(lines):
        if line.state is RowState.OPENED and line.seq is not None and line.msgid not in told:
            told.add(line.msgid)
            yield number, line


def _hits(said: Message, lexicon: LexiconInForce, node_path: str) -> set[_HitKey]:
    """Entry, number of the text, start and end."""
    found = hits_of(said, lexicon, node_path)
    return {(entry.entry_id, number, finding.start, finding.end) for entry, number, finding in found}
