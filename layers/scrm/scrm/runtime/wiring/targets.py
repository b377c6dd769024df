"""Targets on their table and documents; needs ``TARGETS_TABLE``, ``ORG_TABLE`` and ``DATA_BUCKET``."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.pilot_exits import DynamoPilotExits
from scrm.aws.target_documents import BucketPlanDocuments
from scrm.aws.target_journal import AuditedOverrides, AuditedPilotExits, AuditedPlans
from scrm.aws.target_table import DynamoFigures, DynamoOverrides, DynamoPlans
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.target_joins import MergedNodes, OrgHeadcounts, exit_terms, ladder_of
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import bucket, table
from scrm.settings.kpi import TOPIC as KPI_TOPIC
from scrm.settings.kpi import KpiDocument
from scrm.settings.reader import SettingsReader
from scrm.settings.targets import TOPIC, TargetsDocument
from scrm.targets.figures import FigureBook
from scrm.targets.overrides import GateOverrides
from scrm.targets.plans import TargetPlans, TargetViews
from scrm.targets.review import GateKeeper, ProgressReview
from scrm.targets.rollout import PilotExits, RolloutGate
from scrm.targets.stages import StageLadder


@functools.cache
def reader() -> SettingsReader[TargetsDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, TargetsDocument, bank_settings.report_invalid)


@functools.cache
def _kpi() -> SettingsReader[KpiDocument]:
    return SettingsReader(bank_settings.store(), KPI_TOPIC, KpiDocument, bank_settings.report_invalid)


def ladder() -> StageLadder:
    """What is in force, at most a minute old."""
    return ladder_of(reader().current())


def confidence() -> float:
    """How often the year shall end within a forecast's range."""
    return reader().current().forecast_confidence_percent / 100


@dataclass(frozen=True, slots=True)
class AdminTargets:
    """What operators do about targets."""

    plans: TargetPlans
    views: TargetViews
    overrides: GateOverrides
    figures: FigureBook
    gates: GateKeeper
    progress: ProgressReview
    confidence: Callable[[], float]
    exits: PilotExits
    rollout: RolloutGate


def views() -> TargetViews:
    """Plans as they are read."""
    headcounts = OrgHeadcounts(DynamoOrgRepository(table("ORG_TABLE")))
    return TargetViews(
        DynamoPlans(table("TARGETS_TABLE")), BucketPlanDocuments(bucket("DATA_BUCKET")), headcounts, ROOT_NODE_ID
    )


def gate_keeper() -> GateKeeper:
    """Stages and overrides as they hold."""
    rows = table("TARGETS_TABLE")
    return GateKeeper(FigureBook(DynamoFigures(rows)), DynamoOverrides(rows), ladder)


def progress() -> ProgressReview:
    """Nodes against their targets."""
    gates, org = gate_keeper(), DynamoOrgRepository(table("ORG_TABLE"))
    return ProgressReview(gates.figures, gates, views(), MergedNodes(org, lambda: _kpi().current().merged_nodes))


def admin_targets(log: AuditLog) -> AdminTargets:
    """For one request, with the settings in force."""
    read, gates, exits = views(), gate_keeper(), DynamoPilotExits(table("TARGETS_TABLE"))
    return AdminTargets(
        plans=TargetPlans(read.store, read.documents, AuditedPlans(log)),
        views=read,
        overrides=GateOverrides(gates.overrides, AuditedOverrides(log), lambda: ladder().gated),
        figures=gates.figures,
        gates=gates,
        progress=progress(),
        confidence=confidence,
        exits=PilotExits(
            gates.figures.store,
            exits,
            AuditedPilotExits(log),
            ladder,
            lambda: exit_terms(reader().current().pilot_exit),
        ),
        rollout=RolloutGate(exits, gates.overrides, lambda: reader().current().rollout_gate, clock.now),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
    _kpi.cache_clear()
