"""What the reconcile queue brings: polls, packages and audit steps we asked for, transfer_fail callbacks as hints."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter

from scrm import clock
from scrm.handover.audit_messages import AuditRequested
from scrm.handover.errors import until_current
from scrm.handover.messages import DeliverPackage, PollRequested
from scrm.handover.reconcile import HandoverReconcile, PollResult
from scrm.ids import fold_userid
from scrm.runtime.messages import CallbackReceived
from scrm.runtime.observability import count, logger
from scrm.runtime.orphan_audits import take_step

if TYPE_CHECKING:
    from scrm.handover.delivery import PackageDelivery
    from scrm.handover.orphan_audit import OrphanAudit

type ReconcileMessage = PollRequested | DeliverPackage | AuditRequested | CallbackReceived
reconcile_message: TypeAdapter[ReconcileMessage] = TypeAdapter(
    Annotated[PollRequested | DeliverPackage | AuditRequested | CallbackReceived, Field(discriminator="kind")]
)


def take_message(
    reconcile: HandoverReconcile,
    delivery: Callable[[], "PackageDelivery"],
    audit: Callable[[], "OrphanAudit"],
    body: str,
) -> None:
    """Take one message and count what it changed. Raises ValidationError for one that fits no model."""
    message = reconcile_message.validate_json(body)
    if isinstance(message, AuditRequested):
        take_step(audit(), message.step(), clock.now())
        return
    if isinstance(message, DeliverPackage):
        outcome = until_current(lambda: delivery().deliver(message.delivery(), clock.now()))
        logger.info("package taken", case_id=message.case_id, chunks=len(message.chunks), outcome=outcome)
        count(outcome.metric)
        return
    if isinstance(message, CallbackReceived):
        _take_hint(reconcile, message)
        return
    _count(message.case_id, until_current(lambda: reconcile.poll(message.case_id, clock.now)))


def _take_hint(reconcile: HandoverReconcile, message: CallbackReceived) -> None:
    from scrm.wecom.events.external_contact import TransferFailed  # noqa: PLC0415 - no poll needs it

    event = message.event()
    if isinstance(event, TransferFailed):
        count("TransferFailHinted", reconcile.transfer_failed(fold_userid(event.userid)))


def _count(case_id: str, result: PollResult) -> None:
    logger.info("case looked at", case_id=case_id, settled=result.settled, needs_attention=result.needs_attention)
    count("TransferSettled", result.settled)
    count("EdgeNeedsAttention", result.needs_attention)
    count("EdgeFellBack", result.fell_back)
    count("HandoverClosed", int(result.closed))
    count("CaseAgeing", int(result.ageing))
    count("ApprovalOverdue", int(result.approval_overdue))
    count("CaseWaitsForAccount", int(result.waits_for_account))
    count("DigestSent", result.told.digests)
    count("EscalationSent", result.told.escalations)
    count("MessageNotReached", result.told.not_reached)
    count("EscalationWithoutManager", result.told.without_manager)
