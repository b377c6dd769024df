"""Where rosters come from and where what is known of them is kept."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from scrm.org.roster import RejectedRow, RosterRow


@dataclass(frozen=True, slots=True)
class RosterHeader:
    """What is known of an accepted roster: SHA-256 of the file as it came, the day it speaks for, when it was uploaded.

    ``rows`` are those kept of it. ``unattributed`` counts its rows of which nobody could tell whose they are.
    """

    sha256: str
    as_of: date
    uploaded_at: datetime
    rows: int
    unattributed: int = 0

    @property
    def order(self) -> tuple[date, datetime]:
        """Which of two rosters is the newer one."""
        return self.as_of, self.uploaded_at


@dataclass(frozen=True, slots=True)
class LastRoster:
    """The last accepted roster; ``rows`` gives its rows by userid, from the start each time it is called."""

    header: RosterHeader
    rows: Callable[[], Iterator[RosterRow]]


class RosterStore(Protocol):
    """Roster files and the last accepted roster."""

    def lines(self, key: str) -> Iterator[bytes]:
        """The lines of an uploaded file with their ends. Raises RosterRefusedError when it cannot be read."""

    def last(self) -> LastRoster | None:
        """None before the first one."""

    def replace_last(self, header: RosterHeader, rows: Iterable[RosterRow]) -> None:
        """Make these rows the last accepted roster, all at once; they come by userid."""

    def put_rejected(self, sha256: str, rows: Iterable[RejectedRow]) -> str:
        """Keep line numbers and reasons of a file's rejected rows; returns where."""


class RosterProgress(Protocol):
    """How far the changes of one roster against another were told, so that a killed run goes on."""

    def mark(self, sha256: str, against: str) -> str:
        """The mark saved last for this pair of rosters; empty when there is none."""

    def save_mark(self, sha256: str, against: str, mark: str) -> None: ...


class RejectionSink(Protocol):
    """Where what cannot be used waits for a person."""

    def reject(self, source: str, event_id: str, reason: str, received_at: datetime, payload: str = "") -> str:
        """Keep it once; returns its id."""
