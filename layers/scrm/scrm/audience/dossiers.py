"""Facts of an owner's customers, packed by a thousand, and how they follow a customer who got another owner.

A dossier is never moved: it stays where the feed laid it, until the next feed lays it with the present owner. The
transaction that changes an owner writes two notes instead, ``moved`` with the old owner and ``arrived`` with the new
one; the customer's version orders notes and dossiers, so that whoever reads an owner's shelf knows whose customers
these are at this moment (`Shelf.here`), and from where to read the facts of those who came (`Shelf.sources`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm import clock, ids
from scrm.audience.facts import CustomerFacts
from scrm.homes import MOST_IN_A_BUCKET, OwnerMove, bits_of, bucket_of, home_of, key_of

KEPT_FOR: Final = timedelta(days=35)
"""Facts that no feed repeated for so long are forgotten; notes are kept longer."""


class NoteKind(StrEnum):
    """``moved`` lies with the owner the customers left, ``arrived`` with the one they came to."""

    MOVED = "moved"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Dossier:
    """A customer's facts and his version when the feed laid them here."""

    facts: CustomerFacts
    version: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Dossiers of up to a thousand customers; ``prefix`` are the first bits of their keys."""

    home: str
    prefix: str = ""
    dossiers: Mapping[str, Dossier] = field(default_factory=dict)
    is_split: bool = False
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Note:
    """Customers that changed from one home to another in one transaction; ``versions`` are theirs after it."""

    home: str
    kind: NoteKind
    note_id: str
    other: str
    versions: Mapping[str, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that lies with one home."""

    home: str
    buckets: tuple[Bucket, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def dossiers(self) -> dict[str, Dossier]:
        """By customer, also of those who left."""
        return {one: found for bucket in self.buckets for one, found in bucket.dossiers.items()}

    def here(self) -> dict[str, Dossier | None]:
        """The customers of this owner now, in a fixed order; None: he came after the last feed."""
        dossiers, latest = self.dossiers, self._latest()
        found = {}
        for one in sorted(dossiers.keys() | latest.keys()):
            dossier, note = dossiers.get(one), latest.get(one)
            if note is None or (dossier is not None and dossier.version >= note.versions[one]):
                found[one] = dossier
            elif note.kind is NoteKind.ARRIVED:
                found[one] = None
        return found

    def sources(self, external_userids: Iterable[str]) -> dict[str, set[str]]:
        """From which homes these customers ever came here: who came twice may have been told of before that."""
        wanted, found = set(external_userids), dict[str, set[str]]()
        for note in self.notes:
            if note.kind is NoteKind.ARRIVED and (arrived := wanted.intersection(note.versions)):
                found.setdefault(note.other, set()).update(arrived)
        return found

    def bucket_of(self, external_userid: str) -> Bucket:
        """Where the customer's dossier belongs; a bucket nobody wrote yet is empty."""
        buckets = {bucket.prefix: bucket for bucket in self.buckets}
        return bucket_of(buckets, key_of(external_userid), lambda prefix: Bucket(self.home, prefix))

    def _latest(self) -> dict[str, Note]:
        latest: dict[str, Note] = {}
        for note in sorted(self.notes, key=lambda note: note.kind is NoteKind.ARRIVED):
            for one, version in note.versions.items():
                if one not in latest or version >= latest[one].versions[one]:
                    latest[one] = note
        return latest


def laid(shelf: Shelf, dossiers: Sequence[Dossier], now: datetime) -> list[list[Bucket]]:
    """The buckets to write, each list in one transaction; what is known by a later file stays as it is."""
    grouped: dict[str, tuple[Bucket, list[Dossier]]] = {}
    for dossier in dossiers:
        bucket = shelf.bucket_of(dossier.facts.external_userid)
        grouped.setdefault(bucket.prefix, (bucket, []))[1].append(dossier)
    written = []
    for bucket, added in grouped.values():
        kept = {one: old for one, old in bucket.dossiers.items() if now - old.facts.told_at < KEPT_FOR}
        for dossier in added:
            one = dossier.facts.external_userid
            known = kept.get(one)
            if known is None or known.facts.told_at <= dossier.facts.told_at:
                kept[one] = dossier
        if kept != bucket.dossiers:
            written.append(split(replace(bucket, dossiers=kept)))
    return written


def split(bucket: Bucket) -> list[Bucket]:
    """The bucket itself, or as many halves as it takes that none has more than a thousand customers."""
    if len(bucket.dossiers) <= MOST_IN_A_BUCKET:
        return [bucket]
    found = [replace(bucket, dossiers={}, is_split=True)]
    for bit in "01":
        prefix = bucket.prefix + bit
        half = {one: each for one, each in bucket.dossiers.items() if bits_of(key_of(one)).startswith(prefix)}
        found += split(Bucket(bucket.home, prefix, half))
    return found


def notes_of(moves: Sequence[OwnerMove], at: datetime) -> list[Note]:
    """The notes of one transaction: two for each pair of owners."""
    pairs: dict[tuple[str, str], dict[str, int]] = {}
    for move in moves:
        homes = home_of(move.from_userid, move.external_userid), home_of(move.to_userid, move.external_userid)
        if homes[0] != homes[1]:
            pairs.setdefault(homes, {})[move.external_userid] = move.version
    found = []
    for (left, reached), versions in pairs.items():
        cause = [part for one, version in sorted(versions.items()) for part in (one, str(version))]
        note_id = ids.derive("move", left, reached, clock.to_iso(at), *cause)
        found.append(Note(left, NoteKind.MOVED, note_id, reached, versions, at))
        found.append(Note(reached, NoteKind.ARRIVED, note_id, left, versions, at))
    return found
