"""Settings in memory, and an audit log that remembers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class MemorySettingsStore:
    """Implements SettingsStore."""

    def __init__(self) -> None:
        self._documents: dict[str, tuple[dict[str, Any], int]] = {}

    def read(self, topic: str) -> tuple[dict[str, Any], int]:
        return self._documents.get(topic, ({}, 0))

    def write(self, topic: str, document: Mapping[str, Any], expected_version: int, actor: str, at: datetime) -> bool:
        if self.read(topic)[1] != expected_version:
            return False
        self._documents[topic] = dict(document), expected_version + 1
        return True


class RecordedChanges:
    """Implements SettingsJournal."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, int, str, datetime]] = []

    def changed(self, topic: str, version: int, actor: str, at: datetime) -> None:
        self.entries.append((topic, version, actor, at))

    def versions(self) -> list[int]:
        return [version for _, version, _, _ in self.entries]
