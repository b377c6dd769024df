"""A bank's settings of handovers, kept for a minute by each process."""

import functools
from typing import Final

from scrm.handover.settings import HandoverSettings
from scrm.runtime.settings_joins import handover_settings
from scrm.runtime.wiring import bank_settings
from scrm.settings.handover import TOPIC, HandoverDocument
from scrm.settings.reader import SettingsReader
from scrm.wecom import limits

PLATFORM: Final = HandoverSettings(
    ids_per_call=limits.TRANSFER_CUSTOMERS,
    groups_per_day=limits.GROUP_TRANSFERS_PER_DAY,
    transfer_wait=limits.TRANSFER_WAIT,
    transfers_per_customer=limits.TRANSFERS_PER_CUSTOMER,
    transfers_window=limits.TRANSFERS_WINDOW,
)


@functools.cache
def reader() -> SettingsReader[HandoverDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, HandoverDocument, bank_settings.report_invalid)


def handover() -> HandoverSettings:
    """What is in force now: use cases are built with it for one message or request."""
    return handover_settings(reader(), PLATFORM)


def reset() -> None:
    """Forget every built object; for tests."""
    bank_settings.reset()
    reader.cache_clear()
