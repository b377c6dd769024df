"""Joins the nightly audit of what is nobody's to WeCom, its tables and the handover's queue."""

import functools

from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.orphan_table import DynamoOrphans
from scrm.handover.intake import HandoverIntake
from scrm.handover.orphan_audit import OrphanAudit
from scrm.handover.sweep import OrphanSweep
from scrm.runtime.departed_members import DepartedFromBranches
from scrm.runtime.environment import required
from scrm.runtime.wiring import cases, handover_settings
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.handover_errors import HandoverErrors
from scrm.wecom.sources import WecomAddressBook
from scrm.wecom.transfers import WecomTransfers


def orphan_audit(queue: SqsHandoverQueue) -> OrphanAudit:
    """For one message: with the settings in force."""
    return OrphanAudit(
        unowned=unowned(),
        departed=departed_members(),
        staff=cases.staff(),
        sweep=OrphanSweep(
            corp_id=required("CORP_ID"),
            cases=cases.cases(),
            ours=departed_members(),
            intake=HandoverIntake(cases.cases(), cases.staff(), queue, cases.journal(), handover_settings.handover()),
            queue=queue,
            ids_per_call=handover_settings.PLATFORM.ids_per_call,
        ),
        findings=DynamoOrphans(table("HANDOVER_TABLE")),
        queue=queue,
    )


@functools.cache
def unowned() -> WecomTransfers:
    """With the lowest priority: a handover's own calls go first."""
    return WecomTransfers(wecom_client(Priority.STATISTICS), report_permission_denied)


@functools.cache
def departed_members() -> DepartedFromBranches:
    address_book = WecomAddressBook(wecom_client(Priority.STATISTICS))
    contacts = DynamoContactRepository(table("CONTACTS_TABLE"))
    return DepartedFromBranches(address_book, cases.org(), contacts, HandoverErrors(report_permission_denied))


def reset() -> None:
    """Forget every built object; for tests."""
    unowned.cache_clear()
    departed_members.cache_clear()
