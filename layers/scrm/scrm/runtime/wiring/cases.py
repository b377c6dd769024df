"""What every function of the handover has: cases, staff, journal."""

import functools

from scrm.audit.log import AuditLog
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.handover_journal import HandoverJournal
from scrm.aws.org_table import DynamoOrgRepository
from scrm.runtime.environment import required
from scrm.runtime.staff_directory import OrgStaffDirectory
from scrm.runtime.wiring import handover_settings
from scrm.runtime.wiring.tables import table


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


def reset() -> None:
    """Forget every built object; for tests."""
    handover_settings.reset()
    for factory in (cases, org, staff, journal):
        factory.cache_clear()
