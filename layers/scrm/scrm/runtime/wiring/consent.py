"""Customers' answers on their table, and what the bank decides about them; needs ``CONSENT_TABLE``."""

import functools
from collections.abc import Sequence

from scrm.aws.consent_table import DynamoConsentStore
from scrm.consent.consents import Consents
from scrm.pause import pause_with_jitter
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import table
from scrm.settings.consent import TOPIC, ConsentDocument
from scrm.settings.reader import SettingsReader


@functools.cache
def reader() -> SettingsReader[ConsentDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, ConsentDocument, bank_settings.report_invalid)


def required() -> bool:
    """Whether marketing needs a consent, as is in force now."""
    return reader().current().consent_required


@functools.cache
def consents() -> Consents:
    return Consents(DynamoConsentStore(table("CONSENT_TABLE")), pause_with_jitter)


def opt_out_tag_ids() -> Sequence[str]:
    """The corp tags by which members say that a customer wants no advertising."""
    return reader().current().opt_out_tag_ids


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
    consents.cache_clear()
