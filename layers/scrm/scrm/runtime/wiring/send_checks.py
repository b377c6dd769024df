"""What everybody asks who plans, creates or follows send tasks: the checks and the ledger."""

import functools

from scrm import clock
from scrm.audience.intake import FactsReader
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.content_table import DynamoContents
from scrm.aws.customer_owners import DynamoOwners
from scrm.aws.product_table import DynamoPermissions, DynamoProducts
from scrm.campaign.checks import SendChecks
from scrm.content.permissions import ProductPermissions
from scrm.content.sending import ContentGate
from scrm.runtime.audience_joins import FactRules
from scrm.runtime.consent_joins import ConsentedOnly
from scrm.runtime.dispatch_joins import LedgerPlaces, LibraryContents
from scrm.runtime.wiring import audience_settings, consent, pressure, send_tasks
from scrm.runtime.wiring.tables import table


@functools.cache
def content_gate() -> ContentGate:
    library = table("CONTENT_TABLE")
    return ContentGate(DynamoContents(library), DynamoProducts(library))


@functools.cache
def facts() -> FactsReader:
    return FactsReader(DynamoDossiers(table("AUDIENCE_TABLE")))


@functools.cache
def checks() -> SendChecks:
    library = table("CONTENT_TABLE")
    return SendChecks(
        LibraryContents(content_gate()),
        ProductPermissions(DynamoProducts(library), DynamoPermissions(library)),
        ConsentedOnly(consent.consents(), consent.required, FactRules(facts(), audience_settings.rules)),
        owners(),
    )


@functools.cache
def owners() -> DynamoOwners:
    return DynamoOwners(table("CONTACTS_TABLE"))


@functools.cache
def places() -> LedgerPlaces:
    return LedgerPlaces(pressure.ledger(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    audience_settings.reset()
    consent.reset()
    pressure.reset()
    send_tasks.reset()
    for factory in (content_gate, facts, checks, owners, places):
        factory.cache_clear()
