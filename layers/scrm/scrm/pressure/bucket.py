"""The entries of up to a thousand customers of one owner: pure rules, written back whole.

Customers are their eight-byte keys here (`scrm.homes.key_of`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scrm.homes import MOST_IN_A_BUCKET, bits_of
from scrm.pressure.model import Cap, PressureClass, Touch, TouchRefusal
from scrm.pressure.weeks import week_of

type Keys = frozenset[bytes]
type Weeks = tuple[str, ...]

NO_KEYS: Keys = frozenset()
# Last week's entries stay to be looked at; older ones count nowhere.
_KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Place:
    """One touch in one bucket: who holds a place in which weeks, who waits, whose place was given back, who got it."""

    touch_id: str
    pressure_class: PressureClass
    priority: int
    expires_at: datetime
    displaceable: bool
    held: Mapping[Weeks, Keys] = field(default_factory=dict)
    deferred: Keys = NO_KEYS
    released: Keys = NO_KEYS
    settled: Mapping[str, Keys] = field(default_factory=dict)

    @property
    def holders(self) -> Keys:
        return NO_KEYS.union(*self.held.values())

    @property
    def receivers(self) -> Keys:
        return NO_KEYS.union(*self.settled.values())

    @property
    def keys(self) -> Keys:
        return self.holders | self.receivers | self.deferred | self.released

    def counted(self, week: str) -> Iterator[Keys]:
        """Who holds a place in the week, and who got it then."""
        yield from (keys for weeks, keys in self.held.items() if week in weeks)
        yield self.settled.get(week, NO_KEYS)

    def holding(self, weeks: Weeks, keys: Keys) -> "Place":
        """These customers hold a place in these weeks, and no other one."""
        place = self.without_hold(keys)
        held = {**place.held, weeks: place.held.get(weeks, NO_KEYS) | keys}
        return replace(place, held=_filled(held), deferred=place.deferred - keys)

    def without_hold(self, keys: Keys) -> "Place":
        return replace(self, held=_filled({weeks: found - keys for weeks, found in self.held.items()}))

    def restricted(self, keys: Keys) -> "Place":
        """Only what concerns these customers."""
        return replace(
            self,
            held=_filled({weeks: found & keys for weeks, found in self.held.items()}),
            deferred=self.deferred & keys,
            released=self.released & keys,
            settled=_filled({week: found & keys for week, found in self.settled.items()}),
        )

    def joined(self, other: "Place") -> "Place":
        """Both parts of one touch."""
        return replace(
            self,
            held=_united(self.held, other.held),
            deferred=self.deferred | other.deferred,
            released=self.released | other.released,
            settled=_united(self.settled, other.settled),
            displaceable=self.displaceable and other.displaceable,
        )


@dataclass(frozen=True, slots=True)
class Bucket:
    """``prefix`` are the first bits of the keys of those who belong here; one that was split holds nothing any more."""

    home: str
    prefix: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)
    is_split: bool = False
    version: int = field(default=0, compare=False)

    @property
    def keys(self) -> Keys:
        return NO_KEYS.union(*(place.keys for place in self.places.values()))

    def with_place(self, place: Place) -> "Bucket":
        return replace(self, places={**self.places, place.touch_id: place})


@dataclass(frozen=True, slots=True)
class Admission:
    """`reserve` by key; ``fresh`` are those of the reserved who had no place before."""

    reserved: Keys
    fresh: Keys
    deferred: Keys
    refused: Mapping[bytes, TouchRefusal]
    displaced: Mapping[str, Keys]


def reserve(bucket: Bucket, touch: Touch, keys: Keys, cap: Cap, now: datetime) -> tuple[Bucket, Admission]:
    """Give a place in every week of the touch to those whose weeks all have room; the others wait.

    Reserving a planned touch again, for good this time, locks it.
    """
    known = bucket.places.get(touch.touch_id)
    place = _renewed(known, touch) if known else _place_of(touch)
    bucket = pruned(bucket.with_place(place) if known else bucket, now)
    place = bucket.places.get(touch.touch_id, place)
    refused = dict.fromkeys(place.receivers & keys, TouchRefusal.ALREADY_SETTLED)
    refused |= dict.fromkeys((place.released & keys).difference(refused), TouchRefusal.RELEASED)
    holding = NO_KEYS.union(*(found & keys for weeks, found in place.held.items() if set(touch.weeks) <= set(weeks)))
    asking = keys.difference(refused, holding)
    if not asking:
        return bucket, Admission(holding, NO_KEYS, NO_KEYS, refused, {})
    freed = bucket.with_place(replace(place.without_hold(asking), deferred=place.deferred - asking))
    full = _full(freed, touch, asking, cap)
    freed, displaced, still_full = _displace(freed, touch, full, cap)
    fresh = asking - still_full
    place = freed.places[touch.touch_id].holding(touch.weeks, fresh)
    place = replace(place, deferred=place.deferred | still_full)
    return freed.with_place(place), Admission(holding | fresh, fresh, still_full, refused, displaced)


def settle(bucket: Bucket, touch: Touch, weeks: Mapping[bytes, str], now: datetime) -> Bucket:
    """Record in which week the member confirmed; the other weeks are free again.

    What was told first stays. A touch that is not known here, or whose place was given back, is recorded all the same:
    the customer has it.
    """
    bucket = pruned(bucket, now)
    place = bucket.places.get(touch.touch_id) or _place_of(touch)
    news = {key: week for key, week in weeks.items() if key not in place.receivers}
    if not news:
        return bucket
    keys = frozenset(news)
    told: dict[str, Keys] = {}
    for week in set(news.values()):
        told[week] = frozenset(key for key, its_week in news.items() if its_week == week)
    place = place.without_hold(keys)
    place = replace(
        place,
        deferred=place.deferred - keys,
        released=place.released - keys,
        settled=_united(place.settled, told),
    )
    return bucket.with_place(place)


def release(bucket: Bucket, touch_id: str, keys: Keys) -> Bucket:
    """Free all weeks of these customers for good; what was settled stays."""
    place = bucket.places.get(touch_id)
    if place is None or not (going := (place.holders | place.deferred) & keys):
        return bucket
    place = place.without_hold(going)
    return bucket.with_place(replace(place, deferred=place.deferred - going, released=place.released | going))


def lock(bucket: Bucket, touch_id: str, keys: Keys, now: datetime) -> tuple[Bucket, Keys]:
    """From now on nobody displaces the touch here; who may get it: those who hold a place, while its content lives."""
    place = bucket.places.get(touch_id)
    if place is None or now >= place.expires_at:
        return bucket, NO_KEYS
    locked = bucket.with_place(replace(place, displaceable=False)) if place.displaceable else bucket
    return locked, place.holders & keys


def pruned(bucket: Bucket, now: datetime) -> Bucket:
    """Without what lies more than a week back and without those who waited until the content expired."""
    oldest = week_of(now - _KEPT_FOR)
    places = {}
    for touch_id, place in bucket.places.items():
        alive = now < place.expires_at
        kept = replace(
            place,
            held={weeks: keys for weeks, keys in place.held.items() if weeks[-1] >= oldest},
            settled={week: keys for week, keys in place.settled.items() if week >= oldest},
            deferred=place.deferred if alive else NO_KEYS,
            released=place.released if alive else NO_KEYS,
        )
        if kept.keys:
            places[touch_id] = place if kept == place else kept
    return bucket if places == bucket.places else replace(bucket, places=places)


def without(bucket: Bucket, keys: Keys) -> tuple[Bucket, list[Place]]:
    """Take some customers' entries out."""
    taken = [part for place in bucket.places.values() if (part := place.restricted(keys)).keys]
    if not taken:
        return bucket, []
    rest = [place.restricted(place.keys - keys) for place in bucket.places.values()]
    return replace(bucket, places={place.touch_id: place for place in rest if place.keys}), taken


