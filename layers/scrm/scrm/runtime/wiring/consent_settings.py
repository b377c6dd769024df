"""A bank's settings of consent, kept for a minute by each process."""

import functools

from scrm.runtime.wiring import bank_settings
from scrm.settings.consent import TOPIC, ConsentDocument
from scrm.settings.reader import SettingsReader


@functools.cache
def reader() -> SettingsReader[ConsentDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, ConsentDocument, bank_settings.report_invalid)


def required() -> bool:
    """Whether marketing needs a consent, as is in force now."""
    return reader().current().consent_required


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
