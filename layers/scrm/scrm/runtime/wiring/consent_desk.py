"""What customers say, by tag or form; needs ``CONSENT_TABLE``, ``CONTACTS_TABLE``, ``CAMPAIGN_QUEUE_URL``."""

from collections.abc import Sequence
from datetime import datetime

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.dispatch_queue import SqsOptOutNews
from scrm.consent.consents import ConsentDesk, Heard
from scrm.consent.tags import Tagging, tagged
from scrm.runtime.consent_joins import ContactPlaces
from scrm.runtime.observability import count
from scrm.runtime.wiring import consent
from scrm.runtime.wiring.tables import queue, table


def hear_tags(userid: str, external_userid: str, tag_ids: Sequence[str], at: datetime) -> Heard | None:
    """A member's customer has these corp tags; None when none of them is an opt-out, or it is known."""
    heard = tagged(desk(), consent.opt_out_tag_ids(), Tagging(userid, external_userid, tag_ids, at))
    if heard is not None:
        count(heard.value)
    return heard


def desk() -> ConsentDesk:
    places = ContactPlaces(DynamoContactRepository(table("CONTACTS_TABLE")))
    return ConsentDesk(consent.consents(), places, SqsOptOutNews(queue("CAMPAIGN_QUEUE_URL")), clock.now)
