"""A signing key and the days of an archive in memory."""

from collections.abc import Mapping, Sequence
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from scrm.archive.certificate import DayCertificate, DayMedia, MediaCounts
from scrm.archive.stores import Cursor, ReopenedRows, SegmentPointer
from tests.fakes.archive import MemoryArchive

_CURVE = ec.ECDSA(hashes.SHA256())


class Key:
    """Signs and verifies as the key of the certifying role does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, root: bytes) -> bytes:
        return self._key.sign(root, _CURVE)

    def verifies(self, root: bytes, signature: bytes) -> bool:
        try:
            self._key.public_key().verify(signature, root, _CURVE)
        except InvalidSignature:
            return False
        return True


class Days:
    """Implements `CertifiedDays` over the archive in memory."""

    def __init__(self, archive: MemoryArchive) -> None:
        self._archive = archive
        self.last: date | None = None
        self.signatures: dict[date, bytes] = {}
        self.media: dict[date, DayMedia] = {}
        self.closed: set[date] = set()

    def cursor(self) -> Cursor:
        return self._archive.store.cursor()

    def close(self, day: date) -> None:
        self.closed.add(day)

    def segments_of(self, day: date) -> Sequence[SegmentPointer]:
        return [segment for segment in self._archive.store.segments if segment.day == day]

    def reopened_on(self, day: date) -> Sequence[ReopenedRows]:
        assert day in self.closed
        return [rows for rows in self._archive.store.reopened if rows.day == day]

    def media_of(self, day: date, pages: Sequence[int]) -> DayMedia:
        assert day in self.closed
        return self.media.get(day, DayMedia(MediaCounts(0, 0, 0, 0, 0, 0, 0), ()))

    def parked_rows(self) -> Mapping[str, int]:
        parked: dict[str, int] = {}
        for page in self._archive.store.parked_pages():
            parked[str(page.key_version)] = parked.get(str(page.key_version), 0) + page.new_rows
        return parked

    def last_certified(self) -> date | None:
        return self.last

    def certified(self, certificate: DayCertificate, signature: bytes) -> None:
        self.last = max(certificate.day, self.last or certificate.day)
        self.signatures[certificate.day] = signature
