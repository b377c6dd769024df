"""A bank's settings of content, kept for a minute by each process; loaded by those who make and check content."""

import functools
from dataclasses import replace

from scrm.content.settings import ContentSettings
from scrm.runtime.content_limits import PLATFORM
from scrm.runtime.wiring import bank_settings
from scrm.settings.content import TOPIC, ContentDocument
from scrm.settings.reader import SettingsReader


@functools.cache
def reader() -> SettingsReader[ContentDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, ContentDocument, bank_settings.report_invalid)


def content() -> ContentSettings:
    """What is in force now."""
    return replace(PLATFORM, **dict(reader().current()))


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
