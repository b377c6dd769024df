"""Targets on their table and documents; needs ``TARGETS_TABLE``, ``ORG_TABLE`` and ``DATA_BUCKET``."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from scrm.audit.log import AuditLog
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.target_documents import BucketPlanDocuments
from scrm.aws.target_journal import AuditedOverrides, AuditedPlans
from scrm.aws.target_table import DynamoFigures, DynamoOverrides, DynamoPlans
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.target_joins import OrgHeadcounts, ladder_of
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import bucket, table
from scrm.settings.reader import SettingsReader
from scrm.settings.targets import TOPIC, TargetsDocument
from scrm.targets.figures import FigureBook
from scrm.targets.overrides import GateOverrides
from scrm.targets.plans import TargetPlans, TargetViews
from scrm.targets.review import GateKeeper, ProgressReview
from scrm.targets.stages import StageLadder


@functools.cache
def reader() -> SettingsReader[TargetsDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, TargetsDocument, bank_settings.report_invalid)


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


def admin_targets(log: AuditLog) -> AdminTargets:
    """For one request, with the settings in force."""
    rows = table("TARGETS_TABLE")
    documents = BucketPlanDocuments(bucket("DATA_BUCKET"))
    store, overrides, figures = DynamoPlans(rows), DynamoOverrides(rows), FigureBook(DynamoFigures(rows))
    headcounts = OrgHeadcounts(DynamoOrgRepository(table("ORG_TABLE")))
    gates = GateKeeper(figures, overrides, ladder)
    return AdminTargets(
        plans=TargetPlans(store, documents, AuditedPlans(log)),
        views=TargetViews(store, documents, headcounts, ROOT_NODE_ID),
        overrides=GateOverrides(overrides, AuditedOverrides(log), lambda: ladder().gated),
        figures=figures,
        gates=gates,
        progress=ProgressReview(figures, gates),
        confidence=confidence,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
