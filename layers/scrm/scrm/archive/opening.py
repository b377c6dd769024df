"""Rows are opened: RSA by the version of the key, then the source's own cipher, then the message goes into a segment.

RSA is nineteen twentieths of the work and leaves other threads alone, so two threads do it for the whole page; the
caller's thread does the rest after them, because beside them it costs both sides a twentieth more. Whatever a row
holds, the rows around it are opened.
"""

import binascii
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

from scrm.archive import json_text
from scrm.archive.errors import FailureKind, KeyMissing, SourceFailure, UndecryptableMessage
from scrm.archive.page import BadRow, Page, Row
from scrm.archive.ports import ChatSource, PrivateKeys
from scrm.archive.segment import SegmentWriter
from scrm.archive.stores import ParkReason

_THREADS: Final = 2
_MOST_CRASHES: Final = 10  # of a page: more is not the rows' fault
_PIECE: Final = 64  # rows a thread takes at a time: a hand-over costs far less than the first of them

type _RandomKey = bytes | ParkReason


@dataclass(frozen=True, slots=True)
class OpenedRows:
    """A segment's bytes and counts.

    ``opened``, ``parked_lines`` and ``raw`` count the lines by state, ``repeated`` the rows that the page or an earlier
    one told already. ``parked``: the seqs that wait, by key version and reason (`Waiting`). ``newest_ms``: of the
    messages opened, milliseconds since 1970; 0 where none has a time.
    """

    segment: bytes
    opened: int
    parked_lines: int
    raw: int
    repeated: int
    parked: dict[tuple[int, ParkReason], list[int]]
    newest_ms: int


class Waiting:
    """Rows that could not be read and are wanted all the same: not those that the page tells a second time, readably.

    A row that an earlier page told waits too: what was told then may have been no row, or may never open.
    """

    def __init__(self) -> None:
        self._parked: dict[tuple[int, ParkReason], list[tuple[int, str]]] = {}
        self._readable: set[str] = set()

    def parked(self, seq: int, msgid: str, key_version: int, reason: ParkReason) -> None:
        self._parked.setdefault((key_version, reason), []).append((seq, msgid))

    def opened(self, msgid: str) -> None:
        self._readable.add(msgid)

    def seqs(self) -> dict[tuple[int, ParkReason], list[int]]:
        """By key version and reason; each seq once."""
        wanted = {
            key: list(dict.fromkeys(seq for seq, msgid in rows if not msgid or msgid not in self._readable))
            for key, rows in self._parked.items()
        }
        return {key: seqs for key, seqs in wanted.items() if seqs}


class RowOpener:
    """Opens rows of pages; one per function."""

    def __init__(self, keys: PrivateKeys, source: ChatSource) -> None:
        self._keys = keys
        self._source = source

    def open_page(self, page: Page, asked_from: int) -> OpenedRows:
        """All rows of a page.

        Raises:
            SourceFailure: the source cannot decrypt at all; one that a row crashes costs that row.
        """
        return self._open(page.rows, _Repeats(asked_from))

    def open_parked(self, rows: Sequence[Row]) -> OpenedRows:
        """Rows that were parked; of those still parked ``parked`` tells, and they are no lines of the segment."""
        return self._open(rows, _Repeats(0), keep_parked=False)

    def has_key(self, version: int) -> bool:
        try:
            self._keys.decrypt(version, b"")
        except KeyMissing:
            return False
        except UndecryptableMessage:  # no bytes are nobody's: the key is there
            return True
        return True

    def _open(self, rows: Sequence[Row | BadRow], repeats: "_Repeats", *, keep_parked: bool = True) -> OpenedRows:
        writer, waiting = SegmentWriter(), Waiting()
        newest_ms = crashes = 0
        for row, random_key in self._with_random_keys(rows):
            if isinstance(row, BadRow):
                writer.add_bad(row, repeated=repeats.seen(row.seq, ""))
                continue
            plain = self._plain(row, random_key, may_crash=crashes < _MOST_CRASHES)
            if isinstance(plain, ParkReason):
                crashes += plain is ParkReason.CRASHED
                waiting.parked(row.seq, row.msgid, row.key_version, plain)
                if keep_parked:
                    writer.add_parked(row, plain, repeated=repeats.seen(row.seq, row.msgid))
                continue
            repeated, message = repeats.seen(row.seq, row.msgid), _object(plain)
            if message is None:
                writer.add_raw(row, plain, repeated=repeated)
            else:
                writer.add_opened(row, plain, repeated=repeated)
                waiting.opened(row.msgid)
                newest_ms = max(newest_ms, _sent_at_ms(message))
        segment = writer.finish()
        return OpenedRows(segment, writer.opened, writer.parked, writer.raw, repeats.count, waiting.seqs(), newest_ms)

    def _with_random_keys(self, rows: Sequence[Row | BadRow]) -> Iterator[tuple[Row | BadRow, _RandomKey]]:
        pieces = list(batched(rows, _PIECE, strict=False))
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="rsa") as pool:
            keys = list(pool.map(self._random_keys, pieces))
        for piece, opened in zip(pieces, keys, strict=True):
            yield from zip(piece, opened, strict=True)

    def _random_keys(self, rows: Iterable[Row | BadRow]) -> list[_RandomKey]:
        return [self._random_key(row) if isinstance(row, Row) else b"" for row in rows]

    def _random_key(self, row: Row) -> _RandomKey:
        try:
            return self._keys.decrypt(row.key_version, binascii.a2b_base64(row.encrypted_key, strict_mode=True))
        except KeyMissing:
            return ParkReason.KEY_MISSING
        except (UndecryptableMessage, binascii.Error, ValueError):
            return ParkReason.UNDECRYPTABLE

    def _plain(self, row: Row, random_key: _RandomKey, *, may_crash: bool) -> bytes | ParkReason:
        if isinstance(random_key, ParkReason):
            return random_key
        try:
            return self._source.decrypt(random_key, row.encrypted)
        except UndecryptableMessage:
            return ParkReason.UNDECRYPTABLE
        except SourceFailure as failure:
            if failure.kind is FailureKind.CRASHED and may_crash:
                return ParkReason.CRASHED
            raise


class _Repeats:
    """Knows what a page said already; rows at or before the place it was asked from were in an earlier one."""

    def __init__(self, asked_from: int) -> None:
        self._asked_from = asked_from
        self._seqs: set[int] = set()
        self._msgids: set[str] = set()
        self.count = 0

    def seen(self, seq: int | None, msgid: str) -> bool:
        repeated = (seq is not None and (seq <= self._asked_from or seq in self._seqs)) or msgid in self._msgids
        if seq is not None:
            self._seqs.add(seq)
        if msgid:
            self._msgids.add(msgid)
        self.count += repeated
        return repeated


def _object(plain: bytes) -> dict[str, Any] | None:
    """The JSON object in it; None for anything else."""
    try:
        found = json_text.parse(plain)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _sent_at_ms(message: dict[str, Any]) -> int:
    for name in ("msgtime", "time"):
        value = message.get(name)
        if type(value) is int and value > 0:
            return value
    return 0
