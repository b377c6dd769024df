"""What every function of the handover has: cases, staff, journal, settings."""

import functools

from scrm.audit.log import AuditLog
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.handover_journal import HandoverJournal
from scrm.aws.org_table import DynamoOrgRepository
from scrm.handover.settings import HandoverSettings
from scrm.runtime.environment import required
from scrm.runtime.staff_directory import OrgStaffDirectory
from scrm.runtime.wiring.tables import table
from scrm.wecom import limits


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
def journal() -> HandoverJournal:
    actor = f"function:{required('POWERTOOLS_SERVICE_NAME')}"
    audit = AuditLog(DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb")))
    return HandoverJournal(audit, session.client("events"), required("EVENT_BUS_NAME"), actor)


@functools.cache
def settings() -> HandoverSettings:
    return HandoverSettings(
        ids_per_call=limits.TRANSFER_CUSTOMERS,
        groups_per_day=limits.GROUP_TRANSFERS_PER_DAY,
        transfer_wait=limits.TRANSFER_WAIT,
        transfers_per_customer=limits.TRANSFERS_PER_CUSTOMER,
        transfers_window=limits.TRANSFERS_WINDOW,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (cases, org, staff, journal, settings):
        factory.cache_clear()
