"""What everybody asks who plans, creates or follows send tasks: the tasks, the checks, the ledger."""

import functools

from scrm import clock
from scrm.audience.intake import FactsReader
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.content_table import DynamoContents
from scrm.aws.product_table import DynamoPermissions, DynamoProducts
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.table import Table
from scrm.campaign.checks import SendChecks
from scrm.content.permissions import ProductPermissions
from scrm.content.sending import ContentGate
from scrm.runtime.audience_joins import FactRules
from scrm.runtime.consent_joins import ConsentedOnly
from scrm.runtime.dispatch_joins import ContactOwners, LedgerPlaces, LibraryContents
from scrm.runtime.wiring import audience_settings, consent, pressure
from scrm.runtime.wiring.tables import table


@functools.cache
def task_table() -> Table:
    return table("SEND_TASK_TABLE")


@functools.cache
def tasks() -> DynamoTaskRepository:
    return DynamoTaskRepository(task_table())


@functools.cache
def campaigns() -> DynamoCampaignStore:
    return DynamoCampaignStore(table("CAMPAIGN_TABLE"))


@functools.cache
def content_gate() -> ContentGate:
    library = table("CONTENT_TABLE")
    return ContentGate(DynamoContents(library), DynamoProducts(library))


@functools.cache
def contacts() -> DynamoContactRepository:
    return DynamoContactRepository(table("CONTACTS_TABLE"))


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
def owners() -> ContactOwners:
    return ContactOwners(contacts())


@functools.cache
def places() -> LedgerPlaces:
    return LedgerPlaces(pressure.ledger(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    audience_settings.reset()
    consent.reset()
    pressure.reset()
    for factory in (task_table, tasks, campaigns, content_gate, contacts, facts, checks, owners, places):
        factory.cache_clear()
