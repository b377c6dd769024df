"""A bank's own settings, read from the platform table and kept for a minute by each process."""

import functools
from typing import Final

from scrm.aws.settings_table import DynamoSettingsStore
from scrm.handover.settings import HandoverSettings
from scrm.runtime.observability import count, logger
from scrm.runtime.settings_joins import handover_settings
from scrm.runtime.wiring.tables import table
from scrm.settings.errors import InvalidSettingsError
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
def store() -> DynamoSettingsStore:
    return DynamoSettingsStore(table("PLATFORM_TABLE"))


@functools.cache
def handover_reader() -> SettingsReader[HandoverDocument]:
    return SettingsReader(store(), TOPIC, HandoverDocument, report_invalid)


def handover() -> HandoverSettings:
    """What is in force now: use cases are built with it for one message or request."""
    return handover_settings(handover_reader(), PLATFORM)


def report_invalid(error: InvalidSettingsError) -> None:
    """Handovers go on with what was in force before; the alarm watches this metric."""
    logger.error("stored settings are not valid", topic=error.topic, fields=[field for field, _ in error.problems])
    count("SettingsInvalid")


def reset() -> None:
    """Forget every built object; for tests."""
    store.cache_clear()
    handover_reader.cache_clear()
