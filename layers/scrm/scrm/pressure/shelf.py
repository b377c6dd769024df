"""All that lies with one owner, and how entries follow a customer who got another owner.

The transaction that changes a customer's owner writes two small notes, ``moved`` with the old owner and ``arrived``
with the new one, and reads nothing: a handover of a thousand customers costs no read and hardly a request more. From
that moment the entries are the new owner's. Whoever reads the new owner's shelf next brings them over
(`brought_home`); whoever reads the old owner's sees that the customer is gone. A customer's version orders his notes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from scrm import clock, ids
from scrm.homes import OwnerMove, bucket_of, home_of, key_of
from scrm.pressure import bucket as rules
from scrm.pressure.bucket import Bucket, Keys


class NoteKind(StrEnum):
    """``moved`` lies with the owner the customers left, ``arrived`` with the one they came to."""

    MOVED = "moved"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Note:
    """Customers that changed from one home to another in one transaction; ``other`` is the home at the other end.

    ``versions`` are the customers' own, after the change. A note only loses customers: ``read`` is how many it had when
    it was read.
    """

    home: str
    kind: NoteKind
    note_id: str
    other: str
    versions: Mapping[bytes, int]
    at: datetime
    read: int = field(default=0, compare=False)

    def without(self, keys: Keys) -> "Note":
        return replace(self, versions={key: number for key, number in self.versions.items() if key not in keys})


@dataclass(frozen=True, slots=True)
class Shelf:
    """A home's buckets and notes as they were read."""

    home: str
    buckets: tuple[Bucket, ...] = ()
    notes: tuple[Note, ...] = ()

    def bucket_of(self, key: bytes) -> Bucket:
        """Where the customer's entries belong; a bucket nobody wrote yet is empty."""
        by_prefix = {bucket.prefix: bucket for bucket in self.buckets}
        return bucket_of(by_prefix, key, lambda prefix: Bucket(self.home, prefix))

    def grouped(self, keys: Iterable[bytes]) -> dict[str, tuple[Bucket, Keys]]:
        """The buckets of these customers, by prefix."""
        if not any(bucket.is_split for bucket in self.buckets):
            return self._together(frozenset(keys))
        found: dict[str, tuple[Bucket, set[bytes]]] = {}
        for key in keys:
            bucket = self.bucket_of(key)
            found.setdefault(bucket.prefix, (bucket, set()))[1].add(key)
        return {prefix: (bucket, frozenset(members)) for prefix, (bucket, members) in found.items()}

    def _together(self, keys: Keys) -> dict[str, tuple[Bucket, Keys]]:
        """Of a home with one bucket, as nearly all have: nobody's place is looked up (T6)."""
        whole = next((bucket for bucket in self.buckets if not bucket.prefix), None)
        return {"": (whole or Bucket(self.home), keys)} if keys else {}

    def gone(self) -> dict[bytes, str]:
        """Customers who left, and to which home."""
        latest = self._latest()
        return {key: note.other for key, note in latest.items() if note.kind is NoteKind.MOVED}

    def arrivals(self, notes: int) -> Keys:
        """Customers of the first so many notes who are here and whose entries may still be elsewhere."""
        latest = self._latest()
        found: set[bytes] = set()
        for note in self.notes:
            here = {key for key in note.versions if latest[key] is note} if note.kind is NoteKind.ARRIVED else set()
            found |= here
            notes -= bool(here)
            if not notes:
                break
        return frozenset(found)

    def came_from(self, keys: Keys) -> dict[str, Keys]:
        """From where these customers' entries were never brought, whether the customers are still here or not."""
        found: dict[str, set[bytes]] = {}
        for note in self.notes:
            if note.kind is NoteKind.ARRIVED and (arrived := keys.intersection(note.versions)):
                found.setdefault(note.other, set()).update(arrived)
        return {home: frozenset(arrived) for home, arrived in found.items()}

    def _latest(self) -> dict[bytes, Note]:
        latest: dict[bytes, Note] = {}
        for note in sorted(self.notes, key=lambda note: note.kind is NoteKind.ARRIVED):
            for key, version in note.versions.items():
                if key not in latest or version >= latest[key].versions[key]:
                    latest[key] = note
        return latest


@dataclass(frozen=True, slots=True)
class Edit:
    """What is written together: buckets on the versions, notes on the sizes they were read with."""

    buckets: tuple[Bucket, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def items(self) -> int:
        return len(self.buckets) + len(self.notes)


def notes_of(moves: Sequence[OwnerMove], at: datetime) -> list[Note]:
    """The notes of one transaction: two for each pair of owners."""
    pairs: dict[tuple[str, str], dict[bytes, int]] = {}
    for move in moves:
        ends = home_of(move.from_userid, move.external_userid), home_of(move.to_userid, move.external_userid)
        if ends[0] != ends[1]:
            pairs.setdefault(ends, {})[key_of(move.external_userid)] = move.version
    found = []
    for (left, reached), versions in pairs.items():
        cause = [part for key, version in sorted(versions.items()) for part in (key.hex(), str(version))]
        note_id = ids.derive("move", left, reached, clock.to_iso(at), *cause)
        found.append(Note(left, NoteKind.MOVED, note_id, reached, versions, at))
        found.append(Note(reached, NoteKind.ARRIVED, note_id, left, versions, at))
    return found


def brought_home(shelf: Shelf, keys: Keys, sources: Mapping[str, Shelf]) -> Edit:
    """Take the entries of customers who are here out of every home they passed, and put them in.

    ``sources`` are the shelves on their way, this one left out. The notes that led here are used up.
    """
    places = []
    buckets: list[Bucket] = []
    for source in sources.values():
        for bucket, members in source.grouped(keys).values():
            emptied, taken = rules.without(bucket, members)
            if taken:
                buckets.append(emptied)
                places += taken
    for bucket, members in shelf.grouped(keys).values():
        mine = [part for place in places if (part := place.restricted(members)).keys]
        if mine:
            buckets += rules.split(rules.with_places(bucket, mine))
    notes = [note for each in (shelf, *sources.values()) for note in each.notes if note.kind is NoteKind.ARRIVED]
    notes += [note for note in shelf.notes if note.kind is NoteKind.MOVED]
    used = [rest for note in notes if (rest := note.without(keys)) != note]
    return Edit(tuple(buckets), tuple(used))
