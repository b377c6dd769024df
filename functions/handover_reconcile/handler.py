"""Handover results (schedule, SQS, transfer_fail as a hint): every edge reaches a settled state."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm import clock
from scrm.runtime import batches, ticks
from scrm.runtime.observability import count
from scrm.runtime.reconcile_intake import take_message
from scrm.runtime.wiring import handover_reconcile as wiring

DUE = "handover_reconcile.due"
AUDIT = "handover_reconcile.audit"


def take(body: str) -> None:
    take_message(wiring.reconcile(), wiring.package_delivery, wiring.orphan_audit, body)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | ticks.Tick | None:  # noqa: ARG001
    if event.get("schedule") == DUE:
        reconcile = wiring.reconcile()
        found = reconcile.request_due(clock.now())
        count("PollRequested", found)
        return ticks.told(found, reconcile.cases.next_due)
    if event.get("schedule") == AUDIT:
        from scrm.runtime.orphan_audits import start_audit  # noqa: PLC0415 - once a night

        start_audit(wiring.orphan_audit(), clock.now())
        return None
    return batches.process(event, take)
