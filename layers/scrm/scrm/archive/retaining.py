"""Evidence is locked for as long as its class is to be kept: by certified day, the oldest first, and only ever longer.

What the bucket locks by itself needs nothing. Where the bank keeps a class longer, each object that a certificate
names, and the certificate itself, gets that lock: when the time grows once for all days, and then for each new day.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

from scrm.archive import certificate as certificates
from scrm.archive import manifest as manifests
from scrm.archive.certificate import DayCertificate, NamedObject, certificate_key, signature_key
from scrm.archive.certified_days import CertifiedDay
from scrm.archive.retention import PREFIXES, RecordClass, Retention
from scrm.archive.stores import StoredObject
from scrm.clock import BUSINESS_ZONE

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """Objects of the days up to ``through``, and the first ``objects`` of the next one, are locked for ``days``.

    ``since`` is when these days were first asked for; None once every certified day has them.
    """

    record_class: RecordClass
    days: int = 0
    through: date | None = None
    objects: int = 0
    since: datetime | None = None


class RetentionProgress(Protocol):
    """How far each class is; writing the same twice, or an older state, only makes work be done again."""

    def progress(self, record_class: RecordClass) -> Progress: ...

    def save(self, progress: Progress) -> None: ...


class CertifiedDaysInOrder(Protocol):
    def days_after(self, day: date | None) -> Iterator[CertifiedDay]:
        """The oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Extended:
    """``extended`` got a longer lock, ``kept`` had one that is as long, ``missing`` are not there to be locked."""

    extended: int = 0
    kept: int = 0
    missing: tuple[str, ...] = ()

    def __add__(self, other: "Extended") -> "Extended":
        return Extended(self.extended + other.extended, self.kept + other.kept, (*self.missing, *other.missing))


class LockedArchive(Protocol):
    """The archive's bucket, whose objects are locked by version."""

    def versions(self, key: str) -> Iterator[StoredObject]:
        """Everything that was ever written there, the newest first."""
        ...

    def lock(self, objects: Sequence[NamedObject], until: datetime) -> Extended:
        """Lock each of these versions until then; one that is locked longer stays so."""
        ...


class CertificateLostError(Exception):
    """No version in the bucket is what was certified; the message is the object's key."""


@dataclass(frozen=True, slots=True)
class Retaining:
    """Use case; a run may break off anywhere and the next goes on. ``retention`` asks what the bank wants now."""

    archive: LockedArchive
    days: CertifiedDaysInOrder
    progress: RetentionProgress
    retention: Callable[[], Retention]
    now: Callable[[], datetime]

    def run(self, has_time: Callable[[], bool]) -> Extended:
        """What was done; what time does not allow the next run does.

        Raises:
            CertificateLostError: a day cannot be locked, as nobody knows any more what belongs to it.
        """
        done = Extended()
        for record_class, days in self._wanted():
            done += self._run(self._begun(record_class, days), has_time)
        return done

    def waiting_for(self) -> timedelta:
        """How long the class that waits longest has waited for the time the bank asked for; zero when none does."""
        stands = [self.progress.progress(record_class) for record_class, _ in self._wanted()]
        begun = [each.since for each in stands if each.since is not None]
        return self.now() - min(begun) if begun else timedelta(0)

    def _wanted(self) -> list[tuple[RecordClass, int]]:
        """Classes for which the bucket's own lock is not enough, and their days."""
        retention = self.retention()
        return [(each, days) for each in RecordClass if (days := retention.days(each)) > retention.floor]

    def _begun(self, record_class: RecordClass, days: int) -> Progress:
        """Where to go on; from the first day when the time has grown."""
        known = self.progress.progress(record_class)
        if days <= known.days:
            return known
        begun = Progress(record_class, days, since=self.now())
        self.progress.save(begun)
        return begun

    def _run(self, at: Progress, has_time: Callable[[], bool]) -> Extended:
        done = Extended()
        for day in self.days.days_after(at.through):
            certificate = self._certificate(day)
            until = _end_of(certificate.made_at) + timedelta(days=at.days)
            objects = self._objects(day, certificate, at.record_class)
            while at.objects < len(objects):
                if not has_time():
                    self.progress.save(replace(at, since=at.since or self.now()))
                    return done
                some = objects[at.objects : at.objects + _AT_ONCE]
                done += self.archive.lock(some, until)
                at = replace(at, objects=at.objects + len(some))
                self.progress.save(at)
            at = replace(at, through=day.day, objects=0)
            self.progress.save(at)
        if at.since is not None:
            self.progress.save(replace(at, since=None))
        return done

    def _certificate(self, day: CertifiedDay) -> DayCertificate:
        return certificates.from_bytes(self._version(certificate_key(day.day), _has_checksum(day.root)).body)

    def _objects(self, day: CertifiedDay, certificate: DayCertificate, record_class: RecordClass) -> list[NamedObject]:
        if record_class is RecordClass.CERTIFICATE:
            return [
                self._named(certificate_key(day.day), _has_checksum(day.root)),
                self._named(signature_key(day.day), lambda body: body == day.signature),
            ]
        return [each for each in certificate.objects if each.key.startswith(PREFIXES[record_class])]

    def _named(self, key: str, is_it: Callable[[bytes], bool]) -> NamedObject:
        found = self._version(key, is_it)
        return NamedObject(key, found.version_id, manifests.checksum(found.body))

    def _version(self, key: str, is_it: Callable[[bytes], bool]) -> StoredObject:
        """What was certified, also when something was written over it."""
        found = next((each for each in self.archive.versions(key) if is_it(each.body)), None)
        if found is None:
            raise CertificateLostError(key)
        return found


def _has_checksum(root: str) -> Callable[[bytes], bool]:
    return lambda body: manifests.checksum(body) == root


def _end_of(made_at: datetime) -> datetime:
    """Midnight after a certificate was made: everything that it names was stored before."""
    day = made_at.astimezone(BUSINESS_ZONE).date() + timedelta(days=1)
    return datetime.combine(day, time.min, BUSINESS_ZONE)
