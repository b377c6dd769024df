"""The relation table, in the handover's words."""

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.runtime.customer_book import ContactCustomerBook
from scrm.runtime.wiring import handover_settings
from scrm.runtime.wiring.tables import table


def customers() -> ContactCustomerBook:
    """For one message or request: with the settings in force."""
    settings = handover_settings.handover()
    return ContactCustomerBook(
        DynamoContactRepository(table("CONTACTS_TABLE")),
        tier_tags=settings.tier_tags,
        language_tags=settings.language_tags,
        full_for=settings.quota_believed_for,
        now=clock.now,
    )
