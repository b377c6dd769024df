"""Who of the members that serve customers has a paid seat of the archive (S70)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched, islice
from typing import Final

from scrm.archive.coverage import CoverageStore

MOST_MEMBERS: Final = 5_000
_TOGETHER: Final = 100


@dataclass(frozen=True, slots=True)
class SeatedMember:
    """A member who serves customers, and where he stands."""

    userid: str
    node_path: str


@dataclass(frozen=True, slots=True)
class SeatReport:
    """``with_seat`` of ``members`` are archived; ``without`` are the others. Not ``is_complete``: the first so many."""

    members: int
    with_seat: int
    without: tuple[SeatedMember, ...]
    is_complete: bool


def seats_of(store: CoverageStore, members: Iterable[SeatedMember], most: int = MOST_MEMBERS) -> SeatReport:
    """The seats of at most so many members, in their order."""
    rest = iter(members)
    seen, without = 0, []
    for some in batched(islice(rest, most), _TOGETHER, strict=False):
        seen += len(some)
        without += _without(store, some)
    return SeatReport(seen, seen - len(without), tuple(without), is_complete=next(rest, None) is None)


def _without(store: CoverageStore, members: Sequence[SeatedMember]) -> list[SeatedMember]:
    known = store.of([member.userid for member in members])
    return [member for member in members if member.userid not in known or not known[member.userid].has_seat]
