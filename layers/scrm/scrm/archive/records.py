"""What holds, deletion requests and exports share: they are kept by version, stepped by people, and audited."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.paging import Page


class StepRefusedError(Exception):
    """The step cannot be done now; the text says why, for people."""


class StaleRecordError(Exception):
    """Somebody else changed the record in between; read again and repeat."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who does a step, from where in the organisation, when."""

    actor: str
    node_path: str
    at: datetime


class Records[Record](Protocol):
    """One kind of record, by id."""

    def add(self, record: Record) -> bool:
        """False, and nothing written, when there is one of this id."""
        ...

    def find(self, record_id: str) -> Record | None: ...

    def save(self, record: Record) -> bool:
        """Over the version that was read; False when somebody was faster."""
        ...

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[Record]:
        """At or below a node, in the order of their ids. Raises InvalidCursorError."""
        ...


class Journal(Protocol):
    """The audit log: ``action`` is a dotted word, ``subject`` the record's id. Told again it is the same entry."""

    def told(self, action: str, subject: str, asker: Asker) -> None: ...


def added[Record](
    records: Records[Record], record_id: str, record: Record, asks_the_same: Callable[[Record], bool], called: str
) -> Record:
    """A record that is new, or the one that the same key made before. ``called``: what people call such a record.

    Raises StepRefusedError when that one asks for something else.
    """
    if records.add(record):
        return record
    known = records.find(record_id)
    if known is None or not asks_the_same(known):
        raise StepRefusedError(f"This key was used for another {called}.")
    return known
