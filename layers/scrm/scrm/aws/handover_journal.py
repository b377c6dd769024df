"""What the handover decided, told to the audit log and to the bus."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from scrm import clock, ids
from scrm.audit.log import AuditLog
from scrm.handover.model import CaseState, HandoverCase, StaffSignal
from scrm.node_paths import ROOT_PATH

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from scrm.handover.four_eyes import PendingDecision

SOURCE = "scrm.handover"
SCHEMA_VERSION = 1


class EventNotPublishedError(Exception):
    """EventBridge refused the event; the caller's own message should be tried again."""


class HandoverJournal:
    """Implements `scrm.handover.ports.Journal`.

    Both ids derive from the case and what happened to it, so a repeat after a crash is the same entry in the
    log and the same event on the bus.
    """

    def __init__(self, audit: AuditLog, events: "EventBridgeClient", bus_name: str, actor: str) -> None:
        self._audit = audit
        self._events = events
        self._bus_name = bus_name
        self._actor = actor

    def opened(self, case: HandoverCase, signal: StaffSignal) -> None:
        self._tell(case, "HandoverOpened", "handover.opened", signal.source.value, case.opened_at)

    def planned(self, case: HandoverCase) -> None:
        self._tell(case, "HandoverPlanned", "handover.planned", "done", clock.now())

    def ended(self, case: HandoverCase) -> None:
        name = "HandoverFinished" if case.state is CaseState.CLOSED else "HandoverNeedsAttention"
        at = case.closed_at or clock.now()
        self._tell(case, name, "handover.ended", case.state.value, at, look=str(case.polls))

    def _tell(
        self, case: HandoverCase, detail_type: str, action: str, outcome: str, at: datetime, look: str = ""
    ) -> None:
        """``look`` tells apart what may happen to a case more than once, and is the same when a look is repeated."""
        event_id = ids.derive("evt", case.case_id, detail_type, look)
        self._audit.record(self._actor, action, case.case_id, case.node_path, outcome, at, cause=event_id)
        detail = {
            "schema_version": SCHEMA_VERSION,
            "event_id": event_id,
            "occurred_at": clock.to_iso(at),
            "corp_id": case.corp_id,
            "case_id": case.case_id,
            "change": case.change.value,
            "node_id": case.node_id,
            "handover_userid": case.handover_userid,
            "customers": dict(case.customer_totals),
            "groups": dict(case.group_totals),
        }
        reply = self._events.put_events(
            Entries=[
                {
                    "EventBusName": self._bus_name,
                    "Source": SOURCE,
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                }
            ]
        )
        if reply["FailedEntryCount"]:
            raise EventNotPublishedError(detail_type)


class AuditedDecisions:
    """Implements `scrm.handover.ports.DecisionLog`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def decided(self, case: HandoverCase, action: str, actor: str, at: datetime) -> None:
        cause = ids.derive("evt", case.case_id, action, str(case.version))
        self._audit.record(actor, action, case.case_id, case.node_path, "done", at, cause=cause)


class AuditedTwoPersonDecisions:
    """Implements `scrm.handover.four_eyes.DecisionJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, decision: "PendingDecision", action: str, actor: str, at: datetime) -> None:
        wish, cause = decision.wish, ids.derive("evt", decision.decision_id, action, str(decision.version))
        subject = f"{wish.case_id}/{decision.decision_id}"
        self._audit.record(
            actor, f"decision.{wish.operation}.{action}", subject, wish.node_path, "done", at, cause=cause
        )


class AuditedSettings:
    """Implements `scrm.settings.ports.SettingsJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def changed(self, topic: str, version: int, actor: str, at: datetime) -> None:
        cause = ids.derive("evt", "settings", topic, str(version))
        self._audit.record(actor, "settings.changed", f"settings:{topic}:{version}", ROOT_PATH, "done", at, cause=cause)
