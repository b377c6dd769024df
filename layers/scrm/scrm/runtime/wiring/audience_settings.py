"""A bank's settings of the audience, kept for a minute by each process."""

import functools

from scrm.audience.rules import RuleSettings
from scrm.runtime.wiring import bank_settings
from scrm.settings.audience import TOPIC, AudienceDocument
from scrm.settings.reader import SettingsReader


@functools.cache
def reader() -> SettingsReader[AudienceDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, AudienceDocument, bank_settings.report_invalid)


def rules() -> RuleSettings:
    """What is in force now."""
    return RuleSettings(**dict(reader().current()))


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
