"""Lay the bank's facts with their customers' owners, and read them there."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from scrm.audience.dossiers import Dossier, Shelf, laid
from scrm.audience.facts import CustomerFacts
from scrm.audience.ports import DossiersBusyError, DossierStore, OwnedCustomers
from scrm.audience.rules import restricts
from scrm.homes import home_of

_ATTEMPTS = 6
_CUSTOMERS_PER_READ = 100
_NOTHING = object()
# Read for the customers who came to one owner; whose facts lie further off counts as unknown.
_MOST_HOMES = 64


@dataclass(frozen=True, slots=True)
class FeedImport:
    """Use case of some thousand rows of a feed; they may come twice and in any order.

    Customers whom WeCom does not know are left out, until they are known and a feed tells of them again. Rows of one
    owner side by side in the file cost one read and one write for all of them. ``on_restricted`` hears of owners some
    of whose customers may get less than before, so that what waits for a confirmation is looked at again; should this
    be lost, it is looked at when its time has come.
    """

    customers: OwnedCustomers
    store: DossierStore
    now: Callable[[], datetime]
    on_restricted: Callable[[Sequence[str]], None] = lambda _: None

    def take(self, rows: Sequence[CustomerFacts]) -> int:
        """How many customers have their facts now. Raises DossiersBusyError."""
        by_home: dict[str, list[Dossier]] = defaultdict(list)
        for part in batched(rows, _CUSTOMERS_PER_READ, strict=False):
            owned = self.customers.owned([row.external_userid for row in part])
            for row in part:
                found = owned.get(row.external_userid)
                if found is not None:
                    home = home_of(found.owner_userid, row.external_userid)
                    by_home[home].append(Dossier(row, found.version))
        restricted = [home for home, dossiers in by_home.items() if self._lay(home, dossiers) and home[0] != "~"]
        if restricted:
            self.on_restricted(restricted)
        return sum(map(len, by_home.values()))

    def _lay(self, home: str, dossiers: Sequence[Dossier]) -> bool:
        """Whether somebody may get less than before."""
        restricted = False
        for _ in range(_ATTEMPTS):
            shelf = self.store.shelf(home)
            restricted = restricted or _restricted(shelf, dossiers)
            if all(self.store.save(buckets) for buckets in laid(shelf, dossiers, self.now())):
                return restricted
        raise DossiersBusyError


def _restricted(shelf: Shelf, dossiers: Iterable[Dossier]) -> bool:
    """What was told of somebody before he came here is not read for it: he may be, so his owner is asked."""
    here, known = (shelf.here() if shelf.notes else {}), shelf.dossiers
    for facts in (dossier.facts for dossier in dossiers):
        came = here.get(facts.external_userid, _NOTHING) is None
        before = known.get(facts.external_userid)
        if came or restricts(before.facts if before else None, facts):
            return True
    return False


@dataclass(frozen=True, slots=True)
class FactsReader:
    """Reads an owner's customers as they are at this moment: one query, more only for those who came since the feed."""

    store: DossierStore

    def of_owner(self, owner_userid: str) -> dict[str, CustomerFacts | None]:
        """Every customer of the owner that a feed told of, in a fixed order; None: nobody knows where his facts are."""
        return self._facts(self.store.shelf(owner_userid))

    def of_customers(self, owner_userid: str, external_userids: Iterable[str]) -> dict[str, CustomerFacts]:
        """Those of the owner's customers whose facts are known."""
        found = self.of_owner(owner_userid)
        return {one: facts for one in external_userids if (facts := found.get(one)) is not None}

    def _facts(self, shelf: Shelf) -> dict[str, CustomerFacts | None]:
        here = shelf.here()
        found = {one: dossier.facts if dossier else None for one, dossier in here.items()}
        came = {one for one, dossier in here.items() if dossier is None}
        return {**found, **self._fetched(shelf, came)} if came else found

    def _fetched(self, shelf: Shelf, came: set[str]) -> Mapping[str, CustomerFacts]:
        """What was told last of them, from every home they passed since the feed laid it."""
        found: dict[str, CustomerFacts] = {}
        shelves = {shelf.home: shelf}
        asked: list[tuple[str, set[str]]] = [(shelf.home, came)]
        passed: set[tuple[str, str]] = set()
        while asked:
            home, wanted = asked.pop()
            wanted = {one for one in wanted if (home, one) not in passed}
            if not wanted or (home not in shelves and len(shelves) == _MOST_HOMES):
                continue
            passed |= {(home, one) for one in wanted}
            source = shelves.setdefault(home, shelves.get(home) or self.store.shelf(home))
            dossiers = source.dossiers
            for one in wanted & dossiers.keys():
                facts = dossiers[one].facts
                if one not in found or facts.told_at > found[one].told_at:
                    found[one] = facts
            asked += source.sources(wanted).items()
        return found
