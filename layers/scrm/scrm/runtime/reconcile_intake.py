"""What the reconcile queue brings: polls, packages and audit steps we asked for, transfer_fail callbacks as hints."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from scrm import clock
from scrm.handover.errors import until_current
from scrm.handover.messages import DeliverPackage, PollRequested
from scrm.handover.reconcile import HandoverReconcile, PollResult
from scrm.ids import fold_userid
from scrm.runtime.message_kind import kind_of, of_no_kind_known_here
from scrm.runtime.observability import count, logger

if TYPE_CHECKING:
    from scrm.handover.delivery import PackageDelivery
    from scrm.handover.orphan_audit import OrphanAudit


def take_message(
    reconcile: HandoverReconcile,
    delivery: Callable[[], "PackageDelivery"],
    audit: Callable[[], "OrphanAudit"],
    body: str,
) -> None:
    """Take one message and count what it changed. Raises ValidationError for one that fits no model."""
    match kind_of(body):
        case "poll_requested":
            poll = PollRequested.model_validate_json(body)
            _count(poll.case_id, until_current(lambda: reconcile.poll(poll.case_id, clock.now)))
        case "deliver_package":
            _deliver(delivery, DeliverPackage.model_validate_json(body))
        case "audit_requested":
            _audit(audit(), body)
        case "callback":
            _take_hint(reconcile, body)
        case _:
            raise of_no_kind_known_here()


def _deliver(delivery: Callable[[], "PackageDelivery"], message: DeliverPackage) -> None:
    outcome = until_current(lambda: delivery().deliver(message.delivery(), clock.now()))
    logger.info("package taken", case_id=message.case_id, chunks=len(message.chunks), outcome=outcome)
    count(outcome.metric)


def _audit(audit: "OrphanAudit", body: str) -> None:
    from scrm.handover.audit_messages import AuditRequested  # noqa: PLC0415 - no poll needs it
    from scrm.runtime.orphan_audits import take_step  # noqa: PLC0415

    take_step(audit, AuditRequested.model_validate_json(body).step(), clock.now())


def _take_hint(reconcile: HandoverReconcile, body: str) -> None:
    from scrm.runtime.messages import CallbackReceived  # noqa: PLC0415 - no poll needs it
    from scrm.wecom.events.external_contact import TransferFailed  # noqa: PLC0415

    event = CallbackReceived.model_validate_json(body).event()
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
