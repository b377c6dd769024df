"""The certificate of a day: an unbroken chain of pulls, everything counted, every object named, signed (O6).

A chain of checksums alone proves little, since whoever can write the bucket can write all of it anew. So the day's root
is signed with a key that no writing role may use, and the certificate names the version of every object.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from scrm.archive import manifest as manifests
from scrm.archive.asking import ConsentTally
from scrm.archive.manifest import Manifest
from scrm.archive.places import manifest_key, reopened_key
from scrm.archive.stores import ArchiveObjects, ReopenedRows, SegmentPointer
from scrm.clock import BUSINESS_ZONE, from_iso, to_iso

_SCHEMA_VERSION: Final = 1


class FaultKind(StrEnum):
    """What is wrong with an object of the archive."""

    MISSING = "missing"
    CHANGED = "changed"
    REPLACED = "replaced"  # somebody wrote another version over it; the recorded one is still there
    UNREADABLE = "unreadable"
    CHAIN_BROKEN = "chain_broken"  # it does not lead on from the one before
    GAP = "gap"  # its page was not asked from the highest row of the page before
    NOT_COUNTED = "not_counted"  # rows of the page and of its segment differ
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Fault:
    """``key`` names the object."""

    kind: FaultKind
    key: str


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object as it was certified."""

    key: str
    version_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one day. ``jumps``: numbers that WeCom left out inside its replies; they are listed and are no gap of ours.

    ``reopened``: rows of any day that were parked and opened on this one.
    """

    pages: int
    rows: int
    opened: int
    parked: int
    raw: int
    jumps: int
    reopened: int = 0


@dataclass(frozen=True, slots=True)
class MediaCounts:
    """Files of messages. ``named`` by the day's pages and by rows that were opened on it; of these pages
    ``pages_unread`` were not looked through yet.

    ``stored`` to ``refused`` came to their end on this day, whatever day named them; ``open`` are all that are still
    fetched. So over all days what was named is what came to an end, and what is open.
    """

    pages_unread: int
    named: int
    stored: int
    mismatched: int
    lost: int
    refused: int
    open: int


@dataclass(frozen=True, slots=True)
class DayMedia:
    """``files`` are those that were stored on the day."""

    counts: MediaCounts
    files: tuple[NamedObject, ...]


@dataclass(frozen=True, slots=True)
class Seats:
    """Who is archived: ``permitted`` by WeCom's list; ``without`` are members of the roster who are not on it."""

    roster: int
    permitted: int
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consents:
    """What is known of the consent of customers and groups of members with a seat; ``unasked`` are members about whom
    WeCom was not asked yet."""

    customers: ConsentTally
    groups: ConsentTally
    unasked: int


@dataclass(frozen=True, slots=True)
class DayCertificate:
    """``first_manifest`` to ``last_manifest``: the day's pulls, both included; a day without any has 0 in both.

    ``parked`` tells rows that still wait, by version of the key. ``previous_root`` is the root of the day before.
    """

    corp_id: str
    day: date
    made_at: datetime
    previous_root: str
    first_manifest: int
    last_manifest: int
    chain_sha256: str
    counts: Counts
    parked: Mapping[str, int]
    objects: tuple[NamedObject, ...]
    media: MediaCounts
    seats: Seats | None = None
    consents: Consents | None = None


class Signer(Protocol):
    """A key that only the certifying role may use."""

    def sign(self, root: bytes) -> bytes: ...


class Verifier(Protocol):
    def verifies(self, root: bytes, signature: bytes) -> bool: ...


class DayIncompleteError(Exception):
    """Pages of the day wait to be opened; the day is certified when they are."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: its manifest with its object, both None where there is none to read, and what is wrong."""

    manifest: Manifest | None
    named: NamedObject | None
    faults: tuple[Fault, ...] = ()


def walk(objects: ArchiveObjects, first: int, last: int, before: Manifest | None, chain_sha256: str) -> Iterator[Link]:
    """The chain from manifest ``first`` to ``last``.

    ``before`` is the one before the first and ``chain_sha256`` its checksum, None and empty at the beginning.
    """
    for number in range(first, last + 1):
        key = manifest_key(number)
        stored = objects.read(key)
        if stored is None:
            yield Link(None, None, (Fault(FaultKind.MISSING, key),))
            before = None
            continue
        named = NamedObject(key, stored.version_id, manifests.checksum(stored.body))
        try:
            found = manifests.from_bytes(stored.body)
        except (ValueError, KeyError, TypeError):
            yield Link(None, named, (Fault(FaultKind.UNREADABLE, key),))
            before, chain_sha256 = None, named.sha256
            continue
        yield Link(found, named, tuple(_faults(found, number, before, chain_sha256)))
        before, chain_sha256 = found, named.sha256


