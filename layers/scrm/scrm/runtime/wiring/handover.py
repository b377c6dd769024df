"""What the functions that move customers share on top of the cases: the relation table and WeCom's inheritance."""

import functools

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.runtime.customer_book import ContactCustomerBook
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import bank_settings, cases
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.errors import PermissionDeniedError
from scrm.wecom.governor_state import Priority
from scrm.wecom.transfers import WecomTransfers


@functools.cache
def contacts() -> DynamoContactRepository:
    return DynamoContactRepository(table("CONTACTS_TABLE"))


def customers() -> ContactCustomerBook:
    settings = bank_settings.handover()
    return ContactCustomerBook(
        contacts(),
        tier_tags=settings.tier_tags,
        language_tags=settings.language_tags,
        full_for=settings.quota_believed_for,
        now=clock.now,
    )


@functools.cache
def transfers() -> WecomTransfers:
    return WecomTransfers(wecom_client(Priority.HANDOVER), report_permission_denied)


def report_permission_denied(error: PermissionDeniedError) -> None:
    """An operator must act (60020, 48002, 40001 ...); the alarm watches this metric."""
    logger.error("WeCom denies the app a permission", errcode=error.errcode, path=error.path, hint=error.hint)
    count("PermissionDenied")


def reset() -> None:
    """Forget every built object; for tests."""
    cases.reset()
    contacts.cache_clear()
    transfers.cache_clear()
