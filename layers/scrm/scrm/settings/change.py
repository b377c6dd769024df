"""Change a bank's settings: a whole document, checked, over the version that was read, with an audit entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from scrm.settings.errors import SettingsConflictError
from scrm.settings.ports import SettingsJournal, SettingsStore
from scrm.settings.reader import given_as, stored_as


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """Use case: replace the document of one topic. A repeat of the same change changes nothing more."""

    store: SettingsStore
    journal: SettingsJournal
    topic: str
    model: type[BaseModel]

    def replace(self, document: Mapping[str, Any], expected_version: int, actor: str, at: datetime) -> int:
        """The new version. Fields that are not given take the defaults of the code, now and after an upgrade.

        ``expected_version`` is the one the change was made from, 0 when there was none. Raises InvalidSettingsError,
        also for an unknown field, and SettingsConflictError.
        """
        wanted = given_as(self.model, self.topic, document)
        plain = wanted.model_dump(mode="json", exclude_unset=True)
        version = expected_version + 1
        written = self.store.write(self.topic, plain, expected_version, actor, at)
        if not written and not self._is_in_force(wanted, version):
            raise SettingsConflictError(self.topic)
        self.journal.changed(self.topic, version, actor, at)
        return version

    def _is_in_force(self, wanted: BaseModel, version: int) -> bool:
        """Perhaps the refused write is a repeat of our own, whose answer was lost."""
        document, stored_version = self.store.read(self.topic)
        return stored_version == version and stored_as(self.model, self.topic, document) == wanted
