"""The contact-pressure ledger on its table, for every function that asks it; needs ``PRESSURE_TABLE``."""

import functools

from scrm import clock
from scrm.aws.pressure_exceptions import DynamoExceptionStore
from scrm.aws.pressure_table import DynamoPressureStore
from scrm.pause import pause_with_jitter
from scrm.pressure.exceptions import GovernedCaps, PressureRules
from scrm.pressure.ledger import PressureLedger
from scrm.runtime.pressure_joins import pressure_rules
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import table
from scrm.settings.pressure import TOPIC, PressureDocument
from scrm.settings.reader import SettingsReader


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
    return PressureLedger(DynamoPressureStore(table("PRESSURE_TABLE")), caps, clock.now, pause_with_jitter)


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
    exception_store.cache_clear()
    ledger.cache_clear()
