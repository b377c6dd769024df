"""What a bank's settings need from the outside world."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class SettingsStore(Protocol):
    """One document per topic, and every version it ever had with who wrote it when."""

    def read(self, topic: str) -> tuple[dict[str, Any], int]:
        """The document in force and its version, strongly consistent; empty and 0 while nobody changed anything."""

    def write(self, topic: str, document: Mapping[str, Any], expected_version: int, actor: str, at: datetime) -> bool:
        """Store ``expected_version`` + 1 and its history; False when ``expected_version`` is not the one in force."""


class SettingsJournal(Protocol):
    """Tells the audit log. A repeat with the same topic and version is the same entry."""

    def changed(self, topic: str, version: int, actor: str, at: datetime) -> None: ...
