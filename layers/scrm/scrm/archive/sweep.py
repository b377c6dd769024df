"""Pages whose message was lost are told again, and what stands open is counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from scrm.archive.stores import Cursor, IntakeStore, Lease, PageQueue, ParkReason, SegmentStore

OVERDUE: Final = timedelta(minutes=15)
"""A page is opened within seconds; its message is tried for ten minutes before it is put aside."""

MOST_TOLD: Final = 100
"""Pages that one sweep tells; a later one tells others, so that pages which never open hide none."""
_TURN_S: Final = 300


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """How the intake stands; ``parked`` counts rows by key version and reason."""

    cursor: Cursor
    lease: Lease | None
    newest_message_at: datetime | None
    open_pages: int
    oldest_open_page_at: datetime | None
    parked: dict[tuple[int, ParkReason], int]


class IntakeRequests(Protocol):
    """What an operator may ask of the archive's functions."""

    def request_sweep(self) -> None: ...

    def request_reopening(self) -> None: ...


@dataclass(frozen=True, slots=True)
class IntakeCare:
    """Use case of the operator and of the schedule."""

    intake: IntakeStore
    segments: SegmentStore
    queue: PageQueue
    now: Callable[[], datetime]

    def sweep(self) -> int:
        """Tell the worker again of pages that stand open for too long, at most `MOST_TOLD`; how many."""
        now = self.now()
        overdue = [page.asked_from for page in self.intake.open_pages() if page.pulled_at <= now - OVERDUE]
        told = in_turn(overdue, now)
        self.queue.pages_stored(told)
        return len(told)

    def status(self) -> IntakeStatus:
        pages = [page.pulled_at for page in self.intake.open_pages()]
        parked: Counter[tuple[int, ParkReason]] = Counter()
        for part in self.segments.parked_pages():
            parked[part.key_version, part.reason] += part.new_rows
        return IntakeStatus(
            cursor=self.intake.cursor(),
            lease=self.intake.lease(),
            newest_message_at=self.intake.newest_message_at(),
            open_pages=len(pages),
            oldest_open_page_at=min(pages, default=None),
            parked=dict(sorted(parked.items())),
        )

    def silent_for(self) -> timedelta | None:
        """How old the newest message is; None before the first."""
        newest = self.intake.newest_message_at()
        return None if newest is None else self.now() - newest


@dataclass(frozen=True, slots=True)
class IntakeDesk:
    """How the intake stands, and what a person may ask."""

    care: IntakeCare
    requests: IntakeRequests


def in_turn[Waiting](waiting: Sequence[Waiting], now: datetime) -> Sequence[Waiting]:
    """At most `MOST_TOLD` of what waits: others in each five minutes, round and round."""
    if len(waiting) <= MOST_TOLD:
        return waiting
    first = int(now.timestamp() // _TURN_S) * MOST_TOLD % len(waiting)
    return [*waiting[first:], *waiting[:first]][:MOST_TOLD]
