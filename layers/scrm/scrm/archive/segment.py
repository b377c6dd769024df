"""Segments: the rows of a page as they could be read, one JSON line each, in the page's order, gzipped.

A line: ``seq`` (null where the row had none), ``msgid``, ``key_version``, ``state``, ``reason`` (not for opened rows),
``repeated`` (true where the page or an earlier one told it already, perhaps unreadable: it says nothing about whether
this telling is needed) and ``message``: the decrypted JSON byte for byte of
an opened row, the text (or ``base64``) of a raw one, nothing of a parked one. The bytes depend on the rows alone.
"""

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from scrm.archive.page import BadRow, Row
from scrm.archive.stores import ParkReason

_FAST: Final = 1  # level 6 costs three times the CPU for a sixth less
_TOGETHER: Final = 64 * 1024  # bytes given to zlib at once: for each call it takes and frees a buffer of 32 KB
_GZIP: Final = 31  # zlib writes the gzip frame itself, with no time in it
_quoted: Final = json.encoder.encode_basestring_ascii  # what json.dumps comes to for a text
_LINE_BREAKS: Final = bytes.maketrans(b"\r\n", b"  ")  # in JSON they stand between tokens only
_CR, _LF = b"\r\n"  # whole numbers: `in` tries those first, and takes four times as long for bytes


class RowState(StrEnum):
    """``opened`` a message; ``parked`` waits for a key; ``raw`` is kept as it came, because it is no message."""

    OPENED = "opened"
    PARKED = "parked"
    RAW = "raw"


class RawReason(StrEnum):
    """Why a row is kept raw: not a row at all, or what it held is no JSON object, or not even text."""

    BAD_ROW = "bad_row"
    NOT_JSON = "not_json"
    NOT_UTF8 = "not_utf8"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a segment; ``message`` is parsed for opened rows, text or any JSON for raw ones."""

    seq: int | None
    msgid: str
    key_version: int | None
    state: RowState
    reason: str
    repeated: bool
    message: Any


@dataclass(slots=True)
class SegmentWriter:
    """Compresses a few lines at a time, so that a page of large rows is never there a second time in memory."""

    opened: int = 0
    parked: int = 0
    raw: int = 0
    _packer: Any = field(default_factory=lambda: zlib.compressobj(_FAST, wbits=_GZIP))
    _parts: list[bytes] = field(default_factory=list)
    _lines: list[bytes] = field(default_factory=list)
    _waiting: int = 0

    def add_opened(self, row: Row, message: bytes, *, repeated: bool) -> None:
        """``message`` is a JSON object, UTF-8."""
        self.opened += 1
        self._add(row.seq, row.msgid, row.key_version, RowState.OPENED, "", message, repeated=repeated)

    def add_parked(self, row: Row, reason: ParkReason, *, repeated: bool) -> None:
        self.parked += 1
        self._add(row.seq, row.msgid, row.key_version, RowState.PARKED, reason, b"null", repeated=repeated)

    def add_raw(self, row: Row, plain: bytes, *, repeated: bool) -> None:
        """What was decrypted and is no JSON object."""
        self.raw += 1
        try:
            reason, message = RawReason.NOT_JSON, _json(plain.decode())
        except UnicodeDecodeError:
            reason, message = RawReason.NOT_UTF8, _json({"base64": base64.b64encode(plain).decode()})
        self._add(row.seq, row.msgid, row.key_version, RowState.RAW, reason, message, repeated=repeated)

    def add_bad(self, row: BadRow, *, repeated: bool) -> None:
        self.raw += 1
        self._add(row.seq, "", None, RowState.RAW, RawReason.BAD_ROW, _json(row.value), repeated=repeated)

    def finish(self) -> bytes:
        self._pack()
        self._parts.append(self._packer.flush())
        return b"".join(self._parts)

    def _add(
        self,
        seq: int | None,
        msgid: str,
        key_version: int | None,
        state: RowState,
        reason: str,
        message: bytes,
        *,
        repeated: bool,
    ) -> None:
        place = "null" if seq is None else seq
        version = "null" if key_version is None else key_version
        why = f',"reason":"{reason}"' if reason else ""
        again = ',"repeated":true' if repeated else ""
        row = f'"seq":{place},"msgid":{_quoted(msgid)},"key_version":{version}'
        head = f'{{{row},"state":"{state}"{why}{again},"message":'
        if _LF in message or _CR in message:
            message = message.translate(_LINE_BREAKS)
        line = b"".join((head.encode(), message, b"}\n"))
        self._lines.append(line)
        self._waiting += len(line)
        if self._waiting >= _TOGETHER:
            self._pack()

    def _pack(self) -> None:
        self._parts.append(self._packer.compress(b"".join(self._lines)))
        self._lines.clear()
        self._waiting = 0


def read_lines(segment: bytes) -> Iterator[Line]:
    """The rows of a segment, or of rows that were reopened."""
    for line in zlib.decompress(segment, _GZIP).splitlines():
        yield _line(line)


def find_line(segment: bytes, seq: int) -> Line | None:
    """The row with this seq, as it was told first; the other rows are not parsed."""
    head = b'{"seq":%d,' % seq
    lines = (_line(line) for line in zlib.decompress(segment, _GZIP).splitlines() if line.startswith(head))
    return next((line for line in lines if not line.repeated), None)


def _line(text: bytes) -> Line:
    found: dict[str, Any] = json.loads(text)
    return Line(
        seq=found["seq"],
        msgid=found["msgid"],
        key_version=found["key_version"],
        state=RowState(found["state"]),
        reason=found.get("reason", ""),
        repeated=found.get("repeated", False),
        message=found["message"],
    )


def _json(value: Any) -> bytes:
    """As ASCII, so that a lone half of a character survives too."""
    return json.dumps(value, separators=(",", ":")).encode()
