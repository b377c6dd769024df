"""A segment is screened: its messages become findable, hits become cases, and what customers asked for is heard.

Every step may be repeated. The note that a segment waits is taken away last, so a crash anywhere screens it again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scrm.archive import index
from scrm.archive.coverage import Answer
from scrm.archive.index import Place
from scrm.archive.places import reopened_key, segment_key
from scrm.archive.segment import RowState, read_lines
from scrm.archive.stores import ArchiveObjects, WaitingSegment
from scrm.review.desk import ReviewDesk
from scrm.screening.screen import ArchivedRow, CustomerSignal, LexiconInForce, Screened, members_in, screen
from scrm.screening.tally import MessageFacts, tally
from scrm.sql import SqlEngine


class WaitingSegments(Protocol):
    """Segments that are stored and not screened; noted in the write that settles them."""

    def waiting(self, asked_from: int, reopened_from: int | None) -> WaitingSegment | None: ...

    def screened(self, segment: WaitingSegment) -> None: ...


class MemberPlaces(Protocol):
    def node_paths(self, userids: Iterable[str]) -> Mapping[str, str]:
        """Where members stand, of those we know."""
        ...


class CustomerEar(Protocol):
    """Takes what customers said for themselves; repeatable by ``msgid``."""

    def opted_out(self, signal: CustomerSignal) -> None: ...

    def has_need(self, signal: CustomerSignal) -> None: ...

    def answered(self, answer: Answer) -> None:
        """Whether his talk with a member may be archived."""
        ...


class SegmentGoneError(Exception):
    """A segment that waits is not in the bucket; the key is named. This is tampering until shown otherwise."""


@dataclass(frozen=True, slots=True)
class SegmentScreening:
    """Use case. ``lexicon`` gives the version in force, the same object while it is."""

    segments: WaitingSegments
    objects: ArchiveObjects
    places: MemberPlaces
    lexicon: Callable[[], LexiconInForce]
    desk: ReviewDesk
    engine: SqlEngine
    ear: CustomerEar
    facts: MessageFacts

    def screen(self, asked_from: int, reopened_from: int | None = None) -> tuple[Screened, int]:
        """What was found, and how many cases are new; nothing when the segment was screened before.

        Raises:
            SegmentGoneError: see there.
        """
        waiting = self.segments.waiting(asked_from, reopened_from)
        if waiting is None:
            return Screened(), 0
        rows = list(self._rows(waiting))
        places = self.places.node_paths(members_in(rows))
        screened = screen(rows, self.lexicon(), places, self.desk.rules())
        self._make_findable(waiting, screened.index_rows)
        new_cases = self.desk.open_cases(screened.suspicions)
        for signal in screened.opt_outs:
            self.ear.opted_out(signal)
        for signal in screened.needs:
            self.ear.has_need(signal)
        for answer in screened.answers:
            self.ear.answered(answer)
        self.facts.exchanged(_name_of(waiting), tally(rows), places)
        self.segments.screened(waiting)
        return screened, new_cases

    def _rows(self, waiting: WaitingSegment) -> Iterator[ArchivedRow]:
        """Messages that can be read, each once. One that was told before is looked at again, since what was told then
        may have been unreadable; everything that follows from it is the same."""
        key = segment_key(waiting.asked_from)
        if waiting.reopened_from is not None:
            key = reopened_key(waiting.asked_from, waiting.reopened_from)
        stored = self.objects.read(key)
        if stored is None:
            raise SegmentGoneError(key)
        told: dict[str, list[Any]] = {}
        for number, line in enumerate(read_lines(stored.body)):
            if line.state is RowState.OPENED and line.seq is not None:
                tellings = told.setdefault(line.msgid, [])
                if line.message in tellings:
                    continue
                tellings.append(line.message)
                place = Place(waiting.asked_from, number, line.seq, waiting.pulled_at)
                yield ArchivedRow(place, line.message)

    def _make_findable(self, waiting: WaitingSegment, rows: Sequence[Mapping[str, object]]) -> None:
        """One file a business day, named by the segment, so that a repeat writes the same."""
        for day, of_day in index.by_day(rows):
            self.engine.write(index.MESSAGES, index.part_partition(day), _name_of(waiting), of_day)


def _name_of(waiting: WaitingSegment) -> str:
    name = index.seq_text(waiting.asked_from)
    return name if waiting.reopened_from is None else f"{name}-{index.seq_text(waiting.reopened_from)}"
