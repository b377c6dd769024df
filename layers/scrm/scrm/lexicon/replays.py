"""A version of the lexicon is tried on what was written: what it would find anew, and what it would not any more (O7).

A replay compares it with the version that is in force when the replay begins, over the conversations that were pulled
in the last days. It keeps numbers and places, never a text; who wants to read a place asks the archive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from scrm import clock, ids
from scrm.clock import BUSINESS_ZONE
from scrm.lexicon.versions import LexiconJournal, LexiconStore, StepRefusedError, UnknownVersionError

MOST_DAYS: Final = 31
MOST_PLACES: Final = 20
"""Of each entry and direction of change; the numbers count all."""
BEFORE_ALL: Final = -1


class UnknownReplayError(LookupError):
    """No replay of this version has this id."""


class ReplayState(StrEnum):
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class HitPlace:
    """Where in the archive: the page by the number it was asked from, the row's seq, and the line of its segment.

    ``reopened_from`` is the first seq of rows that a late key opened, None for the page's own segment.
    """

    page: int
    seq: int
    line: int
    reopened_from: int | None = None


@dataclass(frozen=True, slots=True)
class EntryDiff:
    """What changes for one entry: hits the version finds anew, and hits of the one in force that it does not find."""

    added: int = 0
    vanished: int = 0
    added_at: tuple[HitPlace, ...] = ()
    vanished_at: tuple[HitPlace, ...] = ()

    def with_added(self, place: HitPlace) -> "EntryDiff":
        places = self.added_at if len(self.added_at) == MOST_PLACES else (*self.added_at, place)
        return replace(self, added=self.added + 1, added_at=places)

    def with_vanished(self, place: HitPlace) -> "EntryDiff":
        places = self.vanished_at if len(self.vanished_at) == MOST_PLACES else (*self.vanished_at, place)
        return replace(self, vanished=self.vanished + 1, vanished_at=places)


@dataclass(frozen=True, slots=True)
class Replay:
    """Days are business days on which messages were pulled, both included. ``day`` and ``after`` say how far it is.

    ``messages`` were looked at, ``changed`` of them hit otherwise, ``kept`` hits are of both versions; ``missing``
    segments were not in the archive any more. ``against`` is 0 when no version was in force.
    """

    replay_id: str
    version: int
    against: int
    first_day: date
    last_day: date
    day: date
    requested_by: str
    requested_at: datetime
    updated_at: datetime
    state: ReplayState = ReplayState.RUNNING
    after: int = BEFORE_ALL
    segments: int = 0
    missing: int = 0
    messages: int = 0
    changed: int = 0
    kept: int = 0
    entries: Mapping[str, EntryDiff] = field(default_factory=dict)


class ReplayStore(Protocol):
    def load(self, version: int, replay_id: str) -> Replay | None: ...

    def create(self, replay: Replay) -> bool:
        """False when there is one of this id."""

    def save(self, replay: Replay) -> None: ...


class ReplayQueue(Protocol):
    """Has a replay begun or gone on with."""

    def due(self, version: int, replay_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Replays:
    """Use cases of head office. A repeat with the same key finds the first one's replay."""

    lexicons: LexiconStore
    store: ReplayStore
    queue: ReplayQueue
    journal: LexiconJournal
    now: Callable[[], datetime] = clock.now

    def start(self, number: int, days: int, actor: str, key: str) -> Replay:
        """Raises UnknownVersionError, and StepRefusedError for the version in force itself."""
        version = self.lexicons.version(number)
        if version is None:
            raise UnknownVersionError(number)
        replay_id = ids.derive("replay", str(number), actor, key)
        found = self.store.load(number, replay_id)
        if found is None:
            found = self._begun(number, days, actor, replay_id)
            self.store.create(found)
        self.journal.told(version, "replayed", actor, found.requested_at)
        if found.state is ReplayState.RUNNING:
            self.queue.due(number, replay_id)
        return found

    def found(self, number: int, replay_id: str) -> Replay:
        """Raises UnknownReplayError."""
        replay = self.store.load(number, replay_id)
        if replay is None:
            raise UnknownReplayError(replay_id)
        return replay

    def _begun(self, number: int, days: int, actor: str, replay_id: str) -> Replay:
        against = self.lexicons.in_force()
        if against == number:
            raise StepRefusedError("the version is in force; there is nothing to compare it with")
        now = self.now()
        last = now.astimezone(BUSINESS_ZONE).date()
        first = last - timedelta(days=days - 1)
        return Replay(replay_id, number, against, first, last, first, actor, now, now)
