"""Finding and reading conversations for whoever may: every access is on record before it shows anything (S69, R15)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scrm.archive import search
from scrm.archive.access import AccessKind, AccessLog, Reader
from scrm.archive.reading import MessageReader, ReadableMessage, TextCover, covered
from scrm.archive.search import Found, MessageRef, Search
from scrm.paging import Page
from scrm.sql import SqlEngine


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Use cases of compliance officers and auditors. ``messages`` lives as long as one request."""

    engine: SqlEngine
    messages: MessageReader
    log: AccessLog

    def search(self, wanted: Search, cursor: str | None, reader: Reader, reason: str) -> Page[Found]:
        """A page of what matches, texts covered; one entry of the access log for all of it.

        Raises:
            InvalidCursorError: the cursor is not of a search.
            TooMuchSelectedError: the days hold too much to be searched at once.
        """
        found = search.find(self.engine, wanted, cursor)
        self.log.note(AccessKind.SEARCHED, reader, reason, described(wanted), len(found.items))
        return Page(tuple(_covered(each) for each in found.items), found.cursor)

    def show(self, ref: MessageRef, reader: Reader, reason: str) -> ReadableMessage | None:
        """The message with its personal data covered; None when there is none at or below the reader's node."""
        return self._read(ref, reader, reason, AccessKind.READ, TextCover.ALL)

    def unmask(self, ref: MessageRef, reader: Reader, reason: str) -> ReadableMessage | None:
        """The message with passwords and codes alone covered. Who may ask for it is the caller's rule (R15)."""
        return self._read(ref, reader, reason, AccessKind.UNMASKED, TextCover.SECRETS)

    def _read(
        self, ref: MessageRef, reader: Reader, reason: str, kind: AccessKind, cover: TextCover
    ) -> ReadableMessage | None:
        found = search.locate(self.engine, ref, reader.node_path)
        self.log.note(kind, reader, reason, {"message": str(ref)}, 1 if found else 0)
        return self.messages.readable(found, cover) if found else None


def described(wanted: Search) -> Mapping[str, Any]:
    """What was looked for, for the access log and the manifest of an export; empty parts are left out."""
    parts = {
        "first_day": wanted.first_day.isoformat(),
        "last_day": wanted.last_day.isoformat(),
        "node_path": wanted.node_path,
        "parties": list(wanted.parties),
        "any_party": list(wanted.any_party),
        "room_id": wanted.room_id,
        "kinds": [kind.value for kind in wanted.kinds],
        "hits": list(wanted.hits),
        "words": list(wanted.words),
    }
    return {name: value for name, value in parts.items() if value}


def _covered(found: Found) -> Found:
    return replace(found, text=covered(found.text, TextCover.ALL))
