"""Where a bank's own settings are kept; each process keeps what it read for a minute."""

import functools

from scrm.aws.settings_table import DynamoSettingsStore
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring.tables import table
from scrm.settings.errors import InvalidSettingsError


@functools.cache
def store() -> DynamoSettingsStore:
    return DynamoSettingsStore(table("PLATFORM_TABLE"))


def report_invalid(error: InvalidSettingsError) -> None:
    """Work goes on with what was in force before; the alarm watches this metric."""
    logger.error("stored settings are not valid", topic=error.topic, fields=[field for field, _ in error.problems])
    count("SettingsInvalid")


def reset() -> None:
    """Forget every built object; for tests."""
    store.cache_clear()
