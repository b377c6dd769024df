"""The contact-pressure ledger on its table, for every function that asks it; needs ``PRESSURE_TABLE``."""

import functools
import random
import time

from scrm import clock
from scrm.aws.pressure_exceptions import DynamoExceptionStore
from scrm.aws.pressure_table import DynamoPressureStore
from scrm.pressure.exceptions import GovernedCaps, PressureRules
from scrm.pressure.ledger import PressureLedger
from scrm.runtime.pressure_joins import pressure_rules
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import table
from scrm.settings.pressure import TOPIC, PressureDocument
from scrm.settings.reader import SettingsReader

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 1.0


@functools.cache
def reader() -> SettingsReader[PressureDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, PressureDocument, bank_settings.report_invalid)


def rules() -> PressureRules:
    """What is in force, at most a minute old."""
    return pressure_rules(reader().current())


@functools.cache
def exception_store() -> DynamoExceptionStore:
    return DynamoExceptionStore(table("PRESSURE_TABLE"))


@functools.cache
def ledger() -> PressureLedger:
    caps = GovernedCaps(rules, exception_store(), clock.now)
    return PressureLedger(DynamoPressureStore(table("PRESSURE_TABLE")), caps, clock.now, _pause)


def _pause(attempt: int) -> None:
    """A random share of a time that doubles: writers that met once shall not meet again."""
    longest = min(_LONGEST_PAUSE_S, _SHORTEST_PAUSE_S * 2.0**attempt)
    time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
    exception_store.cache_clear()
    ledger.cache_clear()
