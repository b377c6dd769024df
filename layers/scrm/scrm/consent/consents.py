"""Take customers' answers in, from wherever they come, and tell what stands (R1, R18, S38).

At least once, in any order: the history keeps every statement, the latest one by the time it was made stands, and of
two at the same moment the refusal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scrm.consent.model import ConsentAnswer, Standing, Statement
from scrm.consent.ports import MOST_BUCKETS_PER_WRITE, ConsentBusyError, ConsentStore, CustomerPlaces, OptOutNews
from scrm.consent.shelf import ConsentShelf
from scrm.homes import key_of
from scrm.ids import fold_userid

_ATTEMPTS = 60
_MOST_MOVES = 32
_NOTES_AT_ONCE = 20


class Heard(StrEnum):
    """What became of a statement; the value is the metric."""

    OPTED_OUT = "CustomerOptedOut"
    CONSENTED = "CustomerConsented"
    OVERTAKEN = "ConsentOvertaken"
    UNKNOWN_CUSTOMER = "ConsentOfUnknownCustomer"


@dataclass(frozen=True, slots=True)
class Consents:
    """What campaigns ask. ``pause`` waits a little, and longer at each attempt."""

    store: ConsentStore
    pause: Callable[[int], None]

    def answers_of(self, owner_userid: str, external_userids: Iterable[str], at: datetime) -> dict[str, ConsentAnswer]:
        """What stands, of those of this owner's customers who ever answered.

        An opt-out counts from the moment we know it; a consent only from ``at`` on, so one that is dated later leaves
        the customer without an answer. The owner must be the present one: ask that first. Without an owner each
        customer is read alone. Raises ConsentBusyError.
        """
        names = list(external_userids)
        found = self._standings(fold_userid(owner_userid), names)
        return {
            name: standing.answer
            for name, standing in found.items()
            if standing.answer is ConsentAnswer.OPTED_OUT or standing.at <= at
        }

    def standing_of(self, external_userid: str) -> Standing | None:
        return self.store.standings([external_userid]).get(external_userid)

    def _standings(self, home: str, names: list[str]) -> dict[str, Standing]:
        if not home:
            return self.store.standings(names)
        known = self.shelf(home).standings()
        if not known:
            return {}
        found = ((name, known.get(key_of(name))) for name in names)
        return {name: standing for name, standing in found if standing is not None}

    def shelf(self, home: str) -> ConsentShelf:
        """The owner's shelf after the answers of those who came were brought over."""
        for attempt in range(_ATTEMPTS):
            shelf = self.store.shelf(home)
            notes = shelf.notes[:_NOTES_AT_ONCE]
            if not notes:
                return shelf
            arrived = {name for note in notes for name in note.external_userids}
            if self._save(shelf, self.store.standings(sorted(arrived))):
                self.store.remove(notes)
            else:
                self.pause(attempt)
        raise ConsentBusyError(home)

    def put(self, home: str, news: Mapping[str, Standing]) -> None:
        """Join these answers to what lies with the owner."""
        for attempt in range(_ATTEMPTS):
            if self._save(self.store.shelf(home), news):
                return
            self.pause(attempt)
        raise ConsentBusyError(home)

    def _save(self, shelf: ConsentShelf, news: Mapping[str, Standing]) -> bool:
        changed = shelf.joined({key_of(name): standing for name, standing in news.items()})
        parts = [part for bucket in changed for part in bucket.parts()]
        if len(parts) > MOST_BUCKETS_PER_WRITE:
            raise ConsentBusyError(shelf.home)
        return not parts or self.store.save(parts)


@dataclass(frozen=True, slots=True)
class ConsentDesk:
    """Use case: a statement of a customer, from any source."""

    consents: Consents
    places: CustomerPlaces
    news: OptOutNews
    now: Callable[[], datetime]

    def hear(self, statement: Statement) -> Heard:
        """Each step may be repeated, so a statement that comes again finishes what a crash left undone.

        Raises ConsentBusyError.
        """
        store = self.consents.store
        store.remember(statement, self.now())
        standing = store.settle(statement.external_userid, statement.standing)
        where = self.follow(statement.external_userid, standing)
        if standing != statement.standing:
            return Heard.OVERTAKEN
        if not where:
            return Heard.UNKNOWN_CUSTOMER
        return Heard.OPTED_OUT if standing.answer is ConsentAnswer.OPTED_OUT else Heard.CONSENTED

    def follow(self, external_userid: str, standing: Standing) -> tuple[str, ...]:
        """Put what stands with the owner, and tell an opt-out to the members who may have messages for him: them."""
        where = self._carry(external_userid, standing)
        if where and standing.answer is ConsentAnswer.OPTED_OUT:
            self.news.opted_out(external_userid, where)
        return where

    def _carry(self, external_userid: str, standing: Standing) -> tuple[str, ...]:
        """Put the answer with the owner; the members who may have messages for the customer.

        The answer stands before the owner is read. So an owner who comes after this look brings it over himself, and
        one who came during it is seen by the next look.
        """
        before: str | None = None
        for _ in range(_MOST_MOVES):
            where = self.places.of(external_userid)
            if where is None:
                return ()
            if where.owner_userid == before:
                return where.member_userids
            before = where.owner_userid
            if before:
                self.consents.put(before, {external_userid: standing})
        raise ConsentBusyError(external_userid)
