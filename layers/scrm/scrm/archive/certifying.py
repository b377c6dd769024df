"""Certifying the archive day by day, and verifying what was certified (O6)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from scrm.archive import certificate as certificates
from scrm.archive.certificate import (
    Consents,
    DayCertificate,
    DayFacts,
    DayMedia,
    Fault,
    FaultKind,
    Link,
    NamedObject,
    Seats,
    Signer,
    Verifier,
    certificate_key,
    signature_key,
)
from scrm.archive.manifest import Manifest
from scrm.archive.places import manifest_key
from scrm.archive.stores import ArchiveObjects, Cursor, ReopenedRows, SegmentPointer
from scrm.clock import BUSINESS_ZONE

_JSON = "application/json"
_BYTES = "application/octet-stream"


class CertifiedDays(Protocol):
    """What certifying reads and keeps beside the bucket."""

    def cursor(self) -> Cursor:
        """Where the chain ends."""
        ...

    def close(self, day: date) -> None:
        """From now on nothing is dated on the day; what is noted late belongs to a later one. Repeatable."""
        ...

    def segments_of(self, day: date) -> Sequence[SegmentPointer]: ...

    def reopened_on(self, day: date) -> Sequence[ReopenedRows]: ...

    def media_of(self, day: date, pages: Sequence[int]) -> DayMedia:
        """``pages`` of the day, by the number each was asked from."""
        ...

    def parked_rows(self) -> Mapping[str, int]:
        """Rows that wait, by version of the key (`ParkedPage.new_rows`)."""
        ...

    def last_certified(self) -> date | None: ...

    def certified(self, certificate: DayCertificate, signature: bytes) -> None:
        """Note the day with its figures; repeatable."""
        ...


class ArchivedSeats(Protocol):
    """Who is on the roster and who of them WeCom archives; None where nobody knows."""

    def seats(self) -> Seats | None: ...

    def consents(self) -> Consents | None:
        """None until somebody has a seat."""
        ...


class ArchiveFaultyError(Exception):
    """The day cannot be certified: its chain is broken. ``faults`` name the objects."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{fault.kind} {fault.key}" for fault in faults[:5]))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Certifying:
    """Use case: certify each day that is over, in order, once."""

    objects: ArchiveObjects
    days: CertifiedDays
    signer: Signer
    seats: ArchivedSeats
    corp_id: str
    now: Callable[[], datetime]

    def run(self) -> list[DayCertificate]:
        """Certificates that were made; the next day waits while the one before is incomplete.

        Raises:
            ArchiveFaultyError: a chain is broken.
            DayIncompleteError: pages of the day wait to be opened.
        """
        made = []
        while (day := self._next_day()) is not None:
            made.append(self.certify(day))
        return made

    def certify(self, day: date) -> DayCertificate:
        """Made again it is the one that is stored."""
        stored = read_certificate(self.objects, day)
        certificate = stored or self._make(day)
        if stored is None:
            self.objects.put_once(certificate_key(day), certificates.to_bytes(certificate), _JSON)
            certificate = read_certificate(self.objects, day) or certificate
        self.days.certified(certificate, self._signature(certificate))
        return certificate

    def waiting_for(self) -> timedelta:
        """How long the oldest day that is over waits for its certificate; zero when none does."""
        ends_at = self.next_due()
        return timedelta(0) if ends_at is None else max(self.now() - ends_at, timedelta(0))

    def next_due(self) -> datetime | None:
        """When the first day without a certificate ends, or ended; None before the first page."""
        day = self._first_without()
        return None if day is None else datetime.combine(day + timedelta(days=1), time.min, BUSINESS_ZONE)

    def _signature(self, certificate: DayCertificate) -> bytes:
        """The one that is stored; each signing of a root gives other bytes."""
        key = signature_key(certificate.day)
        stored = self.objects.read(key)
        if stored is None:
            made = self.signer.sign(certificates.root_of(certificate).encode())
            if self.objects.put_once(key, made, _BYTES) is not None:
                return made
            stored = self.objects.read(key)
            return made if stored is None else stored.body
        return stored.body

    def _next_day(self) -> date | None:
        """The first day without a certificate; None when it is not over."""
        day = self._first_without()
        return day if day is not None and day < self.now().astimezone(BUSINESS_ZONE).date() else None

    def _first_without(self) -> date | None:
        """The day after the last certified one, or that of the first page."""
        last = self.days.last_certified()
        if last is not None:
            return last + timedelta(days=1)
        first = _first_manifest(self.objects)
        return certificates.day_of(first) if first is not None else None

    def _make(self, day: date) -> DayCertificate:
        previous = read_certificate(self.objects, day - timedelta(days=1))
        links: list[tuple[Manifest, NamedObject]] = []
        faults: list[Fault] = []
        for link in self._walk(previous):
            if link.manifest is not None and certificates.day_of(link.manifest) > day:
                break
            faults += link.faults
            if link.manifest is not None and link.named is not None:
                links.append((link.manifest, link.named))
        if faults:
            raise ArchiveFaultyError(faults)
        self.days.close(day)  # before anything of the day is read
        facts = DayFacts(
            links,
            self._segments(links, day),
            self.days.parked_rows(),
            self.days.reopened_on(day),
            self.days.media_of(day, [manifest.page.asked_from for manifest, _ in links]),
            self.seats.seats(),
            self.seats.consents(),
        )
        return certificates.certify(self.corp_id, day, self.now(), previous, facts)

    def _segments(self, links: Sequence[tuple[Manifest, NamedObject]], day: date) -> list[SegmentPointer]:
        """Segments lie by the day of their pull, which a clock that was set back may make an earlier one."""
        days = {day} | {certificates.day_of(manifest) for manifest, _ in links}
        return [segment for each in sorted(days) for segment in self.days.segments_of(each)]

    def _walk(self, previous: DayCertificate | None) -> Iterator[Link]:
        """From the manifest after the last certified one; a day without pulls says where the one before ended."""
        last = _last_manifest(self.objects, previous)
        number = last.number if last else 0
        chain = previous.chain_sha256 if previous else ""
        return certificates.walk(self.objects, number + 1, self.days.cursor().manifest_number, last, chain)


