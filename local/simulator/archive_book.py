"""The archive of conversations: rows by seq, public keys by version, seats, files, and what was said in plain."""

import base64
import hashlib
import secrets
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Any, Literal

from local.simulator.world import fold

type Withheld = Literal["no_key", "no_seat", "no_consent"]

WINDOW_SECONDS = 5 * 86_400
_FILE_BLOCK = 1 << 16


@dataclass(slots=True, kw_only=True)
class ArchivedRow:
    """``fields`` is the row as a page shows it; a poisoned one may lack anything."""

    seq: int
    at: float
    fields: Any


@dataclass(slots=True, kw_only=True)
class Said:
    """One message in plain. ``withheld`` says why it is in no page; then it has no ``seq``."""

    seq: int | None
    key_version: int | None
    message: dict[str, Any]
    withheld: Withheld | None = None


@dataclass(slots=True, kw_only=True)
class ArchivedFile:
    file_id: str
    auth_key: str
    content: bytes
    at: float


@dataclass(slots=True)
class ArchiveBook:
    rows: list[ArchivedRow] = field(default_factory=list)  # by seq, and so by time
    said: list[Said] = field(default_factory=list)
    files: dict[str, ArchivedFile] = field(default_factory=dict)
    public_keys: dict[int, str] = field(default_factory=dict)
    seat_holders: list[str] = field(default_factory=list)  # in the order they were listed
    seats: int | None = None
    last_seq: int = 0
    notified_at: float | None = None
    notice_due: bool = False

    @property
    def key_version(self) -> int:
        """That of the newest public key; 0 while none was uploaded."""
        return max(self.public_keys, default=0)

    def effective(self) -> list[str]:
        """Who is archived: whom the seats are too few for is silently left out."""
        return self.seat_holders if self.seats is None else self.seat_holders[: self.seats]

    def next_seq(self) -> int:
        self.last_seq += 1
        return self.last_seq

    def page(self, seq: int, limit: int, now: float, repeated: int = 0) -> list[ArchivedRow]:
        """Rows after ``seq`` of the last five days: an older ``seq`` silently begins at the oldest of them.

        ``repeated`` rows before ``seq`` come once more.
        """
        oldest = bisect_left(self.rows, now - WINDOW_SECONDS, key=lambda row: row.at)
        begin = bisect_right(self.rows, seq, key=lambda row: row.seq)
        begin = max(oldest, begin - repeated if begin < len(self.rows) else begin)
        return self.rows[begin : begin + limit]

    def add_file(self, content: bytes, now: float) -> str:
        """Keep a file; its ``sdkfileid``."""
        file = ArchivedFile(file_id=secrets.token_hex(16), auth_key=secrets.token_hex(16), content=content, at=now)
        self.files[file.file_id] = file
        return sdk_file_id(file.file_id, file.auth_key, secrets.token_hex(16))

    def rename(self, old: str, new: str) -> None:
        self.seat_holders = [new if fold(userid) == fold(old) else userid for userid in self.seat_holders]


def sdk_file_id(*parts: str) -> str:
    """Base64 of a protobuf message with these strings as its fields 1, 2, 3, each shorter than 128 bytes."""
    encoded = b"".join(
        bytes([number << 3 | 2, len(part)]) + part.encode() for number, part in enumerate(parts, start=1)
    )
    return base64.b64encode(encoded).decode()


def made_up_file(size: int, seed: int) -> bytes:
    """Bytes that follow from a seed, for files that only have to be large."""
    block = hashlib.shake_256(str(seed).encode()).digest(min(size, _FILE_BLOCK))
    return (block * (size // len(block) + 1))[:size] if block else b""