def with_places(bucket: Bucket, places: Iterable[Place]) -> Bucket:
    """Put entries in, beside what is there of the same touches."""
    for place in places:
        known = bucket.places.get(place.touch_id)
        bucket = bucket.with_place(known.joined(place) if known else place)
    return bucket


def split(bucket: Bucket) -> list[Bucket]:
    """The bucket itself, or as many halves as it takes that none has more than a thousand customers."""
    if len(bucket.keys) <= MOST_IN_A_BUCKET:
        return [bucket]
    found = [replace(bucket, places={}, is_split=True)]
    for bit in "01":
        prefix = bucket.prefix + bit
        _, places = without(bucket, frozenset(key for key in bucket.keys if bits_of(key).startswith(prefix)))
        found += split(with_places(Bucket(bucket.home, prefix), places))
    return found


def counts(bucket: Bucket, key: bytes) -> dict[tuple[str, PressureClass], tuple[int, int]]:
    """(held, settled) by week and class for one customer."""
    found: dict[tuple[str, PressureClass], tuple[int, int]] = {}
    for place in bucket.places.values():
        held = [week for weeks, keys in place.held.items() if key in keys for week in weeks]
        settled = [week for week, keys in place.settled.items() if key in keys]
        for week in {*held, *settled}:
            before = found.get((week, place.pressure_class), (0, 0))
            found[week, place.pressure_class] = before[0] + held.count(week), before[1] + settled.count(week)
    return found


