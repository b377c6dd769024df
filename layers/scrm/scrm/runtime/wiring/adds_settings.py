"""The settings ``adds``, shared by who judges adds and who takes appeals."""

import functools

from scrm.adds.rules import AddRules
from scrm.runtime.add_joins import rules_of
from scrm.runtime.wiring import bank_settings
from scrm.settings.adds import TOPIC, AddsDocument
from scrm.settings.errors import InvalidSettingsError
from scrm.settings.reader import SettingsReader


@functools.cache
def reader() -> SettingsReader[AddsDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, AddsDocument, bank_settings.report_invalid)


def rules() -> tuple[AddRules, int]:
    """Those in force this moment and their version; the defaults, version 0, if what is stored does not fit."""
    try:
        document, version = reader().versioned()
    except InvalidSettingsError as invalid:
        bank_settings.report_invalid(invalid)
        return AddRules(), 0
    return rules_of(document), version


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
