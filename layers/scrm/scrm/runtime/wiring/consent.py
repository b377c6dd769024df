"""Customers' answers on their table, and what the bank decides about them; needs ``CONSENT_TABLE``."""

import functools
from collections.abc import Sequence
from datetime import datetime

from scrm import clock
from scrm.aws.consent_table import DynamoConsentStore
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.dispatch_queue import SqsOptOutNews
from scrm.consent.consents import ConsentDesk, Consents, Heard
from scrm.consent.tags import Tagging, tagged
from scrm.pause import pause_with_jitter
from scrm.runtime.consent_joins import ContactPlaces
from scrm.runtime.observability import count
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import queue, table
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


def hear_tags(userid: str, external_userid: str, tag_ids: Sequence[str], at: datetime) -> Heard | None:
    """A member's customer has these corp tags; None when none of them is an opt-out, or it is known."""
    heard = tagged(desk(), reader().current().opt_out_tag_ids, Tagging(userid, external_userid, tag_ids, at))
    if heard is not None:
        count(heard.value)
    return heard


def desk() -> ConsentDesk:
    """Needs ``CONTACTS_TABLE`` and ``CAMPAIGN_QUEUE_URL`` as well."""
    places = ContactPlaces(DynamoContactRepository(table("CONTACTS_TABLE")))
    return ConsentDesk(consents(), places, SqsOptOutNews(queue("CAMPAIGN_QUEUE_URL")), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
    consents.cache_clear()
