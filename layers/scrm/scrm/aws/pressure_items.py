"""Buckets and notes of the contact-pressure ledger as items, packed: an update is billed by the whole item.

A bucket holds its customers' keys once, eight bytes each, and for every touch and state one bit a customer, or two
bytes for each of a few. With two pushes and two moments a week that is about eleven bytes a customer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched, compress
from typing import Any

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item
from scrm.homes import KEY_BYTES
from scrm.pressure.bucket import NO_KEYS, Bucket, Keys, Place
from scrm.pressure.model import PressureClass
from scrm.pressure.shelf import Note, NoteKind

SCHEMA_VERSION = 1
# No entry counts longer than a week after its own, and nobody plans for an owner of two months ago.
KEPT_FOR = timedelta(days=60)
_BITS, _PLACES = b"\0", b"\1"
_PLACE_BYTES, _VERSION_BYTES = 2, 6
_TO_DIGITS = bytes.maketrans(b"\0\1", b"01")
_FROM_DIGITS = bytes.maketrans(b"01", b"\0\1")


def home_pk(home: str) -> str:
    return f"HOME#{home}"


def bucket_key(bucket: Bucket) -> dict[str, str]:
    return {"pk": home_pk(bucket.home), "sk": f"BUCKET#{bucket.prefix}"}


def note_key(note: Note) -> dict[str, str]:
    return {"pk": home_pk(note.home), "sk": f"NOTE#{note.kind.value}#{note.note_id}"}


def bucket_as_read(bucket: Bucket) -> Condition:
    return Condition("version = :version", {":version": bucket.version}) if bucket.version else ABSENT


def note_as_read(note: Note) -> Condition:
    return Condition("customers = :read", {":read": note.read})


def bucket_item(bucket: Bucket, now: datetime) -> Item:
    """The next version of the bucket. One that was split stays: without it a late writer could begin it anew."""
    keys = sorted(bucket.keys)
    return {
        **bucket_key(bucket),
        "schema_version": SCHEMA_VERSION,
        "home": bucket.home,
        "is_split": bucket.is_split or None,
        "keys": b"".join(keys) or None,
        "touches": [_place_value(place, keys) for place in bucket.places.values()],
        "expires_at": None if bucket.is_split else _expiry(now),
        "version": bucket.version + 1,
    }


def to_bucket(item: Item) -> Bucket:
    keys = _keys(item.get("keys", b""))
    places = [_to_place(value, keys) for value in item["touches"]]
    return Bucket(
        home=item["home"],
        prefix=item["sk"].partition("#")[2],
        places={place.touch_id: place for place in places},
        is_split=item.get("is_split", False),
        version=item["version"],
    )


def note_item(note: Note) -> Item:
    packed = b"".join(key + number.to_bytes(_VERSION_BYTES) for key, number in note.versions.items())
    return {
        **note_key(note),
        "schema_version": SCHEMA_VERSION,
        "home": note.home,
        "kind": note.kind.value,
        "note_id": note.note_id,
        "other": note.other,
        "keys": packed,
        "customers": len(note.versions),
        "at": clock.to_iso(note.at),
        "expires_at": _expiry(note.at),
    }


def to_note(item: Item) -> Note:
    entries = batched(item["keys"], KEY_BYTES + _VERSION_BYTES, strict=True)
    return Note(
        home=item["home"],
        kind=NoteKind(item["kind"]),
        note_id=item["note_id"],
        other=item["other"],
        versions={bytes(entry[:KEY_BYTES]): int.from_bytes(bytes(entry[KEY_BYTES:])) for entry in entries},
        at=clock.from_iso(item["at"]),
        read=item["customers"],
    )


def _expiry(moment: datetime) -> int:
    return int((moment + KEPT_FOR).timestamp())


def _place_value(place: Place, keys: Sequence[bytes]) -> list[Any]:
    return [
        place.touch_id,
        place.pressure_class.value,
        place.priority,
        clock.to_iso(place.expires_at),
        place.displaceable,
        {" ".join(weeks): _packed(members, keys) for weeks, members in place.held.items()},
        _packed(place.deferred, keys),
        _packed(place.released, keys),
        {week: _packed(members, keys) for week, members in place.settled.items()},
    ]


def _to_place(value: Sequence[Any], keys: Sequence[bytes]) -> Place:
    touch_id, pressure_class, priority, expires_at, displaceable, held, deferred, released, settled = value
    return Place(
        touch_id=touch_id,
        pressure_class=PressureClass(pressure_class),
        priority=priority,
        expires_at=clock.from_iso(expires_at),
        displaceable=displaceable,
        held={tuple(weeks.split()): _members(packed, keys) for weeks, packed in _named(held)},
        deferred=_members(deferred, keys),
        released=_members(released, keys),
        settled={week: _members(packed, keys) for week, packed in _named(settled)},
    )


def _named(parts: Mapping[str, bytes]) -> Sequence[tuple[str, bytes]]:
    return sorted(parts.items())


def _packed(members: Keys, keys: Sequence[bytes]) -> bytes:
    """Which of the keys these are: a bit for each key, or the places of the few."""
    if not members:
        return b""
    flags = bytes(map(members.__contains__, keys))
    if len(members) * _PLACE_BYTES * 8 < len(keys):
        return _PLACES + b"".join(place.to_bytes(_PLACE_BYTES) for place, flag in enumerate(flags) if flag)
    return _BITS + int(flags[::-1].translate(_TO_DIGITS), 2).to_bytes(-(-len(keys) // 8), "little")


def _members(packed: bytes, keys: Sequence[bytes]) -> Keys:
    if not packed:
        return NO_KEYS
    kind, content = packed[:1], packed[1:]
    if kind == _PLACES:
        return frozenset(keys[int.from_bytes(bytes(place))] for place in batched(content, _PLACE_BYTES, strict=True))
    digits = f"{int.from_bytes(content, 'little'):0{len(keys)}b}".encode()[::-1]
    return frozenset(compress(keys, digits.translate(_FROM_DIGITS)))


def _keys(packed: bytes) -> list[bytes]:
    return [packed[place : place + KEY_BYTES] for place in range(0, len(packed), KEY_BYTES)]
