"""What the audience needs from the outside world; adapters and other features provide it, runtime joins them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.audience.dossiers import Bucket, Shelf


class DossiersBusyError(Exception):
    """Others kept changing the same dossiers; the message should be tried again later."""


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose customer somebody is, and his version then; empty: nobody's."""

    owner_userid: str
    version: int


class OwnedCustomers(Protocol):
    """The relation table, as far as owners go."""

    def owned(self, external_userids: Sequence[str]) -> dict[str, Owned]:
        """Those of the customers whom WeCom knows."""


class DossierStore(Protocol):
    """Shelves of owners."""

    def shelf(self, home: str) -> Shelf:
        """All that lies with the home, strongly consistent."""

    def save(self, buckets: Sequence[Bucket]) -> bool:
        """All on the versions they were read with, or none; False when somebody was faster."""


class ArrivalNotes(Protocol):
    """Who came to an owner, without anybody's facts."""

    def arrived(self, home: str, since: datetime) -> dict[str, set[str]]:
        """The homes that customers came from since then, strongly consistent: no note, nobody came."""


@dataclass(frozen=True, slots=True)
class FeedTaken:
    """The latest file that was taken whole: its time, and how many rows it had."""

    told_at: datetime
    rows: int


class FeedRecord(Protocol):
    """Which feed was taken last."""

    def latest(self) -> FeedTaken | None: ...

    def note(self, taken: FeedTaken) -> None:
        """Store unless a later one is known."""