def _full(bucket: Bucket, touch: Touch, keys: Keys, cap: Cap) -> Keys:
    """Those with no room in at least one of the touch's weeks."""
    lowest = min([cap.usual, *cap.raised.values()])
    full: set[bytes] = set()
    for week in touch.weeks:
        taken: Counter[bytes] = Counter()
        for place in bucket.places.values():
            if place.pressure_class is touch.pressure_class:
                for counted in place.counted(week):
                    taken.update(counted & keys)
        if lowest <= 0:
            full.update(key for key in keys if taken[key] >= cap.of(key))
        full.update(key for key, number in taken.items() if number >= cap.of(key))
    return frozenset(full)


def _displace(bucket: Bucket, touch: Touch, keys: Keys, cap: Cap) -> tuple[Bucket, dict[str, Keys], Keys]:
    """Make room where lower touches that were not dispatched hold the places, lowest first; who is still without."""
    lower = sorted(
        (place for place in bucket.places.values() if _gives_way(place, touch)),
        key=lambda place: (place.priority, place.touch_id),
    )
    displaced: dict[str, set[bytes]] = {}
    still_full = set(keys)
    for key in keys if lower else ():
        trial, losers = _with_room(bucket, touch, key, lower, cap)
        if trial is not None:
            bucket = trial
            still_full.discard(key)
            for touch_id in losers:
                displaced.setdefault(touch_id, set()).add(key)
    return bucket, {touch_id: frozenset(found) for touch_id, found in displaced.items()}, frozenset(still_full)


def _with_room(
    bucket: Bucket, touch: Touch, key: bytes, lower: Iterable[Place], cap: Cap
) -> tuple[Bucket | None, list[str]]:
    """The bucket with room for one customer and who lost a place for it; None when all lower touches are too few."""
    key_alone, losers = frozenset({key}), []
    for place in lower:
        full = {week for week in touch.weeks if _full(bucket, replace(touch, weeks=(week,)), key_alone, cap)}
        if not full:
            break
        if any(key in found and full.intersection(weeks) for weeks, found in place.held.items()):
            bucket = bucket.with_place(_deferring(bucket.places[place.touch_id], key_alone))
            losers.append(place.touch_id)
    return (None if _full(bucket, touch, key_alone, cap) else bucket), losers


def _gives_way(place: Place, touch: Touch) -> bool:
    same_class = place.pressure_class is touch.pressure_class
    return place.displaceable and same_class and place.priority < touch.priority and place.touch_id != touch.touch_id


def _deferring(place: Place, keys: Keys) -> Place:
    return replace(place.without_hold(keys), deferred=place.deferred | keys)


def _renewed(place: Place, touch: Touch) -> Place:
    """The place under what is known of the touch by now."""
    return replace(
        place,
        priority=touch.priority,
        expires_at=max(place.expires_at, touch.expires_at),
        displaceable=place.displaceable and touch.displaceable,
    )


def _place_of(touch: Touch) -> Place:
    return Place(touch.touch_id, touch.pressure_class, touch.priority, touch.expires_at, touch.displaceable)


def _filled[Name](parts: Mapping[Name, Keys]) -> dict[Name, Keys]:
    return {name: keys for name, keys in parts.items() if keys}


def _united[Name](some: Mapping[Name, Keys], more: Mapping[Name, Keys]) -> dict[Name, Keys]:
    return {name: some.get(name, NO_KEYS) | more.get(name, NO_KEYS) for name in (*some, *more)}