@dataclass(frozen=True, slots=True)
class Verifying:
    """Use case: whether what was certified still is as it was (``scrm archive verify``)."""

    objects: ArchiveObjects
    verifier: Verifier

    def verify(self, day: date) -> list[Fault]:
        """Everything wrong with a day: its signature, its chain, every object it names, its counts; empty is right."""
        certificate = read_certificate(self.objects, day)
        if certificate is None:
            return [Fault(FaultKind.MISSING, certificate_key(day))]
        return [
            *self._check_signature(certificate),
            *self._check_days(certificate),
            *self._check_chain(certificate),
            *certificates.check_objects(self.objects, certificate),
            *certificates.check_counts(certificate),
        ]

    def _check_signature(self, certificate: DayCertificate) -> list[Fault]:
        key = signature_key(certificate.day)
        signature = self.objects.read(key)
        if signature is None:
            return [Fault(FaultKind.MISSING, key)]
        root = certificates.root_of(certificate).encode()
        return [] if self.verifier.verifies(root, signature.body) else [Fault(FaultKind.SIGNATURE, key)]

    def _check_days(self, certificate: DayCertificate) -> list[Fault]:
        """That the day before is the one this day was made after."""
        if not certificate.previous_root:
            return []
        before = certificate.day - timedelta(days=1)
        previous = read_certificate(self.objects, before)
        if previous is None:
            return [Fault(FaultKind.MISSING, certificate_key(before))]
        is_right = certificates.root_of(previous) == certificate.previous_root
        return [] if is_right else [Fault(FaultKind.CHAIN_BROKEN, certificate_key(before))]

    def _check_chain(self, certificate: DayCertificate) -> list[Fault]:
        if not certificate.first_manifest:
            return []
        previous = read_certificate(self.objects, certificate.day - timedelta(days=1))
        last, chain = _last_manifest(self.objects, previous), previous.chain_sha256 if previous else ""
        faults: list[Fault] = []
        for link in certificates.walk(self.objects, certificate.first_manifest, certificate.last_manifest, last, chain):
            faults += link.faults
            chain = link.named.sha256 if link.named else chain
        if not faults and chain != certificate.chain_sha256:
            faults.append(Fault(FaultKind.CHAIN_BROKEN, manifest_key(certificate.last_manifest)))
        return faults


def read_certificate(objects: ArchiveObjects, day: date) -> DayCertificate | None:
    """None where there is none.

    Raises:
        ArchiveFaultyError: what lies there is no certificate.
    """
    stored = objects.read(certificate_key(day))
    if stored is None:
        return None
    try:
        return certificates.from_bytes(stored.body)
    except (ValueError, KeyError, TypeError):
        raise ArchiveFaultyError([Fault(FaultKind.UNREADABLE, certificate_key(day))]) from None


def _first_manifest(objects: ArchiveObjects) -> Manifest | None:
    return next(certificates.walk(objects, 1, 1, None, "")).manifest


def _last_manifest(objects: ArchiveObjects, certificate: DayCertificate | None) -> Manifest | None:
    """The last one that was certified; days without pulls lead further back."""
    while certificate is not None and not certificate.last_manifest:
        certificate = read_certificate(objects, certificate.day - timedelta(days=1))
    if certificate is None:
        return None
    number = certificate.last_manifest
    return next(certificates.walk(objects, number, number, None, "")).manifest
