"""A page of the archive, read from the reply of `ChatSource.get_chat_data`.

A reply that is no page raises; a row that is no row does not: it is kept as it came, because one bad row must not
hold up the thousand around it.
"""

from dataclasses import dataclass
from typing import Any, Final

from scrm.archive import json_text
from scrm.archive.errors import FailureKind, SourceFailure, failure

_MOST_SEQ: Final = 2**64 - 1
_MOST_VERSION: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """One encrypted message. ``encrypted_key`` is base64, ``encrypted`` WeCom's own text: neither is readable here."""

    seq: int
    msgid: str
    key_version: int
    encrypted_key: str
    encrypted: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that lacks what a row has. ``seq`` is None where even its place is unknown."""

    seq: int | None
    value: Any


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order they came; none means that there is nothing new."""

    rows: tuple[Row | BadRow, ...]

    @property
    def seqs(self) -> tuple[int, ...]:
        return tuple(row.seq for row in self.rows if row.seq is not None)


def read_page(body: bytes) -> Page:
    """The page in a reply.

    Raises:
        SourceFailure: the reply is empty, cut, HTML or otherwise no JSON object (``retry``), has WeCom's error inside,
            or has rows of which none can be placed (``retry``).
    """
    try:
        reply = json_text.parse(body)
    except (ValueError, RecursionError):
        raise SourceFailure(0, FailureKind.RETRY) from None
    if not isinstance(reply, dict):
        raise SourceFailure(0, FailureKind.RETRY)
    errcode = reply.get("errcode") or 0
    if errcode != 0:
        raise failure(errcode) if isinstance(errcode, int) else SourceFailure(0, FailureKind.RETRY)
    rows = [] if reply.get("chatdata") is None else reply["chatdata"]
    if not isinstance(rows, list):
        raise SourceFailure(0, FailureKind.RETRY)
    page = Page(tuple(map(_row, rows)))
    if page.rows and not page.seqs:
        raise SourceFailure(0, FailureKind.RETRY)
    return page


def _row(value: Any) -> Row | BadRow:
    if not isinstance(value, dict):
        return BadRow(None, value)
    seq = value.get("seq")
    if type(seq) is not int or not 0 < seq <= _MOST_SEQ:
        return BadRow(None, value)
    msgid, version = value.get("msgid"), value.get("publickey_ver")
    encrypted_key, encrypted = value.get("encrypt_random_key"), value.get("encrypt_chat_msg")
    if (
        isinstance(msgid, str)
        and type(version) is int
        and 0 <= version <= _MOST_VERSION
        and isinstance(encrypted_key, str)
        and isinstance(encrypted, str)
    ):
        return Row(seq, msgid, version, encrypted_key, encrypted)
    return BadRow(seq, value)
