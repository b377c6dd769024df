"""Consent's ports in memory, by the rules of the table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scrm.aws.link_seal import KeyedSeal
from scrm.consent.consents import ConsentDesk, Consents
from scrm.consent.links import LinkTokens
from scrm.consent.model import Standing, Statement
from scrm.consent.ports import MOST_BUCKETS_PER_WRITE, Whereabouts
from scrm.consent.shelf import ArrivalNote, ConsentBucket, ConsentShelf, arrivals_of
from scrm.homes import OwnerMove

LINK_SECRET = {"current": "k1", "k1": "a-key-of-tests-and-samples-which-opens-nothing"}


class FakeConsentStore:
    """Implements ConsentStore. ``before_save`` lets somebody be faster."""

    def __init__(self) -> None:
        self.stands: dict[str, Standing] = {}
        self.said: dict[str, dict[str, tuple[Statement, datetime]]] = {}
        self.buckets: dict[str, dict[str, ConsentBucket]] = {}
        self.notes: dict[str, dict[str, ArrivalNote]] = {}
        self.before_save: Callable[[], None] = lambda: None
        self.saves = 0

    def remember(self, statement: Statement, recorded_at: datetime) -> None:
        self.said.setdefault(statement.external_userid, {}).setdefault(statement.statement_id, (statement, recorded_at))

    def settle(self, external_userid: str, standing: Standing) -> Standing:
        known = self.stands.get(external_userid)
        self.stands[external_userid] = standing.joined(known)
        return self.stands[external_userid]

    def standings(self, external_userids: Sequence[str]) -> dict[str, Standing]:
        return {name: self.stands[name] for name in external_userids if name in self.stands}

    def history(self, external_userid: str) -> list[tuple[Statement, datetime]]:
        found = self.said.get(external_userid, {})
        return sorted(found.values(), key=lambda each: (each[0].at, each[0].statement_id))

    def shelf(self, home: str) -> ConsentShelf:
        return ConsentShelf(home, dict(self.buckets.get(home, {})), tuple(self.notes.get(home, {}).values()))

    def save(self, buckets: Sequence[ConsentBucket]) -> bool:
        assert 0 < len(buckets) <= MOST_BUCKETS_PER_WRITE
        self.before_save()
        for bucket in buckets:
            known = self.buckets.get(bucket.home, {}).get(bucket.prefix)
            if bucket.version != (known.version if known else 0):
                return False
        for bucket in buckets:
            self.buckets.setdefault(bucket.home, {})[bucket.prefix] = replace(bucket, version=bucket.version + 1)
        self.saves += 1
        return True

    def remove(self, notes: Sequence[ArrivalNote]) -> None:
        for note in notes:
            self.notes.get(note.home, {}).pop(note.note_id, None)

    def move(self, *moves: OwnerMove) -> None:
        """What the transaction of an owner's change writes."""
        for note in arrivals_of(moves):
            self.notes.setdefault(note.home, {})[note.note_id] = note


@dataclass
class FakePlaces:
    """Implements CustomerPlaces. ``on_look`` runs before each answer."""

    owners: dict[str, str] = field(default_factory=dict)
    on_look: Callable[[], None] = lambda: None

    def of(self, external_userid: str) -> Whereabouts | None:
        self.on_look()
        if external_userid not in self.owners:
            return None
        owner = self.owners[external_userid]
        return Whereabouts(owner, (owner,) if owner else ("rm_former",))


@dataclass
class FakeNews:
    """Implements OptOutNews."""

    told: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def opted_out(self, external_userid: str, member_userids: Sequence[str]) -> None:
        self.told.append((external_userid, tuple(member_userids)))


@dataclass
class Answers:
    """Consent over memory."""

    now: datetime
    store: FakeConsentStore = field(default_factory=FakeConsentStore)
    places: FakePlaces = field(default_factory=FakePlaces)
    news: FakeNews = field(default_factory=FakeNews)
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def consents(self) -> Consents:
        return Consents(self.store, lambda _: None)

    @property
    def desk(self) -> ConsentDesk:
        return ConsentDesk(self.consents, self.places, self.news, lambda: self.now)

    @property
    def tokens(self) -> LinkTokens:
        seal = KeyedSeal("wwSIMCORP0000001", "opt_out.v1", lambda: LINK_SECRET, lambda: self.now)
        return LinkTokens(seal, lambda: self.now)

    def move(self, external_userid: str, to_userid: str) -> None:
        """The customer gets another owner, in one transaction with what follows him."""
        before = self.places.owners.get(external_userid)
        self.places.owners[external_userid] = to_userid
        if before is not None and before != to_userid:
            self.versions[external_userid] = self.versions.get(external_userid, 1) + 1
            self.store.move(OwnerMove(external_userid, before, to_userid, self.versions[external_userid]))
