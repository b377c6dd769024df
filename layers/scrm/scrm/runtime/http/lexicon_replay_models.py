"""Replays of the lexicon on the wire (O7)."""

from datetime import date
from typing import Self

from pydantic import Field

from scrm.lexicon import replays
from scrm.lexicon.replays import MOST_DAYS, ReplayState
from scrm.runtime.http.wire import Asked, Reply, Timestamp

_DEFAULT_DAYS = 7


class ReplayRequest(Asked):
    """How many business days back messages were pulled on which the version is tried, today included."""

    days: int = Field(default=_DEFAULT_DAYS, ge=1, le=MOST_DAYS)


class HitPlace(Reply):
    """Where in the archive; no text. Who may read it there finds it by page and seq."""

    page: int
    seq: int
    line: int
    reopened_from: int | None


class EntryDifference(Reply):
    """Numbers count all, places are the first twenty of each kind."""

    entry_id: str
    added: int
    vanished: int
    added_at: list[HitPlace]
    vanished_at: list[HitPlace]


class LexiconReplay(Reply):
    """What a version finds anew and not any more, against the one that was in force when the replay began (0: none).

    While it is ``running``, ``day`` is how far it is. ``changed`` messages hit otherwise, ``kept`` hits are of both
    versions, ``missing`` segments are not in the archive any more.
    """

    replay_id: str
    version: int
    against: int
    state: ReplayState
    first_day: date
    last_day: date
    day: date
    requested_by: str
    requested_at: Timestamp
    updated_at: Timestamp
    segments: int
    missing: int
    messages: int
    changed: int
    kept: int
    entries: list[EntryDifference]

    @classmethod
    def of(cls, replay: replays.Replay) -> Self:
        plain = {name: getattr(replay, name) for name in cls.model_fields if name != "entries"}
        entries = [
            EntryDifference(
                entry_id=entry_id,
                added=diff.added,
                vanished=diff.vanished,
                added_at=[HitPlace.model_validate(place) for place in diff.added_at],
                vanished_at=[HitPlace.model_validate(place) for place in diff.vanished_at],
            )
            for entry_id, diff in sorted(replay.entries.items(), key=lambda each: -each[1].added - each[1].vanished)
        ]
        return cls(**plain, entries=entries)
