"""The contact-pressure ledger (S37-S40, O3): who may be touched how often in an ISO week, whoever sends.

Every call is idempotent by the touch id. Each bucket is one conditional write; a writer who loses reads again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scrm import ids
from scrm.homes import home_of, key_of
from scrm.pressure import bucket as rules
from scrm.pressure.bucket import NO_KEYS, Bucket, Keys
from scrm.pressure.model import PressureClass, Reserved, Touch, TouchRefusal, WeekCount
from scrm.pressure.ports import ITEMS_PER_EDIT, CapsInForce, PressureBusyError, PressureStore
from scrm.pressure.shelf import Edit, Shelf, brought_home

_ATTEMPTS = 60
_MOST_MOVES = 32
_NOTES_AT_ONCE = 80


@dataclass(frozen=True, slots=True)
class PressureLedger:
    """Use case of the planner, the worker and the reconciliation of campaigns.

    ``pause`` waits a little, and longer at each attempt, so that many writers at one owner do not keep in step.
    """

    store: PressureStore
    caps: CapsInForce
    now: Callable[[], datetime]
    pause: Callable[[int], None]

    def reserve(self, owner_userid: str, external_userids: Iterable[str], touch: Touch) -> Reserved:
        """Hold a place for each customer in every week in which the touch can still be confirmed.

        Raises PressureBusyError, and ValueError for a touch without a week.
        """
        names = {key_of(name): name for name in external_userids}
        if not touch.weeks:
            raise ValueError("a touch needs the weeks in which it can be confirmed")
        if self.now() >= touch.expires_at:
            return Reserved(refused=dict.fromkeys(names.values(), TouchRefusal.EXPIRED))
        if touch.pressure_class is PressureClass.SERVICE:
            return Reserved(reserved=frozenset(names.values()))
        home = ids.fold_userid(owner_userid)
        cap = self.caps.cap(touch.pressure_class, touch.campaign_id, list(names.values()))
        gone: set[bytes] = set()

        def step(bucket: Bucket, keys: Keys) -> tuple[Bucket, rules.Admission]:
            return rules.reserve(bucket, touch, keys, cap, self.now())

        admissions = self._each_bucket(home, frozenset(names), step, gone)
        gone |= self._left_meanwhile(home, touch.touch_id, admissions)
        return _named(admissions, gone, names)

    def settle(self, owner_userid: str, touch: Touch, weeks: Mapping[str, str]) -> None:
        """Fix places to the weeks in which the member confirmed, ``{external_userid: week}``, and free the others.

        Also records what nobody reserved, such as a member's own mass message. Entries are found wherever the
        customers are by now.
        """
        if touch.pressure_class is PressureClass.SERVICE:
            return
        by_key = {key_of(name): week for name, week in weeks.items()}

        def step(bucket: Bucket, keys: Keys) -> tuple[Bucket, None]:
            return rules.settle(bucket, touch, {key: by_key[key] for key in keys}, self.now()), None

        self._everywhere(ids.fold_userid(owner_userid), frozenset(by_key), step)

    def release(self, owner_userid: str, touch_id: str, external_userids: Iterable[str]) -> None:
        """Free all weeks of these customers for good."""

        def step(bucket: Bucket, keys: Keys) -> tuple[Bucket, None]:
            return rules.release(bucket, touch_id, keys), None

        self._everywhere(ids.fold_userid(owner_userid), frozenset(map(key_of, external_userids)), step)

    def lock(self, owner_userid: str, touch_id: str, external_userids: Iterable[str]) -> frozenset[str]:
        """Just before a touch is dispatched: those who still hold a place, and whom nothing displaces from now on.

        Whoever is not named must not get it: displaced, released, expired, or another owner's.
        """
        names = {key_of(name): name for name in external_userids}

        def step(bucket: Bucket, keys: Keys) -> tuple[Bucket, Keys]:
            return rules.lock(bucket, touch_id, keys, self.now())

        home = ids.fold_userid(owner_userid)
        held = NO_KEYS.union(*self._each_bucket(home, frozenset(names), step, set()))
        left = {key for note in self.store.notes(home) for key in note.versions} & held
        if left:
            held = held.difference(self.store.shelf(home).gone())
        return frozenset(names[key] for key in held)

    def deferred(self, owner_userid: str) -> dict[str, frozenset[bytes]]:
        """Who waits, as keys by touch id, while the content lives."""
        found: dict[str, frozenset[bytes]] = {}
        for bucket in self._shelf(ids.fold_userid(owner_userid)).buckets:
            for place in rules.pruned(bucket, self.now()).places.values():
                if place.deferred:
                    found[place.touch_id] = found.get(place.touch_id, NO_KEYS) | place.deferred
        return found

    def counts_of(self, owner_userid: str, external_userid: str) -> list[WeekCount]:
        """One customer's touches by week and class; his owner is found from the one given."""
        key, home = key_of(external_userid), home_of(ids.fold_userid(owner_userid), external_userid)
        for _ in range(_MOST_MOVES):
            shelf = self._shelf(home)
            if key not in (gone := shelf.gone()):
                found = rules.counts(shelf.bucket_of(key), key)
                return [WeekCount(*place, *numbers) for place, numbers in sorted(found.items())]
            home = gone[key]
        raise PressureBusyError(home)

    def _left_meanwhile(self, home: str, touch_id: str, admissions: Sequence[rules.Admission]) -> set[bytes]:
        """Customers who got another owner between our read and our write; a place they had not before is taken back.

        A note that comes after this look finds our entry in its place and takes it along.
        """
        reserved = NO_KEYS.union(*(found.reserved for found in admissions))
        if not reserved or reserved.isdisjoint(key for note in self.store.notes(home) for key in note.versions):
            return set()
        left = reserved.intersection(self.store.shelf(home).gone())
        fresh = left & NO_KEYS.union(*(found.fresh for found in admissions))

        def step(bucket: Bucket, keys: Keys) -> tuple[Bucket, None]:
            return rules.release(bucket, touch_id, keys), None

        # Where it was written, and where whoever brought the customer's entries home took it.
        self._each_bucket(home, fresh, step, None)
        self._everywhere(home, fresh, step)
        return set(left)

    def _everywhere[Found](
        self, home: str, keys: Keys, step: Callable[[Bucket, Keys], tuple[Bucket, Found]]
    ) -> list[Found]:
        """Apply the step where the customers are by now."""
        pending = {home: keys}
        found: list[Found] = []
        for _ in range(_MOST_MOVES):
            if not any(pending.values()):
                return found
            following: dict[str, Keys] = {}
            for place, members in pending.items():
                gone: set[bytes] = set()
                found += self._each_bucket(place, members, step, gone)
                if gone:
                    targets = self.store.shelf(place).gone()
                    for key in gone:
                        target = targets.get(key, place)
                        following[target] = following.get(target, NO_KEYS) | {key}
            pending = following
        raise PressureBusyError(home)

    def _each_bucket[Found](
        self,
        home: str,
        keys: Keys,
        step: Callable[[Bucket, Keys], tuple[Bucket, Found]],
        gone: set[bytes] | None,
    ) -> list[Found]:
        """Apply the step to the customers of each bucket, again where somebody was faster.

        Those who left are only noted in ``gone``; with None they are treated like all others.
        """
        pending = keys
        found: list[Found] = []
        for attempt in range(_ATTEMPTS):
            shelf = self._shelf(home)
            if gone is not None:
                left = pending.intersection(shelf.gone())
                gone |= left
                pending -= left
            for bucket, members in shelf.grouped(pending).values():
                after, result = step(bucket, members)
                if after == bucket or self.store.save(Edit(tuple(rules.split(after)))):
                    found.append(result)
                    pending -= members
            if not pending:
                return found
            self.pause(attempt)
        raise PressureBusyError(home)

    def _shelf(self, home: str) -> Shelf:
        """The home's shelf after the entries of those who came were brought over."""
        attempt, notes = 0, _NOTES_AT_ONCE
        while attempt < _ATTEMPTS:
            shelf = self.store.shelf(home)
            keys = shelf.arrivals(notes)
            if not keys:
                return shelf
            edit = brought_home(shelf, keys, self._on_the_way(shelf, keys))
            if edit.items > ITEMS_PER_EDIT and notes > 1:
                notes //= 2
            elif not self.store.save(edit):
                self.pause(attempt)
                attempt += 1
        raise PressureBusyError(home)

    def _on_the_way(self, shelf: Shelf, keys: Keys) -> dict[str, Shelf]:
        """The shelves that the customers passed since their entries were last brought home."""
        found: dict[str, Shelf] = {}
        seen: dict[str, Keys] = {shelf.home: keys}
        pending = list(shelf.came_from(keys).items())
        while pending:
            home, members = pending.pop()
            members -= seen.get(home, NO_KEYS)
            if not members:
                continue
            seen[home] = seen.get(home, NO_KEYS) | members
            found[home] = found.get(home) or self.store.shelf(home)
            pending += found[home].came_from(members).items()
        return found


def _named(admissions: Sequence[rules.Admission], gone: Iterable[bytes], names: Mapping[bytes, str]) -> Reserved:
    left = frozenset(gone)
    refused = dict.fromkeys(left, TouchRefusal.OWNER_CHANGED)
    displaced: dict[str, frozenset[str]] = {}
    for found in admissions:
        refused = {**found.refused, **refused}
        for touch_id, keys in found.displaced.items():
            displaced[touch_id] = displaced.get(touch_id, frozenset[str]()) | {names[key] for key in keys}
    reserved = NO_KEYS.union(*(found.reserved for found in admissions)) - left
    deferred = NO_KEYS.union(*(found.deferred for found in admissions)) - left
    return Reserved(
        frozenset(names[key] for key in reserved),
        frozenset(names[key] for key in deferred),
        {names[key]: reason for key, reason in refused.items()},
        displaced,
    )
