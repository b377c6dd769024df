"""What consent needs from the outside world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.consent.model import Standing, Statement
from scrm.consent.shelf import ArrivalNote, ConsentBucket, ConsentShelf

MOST_BUCKETS_PER_WRITE = 100


class ConsentBusyError(Exception):
    """Others kept changing the same owner's answers; the message should be tried again later."""


class ConsentStore(Protocol):
    """Answers by customer, which are the truth, and the packed copies by owner."""

    def remember(self, statement: Statement, recorded_at: datetime) -> None:
        """Add to the customer's history; a repeat is the same entry."""

    def settle(self, external_userid: str, standing: Standing) -> Standing:
        """Make it stand unless a later answer does (`Standing.joined`); what stands now."""

    def standings(self, external_userids: Sequence[str]) -> dict[str, Standing]:
        """What stands, of those who ever answered; strongly consistent."""

    def history(self, external_userid: str) -> list[tuple[Statement, datetime]]:
        """Every statement with the moment it reached us, by the time the customer made it."""

    def shelf(self, home: str) -> ConsentShelf:
        """All of one owner's, strongly consistent."""

    def save(self, buckets: Sequence[ConsentBucket]) -> bool:
        """All or nothing; False when one of them changed since it was read."""

    def remove(self, notes: Sequence[ArrivalNote]) -> None: ...


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A customer's accountable owner, empty without one, and every member whose tasks may hold him."""

    owner_userid: str
    member_userids: tuple[str, ...]


class CustomerPlaces(Protocol):
    """Who answers for a customer now."""

    def of(self, external_userid: str) -> Whereabouts | None:
        """None for a customer we do not know (yet)."""


class OptOutNews(Protocol):
    """Tells those who have messages for customers under way."""

    def opted_out(self, external_userid: str, member_userids: Sequence[str]) -> None:
        """A repeat is harmless."""