def _faults(found: Manifest, number: int, before: Manifest | None, chain_sha256: str) -> Iterator[Fault]:
    if found.number != number or found.previous_sha256 != chain_sha256:
        yield Fault(FaultKind.CHAIN_BROKEN, manifest_key(number))
    if before is not None and found.page.asked_from != before.page.last_seq:
        yield Fault(FaultKind.GAP, found.page.key)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What a certificate is made from: the day's links in order, segments of their pages, rows that wait, seats.

    ``reopened`` and ``media``: what was opened, and which files were stored, on this day.
    """

    links: Sequence[tuple[Manifest, NamedObject]]
    segments: Sequence[SegmentPointer]
    parked: Mapping[str, int]
    reopened: Sequence[ReopenedRows]
    media: DayMedia
    seats: Seats | None
    consents: Consents | None = None


def certify(
    corp_id: str, day: date, made_at: datetime, previous: DayCertificate | None, facts: DayFacts
) -> DayCertificate:
    """The certificate of a day.

    Raises:
        DayIncompleteError: a page has no segment yet.
    """
    by_page = {segment.asked_from: segment for segment in facts.segments}
    pages = [manifest.page for manifest, _ in facts.links]
    if any(page.asked_from not in by_page for page in pages):
        raise DayIncompleteError(day.isoformat())
    segments = [by_page[page.asked_from] for page in pages]
    chain = previous.chain_sha256 if previous else ""
    return DayCertificate(
        corp_id=corp_id,
        day=day,
        made_at=made_at,
        previous_root=root_of(previous) if previous else "",
        first_manifest=facts.links[0][0].number if facts.links else 0,
        last_manifest=facts.links[-1][0].number if facts.links else 0,
        chain_sha256=facts.links[-1][1].sha256 if facts.links else chain,
        counts=Counts(
            pages=len(pages),
            rows=sum(page.rows for page in pages),
            opened=sum(segment.opened for segment in segments),
            parked=sum(segment.parked for segment in segments),
            raw=sum(segment.raw for segment in segments),
            jumps=sum(len(page.jumps) for page in pages),
            reopened=sum(rows.rows for rows in facts.reopened),
        ),
        parked=dict(sorted(facts.parked.items())),
        objects=(*_named(facts.links, segments), *map(_reopened, facts.reopened), *facts.media.files),
        media=facts.media.counts,
        seats=facts.seats,
        consents=facts.consents,
    )


def _named(links: Sequence[tuple[Manifest, NamedObject]], segments: Sequence[SegmentPointer]) -> Iterator[NamedObject]:
    for (manifest, itself), segment in zip(links, segments, strict=True):
        yield itself
        yield NamedObject(manifest.page.key, manifest.page.version_id, manifest.page.sha256)
        yield NamedObject(segment.key, segment.version_id, segment.sha256)


def _reopened(rows: ReopenedRows) -> NamedObject:
    return NamedObject(reopened_key(rows.asked_from, rows.first_seq), rows.version_id, rows.sha256)


def check_objects(objects: ArchiveObjects, certificate: DayCertificate) -> list[Fault]:
    """Every object that the certificate names, read again; the first fault of each."""
    return [fault for named in certificate.objects if (fault := _check(objects, named)) is not None]


def _check(objects: ArchiveObjects, named: NamedObject) -> Fault | None:
    stored = objects.digest(named.key)
    if stored is None:
        return Fault(FaultKind.MISSING, named.key)
    if stored.sha256 != named.sha256:
        return Fault(FaultKind.CHANGED, named.key)
    return None if stored.version_id == named.version_id else Fault(FaultKind.REPLACED, named.key)


def check_counts(certificate: DayCertificate) -> list[Fault]:
    """Whether the rows of the pages are all in one state; the day itself is named when not."""
    counts = certificate.counts
    if counts.rows == counts.opened + counts.parked + counts.raw:
        return []
    return [Fault(FaultKind.NOT_COUNTED, certificate_key(certificate.day))]


def day_of(manifest: Manifest) -> date:
    """The business day on which the page was pulled."""
    return manifest.pulled_at.astimezone(BUSINESS_ZONE).date()


def certificate_key(day: date) -> str:
    return f"days/{day.isoformat()}.json"


def signature_key(day: date) -> str:
    return f"days/{day.isoformat()}.sig"


def root_of(certificate: DayCertificate) -> str:
    """The checksum that is signed: of the certificate's one form."""
    return manifests.checksum(to_bytes(certificate))


def to_bytes(certificate: DayCertificate) -> bytes:
    """A certificate from before consents were counted has no word of them, and so keeps its root."""
    known = asdict(certificate)
    if certificate.consents is None:
        del known["consents"]
    document = known | {
        "schema_version": _SCHEMA_VERSION,
        "day": certificate.day.isoformat(),
        "made_at": to_iso(certificate.made_at),
        "parked": dict(certificate.parked),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def from_bytes(raw: bytes) -> DayCertificate:
    """Raises ValueError, KeyError or TypeError for bytes that `to_bytes` did not make."""
    document: dict[str, Any] = json.loads(raw)
    document.pop("schema_version")
    seats, consents = document.pop("seats"), document.pop("consents", None)
    return DayCertificate(
        **document
        | {
            "day": date.fromisoformat(document["day"]),
            "made_at": from_iso(document["made_at"]),
            "counts": Counts(**document["counts"]),
            "media": MediaCounts(**document["media"]),
            "objects": tuple(NamedObject(**each) for each in document["objects"]),
            "seats": Seats(**seats | {"without": tuple(seats["without"])}) if seats else None,
            "consents": consents_of(consents) if consents else None,
        }
    )


def consents_of(document: Mapping[str, Any]) -> Consents:
    customers, groups = (ConsentTally(**document[name]) for name in ("customers", "groups"))
    return Consents(customers, groups, document["unasked"])
