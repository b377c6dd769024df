"""Plans, overrides of gates and exits of pilots in the audit log."""

from datetime import datetime

from scrm import clock, ids
from scrm.audit.log import AuditLog
from scrm.node_paths import ROOT_PATH
from scrm.targets.overrides import Override
from scrm.targets.plans import PlanVersion
from scrm.targets.rollout import RecordedExit


class AuditedPlans:
    """Implements `scrm.targets.plans.PlanJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, version: PlanVersion, actor: str, at: datetime) -> None:
        subject = f"{version.plan_id}/v{version.version}/{version.terms_sha256}"
        cause = ids.derive("evt", version.plan_id, str(version.version), version.state.value, clock.to_iso(at))
        self._audit.record(actor, f"target_plan.{version.state.value}", subject, ROOT_PATH, "done", at, cause=cause)


class AuditedOverrides:
    """Implements `scrm.targets.overrides.OverrideJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, override: Override, actor: str, at: datetime) -> None:
        wanted, state = override.wanted, override.state.value
        cause = ids.derive("evt", override.override_id, state)
        subject = f"{override.override_id}/{wanted.kpi}/{wanted.node_id}"
        self._audit.record(actor, f"gate_override.{state}", subject, wanted.node_path, "done", at, cause=cause)


class AuditedPilotExits:
    """Implements `scrm.targets.rollout.ExitJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, recorded: RecordedExit, actor: str, at: datetime) -> None:
        cause = ids.derive("evt", recorded.exit_id, "recorded")
        subject = f"{recorded.exit_id}/{recorded.node_id}/{recorded.sha256}"
        self._audit.record(actor, "pilot_exit.recorded", subject, recorded.node_path, "done", at, cause=cause)
