"""Who read which conversations, when and why: kept before anything is shown (R2, R15, S69).

The audit log gets ids and words only. What was asked for and the reason, which may name people, lie in the archive's
own table under the id that the audit entry names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from scrm import ids
from scrm.paging import Page


class AccessKind(StrEnum):
    SEARCHED = "searched"
    READ = "read"
    UNMASKED = "unmasked"
    EXPORT_READ = "export_read"


@dataclass(frozen=True, slots=True)
class Access:
    """``asked``: the search, or which message or file. ``found``: how many messages were shown."""

    access_id: str
    kind: AccessKind
    actor: str
    node_path: str
    at: datetime
    reason: str = field(repr=False)
    asked: Mapping[str, Any] = field(repr=False)
    found: int


class AccessStore(Protocol):
    def keep(self, access: Access) -> None:
        """Told again it is the same."""
        ...

    def of_day(self, day: date, node_path: str, cursor: str | None, limit: int) -> Page[Access]:
        """At or below a node, the latest first. Raises InvalidCursorError."""
        ...


class AccessJournal(Protocol):
    """The audit log."""

    def told(self, access: Access) -> None: ...


@dataclass(frozen=True, slots=True)
class AccessLog:
    """Use case: an access is on record before its result is given out; one that cannot be recorded gives nothing."""

    store: AccessStore
    journal: AccessJournal

    def note(self, kind: AccessKind, reader: "Reader", reason: str, asked: Mapping[str, Any], found: int) -> Access:
        access_id = ids.derive("access", kind, reader.actor, reader.cause)
        access = Access(access_id, kind, reader.actor, reader.node_path, reader.at, reason, asked, found)
        self.store.keep(access)
        self.journal.told(access)
        return access


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, from where in the organisation; ``cause`` is the request's own id."""

    actor: str
    node_path: str
    at: datetime
    cause: str
