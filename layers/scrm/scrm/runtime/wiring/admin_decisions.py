"""Joins what operators decide about cases to the tables and queues: loaded by the first request that decides."""

from scrm.audit.log import AuditLog
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.customer_loads import DynamoCustomerLoads
from scrm.aws.handover_journal import AuditedDecisions
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.org_table import DynamoOrgRepository
from scrm.handover.decisions import CaseDecisions
from scrm.handover.plan_review import PlanReviews
from scrm.handover.planning import Drafting
from scrm.handover.preview import Previews
from scrm.runtime.staff_directory import OrgStaffDirectory
from scrm.runtime.wiring import handover_settings, relations
from scrm.runtime.wiring.tables import queue, table


def case_decisions(log: AuditLog) -> CaseDecisions:
    """For one request, with the settings in force; what it decides handover_worker and handover_reconcile do."""
    return CaseDecisions(
        cases=_cases(),
        staff=_staff(),
        loads=_loads(),
        queue=_handover_queue(),
        log=AuditedDecisions(log),
        settings=handover_settings.handover(),
    )


def plan_reviews(log: AuditLog) -> PlanReviews:
    """For one request, with the settings in force."""
    return PlanReviews(
        cases=_cases(),
        staff=_staff(),
        loads=_loads(),
        queue=_handover_queue(),
        log=AuditedDecisions(log),
        settings=handover_settings.handover(),
    )


def previews() -> Previews:
    """For one request, with the settings in force."""
    return Previews(
        Drafting(
            cases=_cases(),
            staff=_staff(),
            customers=relations.customers(),
            settings=handover_settings.handover(),
        )
    )


def _cases() -> DynamoCaseRepository:
    return DynamoCaseRepository(table("HANDOVER_TABLE"))


def _staff() -> OrgStaffDirectory:
    return OrgStaffDirectory(DynamoOrgRepository(table("ORG_TABLE")))


def _loads() -> DynamoCustomerLoads:
    return DynamoCustomerLoads(table("CONTACTS_TABLE"))


def _handover_queue() -> SqsHandoverQueue:
    return SqsHandoverQueue(queue("HANDOVER_QUEUE_URL"), queue("RECONCILE_QUEUE_URL"))
