"""What the audit log needs from the outside world."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from scrm.audit.model import AuditEntry, ChainHead, EntryPosition


class Append(StrEnum):
    """What became of an append: ``contended`` when the chain had grown, ``repeated`` when the cause was known."""

    APPENDED = "appended"
    CONTENDED = "contended"
    REPEATED = "repeated"


class AuditStore(Protocol):
    """Chains of entries. Nothing in it is ever changed or removed."""

    def head(self, chain_id: str) -> ChainHead:
        """The chain's last entry as of now; sequence 0 for an unknown chain."""

    def heads(self) -> Sequence[ChainHead]:
        """The head of every chain."""

    def append(self, entry: AuditEntry, *, once: bool) -> Append:
        """Write the entry if the chain still ends before it; with ``once``, only if its id is new to the chain."""

    def entry(self, chain_id: str, entry_id: str) -> AuditEntry | None:
        """An entry written with ``once``."""

    def newest(self, chain_id: str, before: EntryPosition | None, limit: int) -> Sequence[AuditEntry]:
        """Entries of a chain that come before a position of the log's order, newest first."""

    def oldest(self, chain_id: str) -> Iterator[AuditEntry]:
        """Every entry of a chain as it is stored, oldest first."""
