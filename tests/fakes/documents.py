"""Files of a bucket in memory, for intakes that read them in steps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scrm.aws.documents import DocumentMissingError


@dataclass
class FileDesk:
    """Files as `scrm.aws.documents.DocumentStore` gives them, and a clock of which each look takes ``tick``."""

    tick: timedelta = timedelta(0)
    files: dict[str, bytes] = field(default_factory=dict)
    moment: datetime = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += self.tick
        return self.moment

    def lines_from(self, key: str, offset: int = 0, etag: str = "") -> tuple[str, Iterator[bytes]]:
        if key not in self.files:
            raise DocumentMissingError("There is no such document.")
        return etag or "etag-1", iter(self.files[key][offset:].splitlines(keepends=True))

    def put(self, key: str, body: bytes, content_type: str) -> bool:
        self.files[key] = body
        return True
