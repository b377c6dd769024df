"""Joins the customer's page to his answers. What only a choice needs is loaded with the first choice (T4)."""

import functools
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from scrm import ids
from scrm.aws import session
from scrm.aws.consent_table import DynamoConsentStore
from scrm.aws.table import Table
from scrm.consent.links import LinkTokens
from scrm.consent.model import Standing
from scrm.consent.ports import ConsentBusyError
from scrm.pause import pause_with_jitter
from scrm.runtime.environment import optional, required
from scrm.runtime.wiring import links

if TYPE_CHECKING:
    from scrm.consent.page import CustomerChoice

# AWS is down, or others change the same owner's answers all the time: the customer may try again.
FAILURES = (BotoCoreError, ClientError, ConsentBusyError)


def tokens() -> LinkTokens:
    return links.tokens()


@functools.cache
def bank_name() -> str:
    """How the bank calls itself on the page."""
    return optional("BANK_NAME") or "本行"


def standing_of(external_userid: str) -> Standing | None:
    return _store().standings([external_userid]).get(external_userid)


@functools.cache
def choice() -> "CustomerChoice":
    from scrm import clock  # noqa: PLC0415 - as above
    from scrm.aws.contact_table import DynamoContactRepository  # noqa: PLC0415
    from scrm.aws.dispatch_queue import SqsOptOutNews  # noqa: PLC0415
    from scrm.consent.consents import ConsentDesk, Consents  # noqa: PLC0415
    from scrm.consent.page import CustomerChoice  # noqa: PLC0415
    from scrm.runtime.consent_joins import ContactPlaces  # noqa: PLC0415
    from scrm.runtime.wiring.tables import queue, table  # noqa: PLC0415

    places = ContactPlaces(DynamoContactRepository(table("CONTACTS_TABLE")))
    news = SqsOptOutNews(queue("CAMPAIGN_QUEUE_URL"))
    return CustomerChoice(ConsentDesk(Consents(_store(), pause_with_jitter), places, news, clock.now))


def cause_of(token: str) -> str:
    """Names the link in the history, and opens nothing."""
    return ids.derive("link", token)


def reset() -> None:
    """Forget every built object; for tests."""
    links.reset()
    for factory in (bank_name, choice, _store):
        factory.cache_clear()


@functools.cache
def _store() -> DynamoConsentStore:
    return DynamoConsentStore(Table(session.client("dynamodb"), required("CONSENT_TABLE")))
