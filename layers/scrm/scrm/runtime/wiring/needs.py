"""Joins need signals to the tables: loaded by who recommends content, or plans a campaign by need."""

import functools

from scrm import clock
from scrm.audience.needs import NeedRule, Recommender
from scrm.aws.content_table import DynamoContents
from scrm.aws.heard_needs import DynamoHeardNeeds
from scrm.aws.product_table import DynamoPermissions, DynamoProducts
from scrm.content.permissions import ProductPermissions
from scrm.runtime.needs_joins import LibraryOffers, NeedyCustomers, rules_of
from scrm.runtime.wiring import audience_settings, bank_settings, consent, send_checks
from scrm.runtime.wiring.contacts import contacts
from scrm.runtime.wiring.tables import table
from scrm.settings.needs import TOPIC, NeedsDocument
from scrm.settings.reader import SettingsReader


@functools.cache
def reader() -> SettingsReader[NeedsDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, NeedsDocument, bank_settings.report_invalid)


def rules() -> tuple[NeedRule, ...]:
    """What is in force now."""
    return rules_of(reader().current())


def heard_needs() -> DynamoHeardNeeds:
    return DynamoHeardNeeds(table("AUDIENCE_TABLE"), clock.now)


def recommender() -> Recommender:
    """With the settings in force."""
    library = table("CONTENT_TABLE")
    products = DynamoProducts(library)
    permissions = ProductPermissions(products, DynamoPermissions(library))
    return Recommender(
        NeedyCustomers(send_checks.facts(), contacts(), heard_needs(), consent.consents(), consent.required),
        LibraryOffers(DynamoContents(library), products, permissions),
        rules,
        audience_settings.rules,
        clock.now,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
    send_checks.reset()
