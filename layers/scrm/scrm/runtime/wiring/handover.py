"""What the handover's functions share: tables, queues, journal, WeCom's inheritance."""

import functools

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.handover_journal import HandoverJournal
from scrm.aws.org_table import DynamoOrgRepository
from scrm.handover.settings import HandoverSettings
from scrm.runtime.environment import required
from scrm.runtime.joins import ContactCustomerBook, OrgStaffDirectory
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom import limits
from scrm.wecom.errors import PermissionDeniedError
from scrm.wecom.governor_state import Priority
from scrm.wecom.transfers import WecomTransfers


@functools.cache
def cases() -> DynamoCaseRepository:
    return DynamoCaseRepository(table("HANDOVER_TABLE"))


@functools.cache
def org() -> DynamoOrgRepository:
    return DynamoOrgRepository(table("ORG_TABLE"))


@functools.cache
def staff() -> OrgStaffDirectory:
    return OrgStaffDirectory(org())


@functools.cache
def customers() -> ContactCustomerBook:
    return ContactCustomerBook(
        DynamoContactRepository(table("CONTACTS_TABLE")),
        tier_tags={},
        language_tags={},
        full_for=settings().quota_believed_for,
        now=clock.now,
    )


@functools.cache
def journal() -> HandoverJournal:
    actor = f"function:{required('POWERTOOLS_SERVICE_NAME')}"
    audit = AuditLog(DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb")))
    return HandoverJournal(audit, session.client("events"), required("EVENT_BUS_NAME"), actor)


@functools.cache
def transfers() -> WecomTransfers:
    return WecomTransfers(wecom_client(Priority.HANDOVER), report_permission_denied)


@functools.cache
def settings() -> HandoverSettings:
    return HandoverSettings(
        ids_per_call=limits.TRANSFER_CUSTOMERS,
        groups_per_day=limits.GROUP_TRANSFERS_PER_DAY,
        transfer_wait=limits.TRANSFER_WAIT,
        transfers_per_customer=limits.TRANSFERS_PER_CUSTOMER,
        transfers_window=limits.TRANSFERS_WINDOW,
    )


def report_permission_denied(error: PermissionDeniedError) -> None:
    """An operator must act (60020, 48002, 40001 ...); the alarm watches this metric."""
    logger.error("WeCom denies the app a permission", errcode=error.errcode, path=error.path, hint=error.hint)
    count("PermissionDenied")


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (cases, org, staff, customers, journal, transfers, settings):
        factory.cache_clear()
