"""What the functions that create and follow send tasks share."""

import functools

from scrm import clock
from scrm.audience.intake import FactsReader
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.content_table import DynamoContents
from scrm.aws.dispatch_queue import SqsDispatchQueue
from scrm.aws.product_table import DynamoPermissions, DynamoProducts
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.settled_facts import BucketSettledFacts
from scrm.campaign.checks import SendChecks
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ends import Ends
from scrm.content.permissions import ProductPermissions
from scrm.content.sending import ContentGate
from scrm.runtime.audience_joins import FactRules
from scrm.runtime.consent_joins import ConsentedOnly
from scrm.runtime.dispatch_joins import (
    CampaignStandings,
    ContactOwners,
    LedgerPlaces,
    LibraryContents,
)
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import audience_settings, consent, pressure
from scrm.runtime.wiring.tables import bucket, queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.errors import PermissionDeniedError
from scrm.wecom.governor_state import Priority
from scrm.wecom.mass_sends import WecomMassMessages

SETTINGS = DispatchSettings()


@functools.cache
def tasks() -> DynamoTaskRepository:
    return DynamoTaskRepository(table("SEND_TASK_TABLE"))


@functools.cache
def dispatch_queue() -> SqsDispatchQueue:
    return SqsDispatchQueue(queue("CAMPAIGN_QUEUE_URL"), queue("CAMPAIGN_RECONCILE_QUEUE_URL"))


@functools.cache
def messages() -> WecomMassMessages:
    return WecomMassMessages(wecom_client(Priority.DISPATCH), report_permission_denied)


@functools.cache
def standings() -> CampaignStandings:
    return CampaignStandings(DynamoCampaignStore(table("CAMPAIGN_TABLE")))


def fact_rules() -> FactRules:
    return FactRules(FactsReader(DynamoDossiers(table("AUDIENCE_TABLE"))), audience_settings.rules)


@functools.cache
def checks() -> SendChecks:
    library = table("CONTENT_TABLE")
    products = DynamoProducts(library)
    return SendChecks(
        LibraryContents(ContentGate(DynamoContents(library), products)),
        ProductPermissions(products, DynamoPermissions(library)),
        ConsentedOnly(consent.consents(), consent.required, fact_rules()),
        owners(),
    )


@functools.cache
def owners() -> ContactOwners:
    return ContactOwners(DynamoContactRepository(table("CONTACTS_TABLE")))


@functools.cache
def places() -> LedgerPlaces:
    return LedgerPlaces(pressure.ledger(), clock.now)


@functools.cache
def ends() -> Ends:
    return Ends(places(), BucketSettledFacts(bucket("DATA_BUCKET")))


def report_permission_denied(error: PermissionDeniedError) -> None:
    """An operator must act (60020, 48002, 40001 ...); the alarm watches this metric."""
    logger.error("WeCom denies the app a permission", errcode=error.errcode, path=error.path, hint=error.hint)
    count("PermissionDenied")


def reset() -> None:
    """Forget every built object; for tests."""
    audience_settings.reset()
    consent.reset()
    pressure.reset()
    for factory in (tasks, dispatch_queue, messages, standings, checks, owners, places, ends):
        factory.cache_clear()
