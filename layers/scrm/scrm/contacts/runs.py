"""A full pass over the relation table: its record, its parts and their steps."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True)
class PassCounts:
    """What a pass saw and changed; zero changes mean that the table already was right."""

    members: int = 0
    relations_seen: int = 0
    relations_stored: int = 0
    relations_removed: int = 0
    groups_seen: int = 0
    groups_stored: int = 0
    groups_removed: int = 0

    @property
    def drift(self) -> int:
        """How many rows differed from WeCom."""
        return self.relations_stored + self.relations_removed + self.groups_stored + self.groups_removed

    def __add__(self, other: Self) -> Self:
        return replace(
            self,
            members=self.members + other.members,
            relations_seen=self.relations_seen + other.relations_seen,
            relations_stored=self.relations_stored + other.relations_stored,
            relations_removed=self.relations_removed + other.relations_removed,
            groups_seen=self.groups_seen + other.groups_seen,
            groups_stored=self.groups_stored + other.groups_stored,
            groups_removed=self.groups_removed + other.groups_removed,
        )


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One full pass. ``counts.members`` of ``members_total`` are done, ``parts_done`` of ``parts_total``."""

    run_id: str
    started_at: datetime
    members_total: int
    parts_total: int
    parts_done: int = 0
    counts: PassCounts = PassCounts()
    finished_at: datetime | None = None

    @property
    def is_complete(self) -> bool:
        return self.parts_done >= self.parts_total


class Stage(StrEnum):
    """What a part does next: read WeCom's pages, the members' groups, compare counts; where they differ read the
    pages again and remember whom they show, and end what they do not show.
    """

    PAGES = "pages"
    GROUPS = "groups"
    COUNT = "count"
    NOTE = "note"
    END = "end"


@dataclass(frozen=True, slots=True)
class Part:
    """Some members of a run and how far the work on them is; small enough for a message.

    ``place`` is the member at work, ``cursor`` the place in the list at work, ``found`` counts rows per member.
    """

    run_id: str
    number: int
    userids: tuple[str, ...]
    started_at: datetime
    stage: Stage = Stage.PAGES
    place: int = 0
    cursor: str = ""
    found: tuple[int, ...] = ()
    counts: PassCounts = PassCounts()
