"""Plans and overrides in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.aws.target_journal import AuditedOverrides, AuditedPilotExits, AuditedPlans
from scrm.node_paths import ROOT_NODE_ID, covers
from scrm.paging import Page
from scrm.runtime.target_joins import exit_terms, ladder_of
from scrm.runtime.wiring.targets import AdminTargets
from scrm.settings.targets import TargetsDocument
from scrm.targets.figures import FigureBook, Merged, MonthFigure
from scrm.targets.overrides import GateOverrides, Override
from scrm.targets.planner import EVEN_SEASON, BranchShare, Conversion
from scrm.targets.plans import Baseline, PlanTerms, PlanVersion, StalePlanError, TargetPlans, TargetViews
from scrm.targets.review import GateKeeper, ProgressReview
from scrm.targets.rollout import PilotExits, RecordedExit, RolloutGate
from scrm.targets.stages import StageLadder
from scrm.two_persons import RequestState, StaleRequestError

CONVERSION = Conversion(Fraction(50_000_00), Fraction(4, 5), Fraction(1, 10), Fraction(300))
TERMS = PlanTerms(
    kpi="aum",
    year=2027,
    outcome=6_000_000_000_00,
    baseline=Baseline(80_000_000_000_00, date(2026, 11, 30), "core banking, month end"),
    conversion=CONVERSION,
    season=EVEN_SEASON,
    shares=(BranchShare("10", 5), BranchShare("20", 3), BranchShare("30", 2)),
)


@dataclass
class FakePlans:
    """Implements `scrm.targets.plans.PlanStore`."""

    stored: dict[tuple[str, int], PlanVersion] = field(default_factory=dict)

    def versions(self, plan_id: str) -> Sequence[PlanVersion]:
        return [found for (known, _), found in sorted(self.stored.items()) if known == plan_id]

    def of_year(self, year: int) -> Iterator[PlanVersion]:
        return (found for _, found in sorted(self.stored.items()) if found.year == year)

    def add(self, version: PlanVersion, after: PlanVersion | None) -> PlanVersion:
        key = (version.plan_id, version.version)
        if key in self.stored or (after and self.stored[after.plan_id, after.version].revision != after.revision):
            raise StalePlanError
        if after:
            self.stored[after.plan_id, after.version] = replace(after, revision=after.revision + 1)
        self.stored[key] = replace(version, revision=1)
        return self.stored[key]

    def decide(self, version: PlanVersion, replaces: PlanVersion | None) -> PlanVersion:
        changed = [version, *([replaces] if replaces else [])]
        if any(self.stored[one.plan_id, one.version].revision != one.revision for one in changed):
            raise StalePlanError
        for one in changed:
            self.stored[one.plan_id, one.version] = replace(one, revision=one.revision + 1)
        return self.stored[version.plan_id, version.version]


@dataclass
class FakePlanDocuments:
    """Implements `scrm.targets.plans.PlanDocuments`."""

    kept: dict[str, PlanTerms] = field(default_factory=dict)
    counts: dict[tuple[str, int, str], Mapping[str, int]] = field(default_factory=dict)

    def keep_terms(self, plan_id: str, terms: PlanTerms) -> str:
        sha256 = f"{hash((plan_id, terms)):x}"
        self.kept[sha256] = terms
        return sha256

    def terms(self, plan_id: str, sha256: str) -> PlanTerms:
        return self.kept[sha256]

    def keep_headcount(self, plan_id: str, version: int, node_id: str, weights: Mapping[str, int]) -> Mapping[str, int]:
        return self.counts.setdefault((plan_id, version, node_id), dict(weights))

    def headcount(self, plan_id: str, version: int, node_id: str) -> Mapping[str, int] | None:
        return self.counts.get((plan_id, version, node_id))


@dataclass
class FakeHeadcounts:
    """Implements `scrm.targets.plans.Headcounts`."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def below(self, node_id: str) -> Mapping[str, int]:
        return self.counts.get(node_id, {})


@dataclass
class FakeJournal:
    """Implements the journals of plans and overrides."""

    entries: list[tuple[str, str]] = field(default_factory=list)

    def told(self, thing: PlanVersion | Override, actor: str, at: datetime) -> None:
        self.entries.append((thing.state.value, actor))


@dataclass
class FakeFigures:
    """Implements `scrm.targets.figures.FigureStore`."""

    stored: dict[tuple[str, str, str], list[MonthFigure]] = field(default_factory=dict)

    def latest(self, node_id: str, kpi: str, first: str, last: str) -> Mapping[str, MonthFigure]:
        assert first <= last, "a table refuses such a range"
        return {
            month: versions[-1]
            for (node, name, month), versions in sorted(self.stored.items())
            if (node, name) == (node_id, kpi) and first <= month <= last
        }

    def add(self, figure: MonthFigure) -> bool:
        versions = self.stored.setdefault((figure.node_id, figure.kpi, figure.month), [])
        if len(versions) + 1 != figure.version:
            return False
        versions.append(figure)
        return True


@dataclass
class FakeOverrides:
    """Implements `scrm.targets.overrides.OverrideStore`."""

    stored: dict[str, Override] = field(default_factory=dict)

    def find(self, override_id: str) -> Override | None:
        return self.stored.get(override_id)

    def save(self, override: Override) -> Override:
        known = self.stored.get(override.override_id)
        if (known.version if known else 0) != override.version:
            raise StaleRequestError
        self.stored[override.override_id] = replace(override, version=override.version + 1)
        return self.stored[override.override_id]

    def at_or_above(self, node_path: str) -> list[Override]:
        return [
            found
            for found in self.stored.values()
            if found.state is RequestState.APPROVED and covers(found.wanted.node_path, node_path)
        ]

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[Override]:
        return Page(tuple(one for one in self.stored.values() if covers(node_path, one.wanted.node_path)), None)


@dataclass
class FakeExits:
    """Implements `scrm.targets.rollout.ExitStore`."""

    stored: dict[str, RecordedExit] = field(default_factory=dict)

    def find(self, exit_id: str) -> RecordedExit | None:
        return self.stored.get(exit_id)

    def add(self, recorded: RecordedExit) -> bool:
        if recorded.exit_id in self.stored:
            return False
        self.stored[recorded.exit_id] = recorded
        return True

    def all(self) -> Sequence[RecordedExit]:
        return sorted(self.stored.values(), key=lambda one: (one.recorded_at, one.exit_id), reverse=True)


@dataclass
class TargetsOverMemory:
    """What `scrm.runtime.wiring.targets.admin_targets` gives, with everything kept by the test."""

    log: AuditLog
    headcounts: FakeHeadcounts = field(default_factory=FakeHeadcounts)
    store: FakePlans = field(default_factory=FakePlans)
    documents: FakePlanDocuments = field(default_factory=FakePlanDocuments)
    figures: FakeFigures = field(default_factory=FakeFigures)
    overrides: FakeOverrides = field(default_factory=FakeOverrides)
    exits: FakeExits = field(default_factory=FakeExits)
    document: TargetsDocument = field(default_factory=TargetsDocument)
    merged: dict[str, Sequence[Merged]] = field(default_factory=dict)

    def joined(self) -> AdminTargets:
        def ladder() -> StageLadder:
            return ladder_of(self.document)

        book = FigureBook(self.figures)
        views = TargetViews(self.store, self.documents, self.headcounts, ROOT_NODE_ID)
        gates = GateKeeper(book, self.overrides, ladder)
        return AdminTargets(
            plans=TargetPlans(self.store, self.documents, AuditedPlans(self.log)),
            views=views,
            overrides=GateOverrides(self.overrides, AuditedOverrides(self.log), lambda: ladder().gated),
            figures=book,
            gates=gates,
            progress=ProgressReview(book, gates, views, lambda node_id: self.merged.get(node_id, ())),
            confidence=lambda: self.document.forecast_confidence_percent / 100,
            exits=PilotExits(
                self.figures,
                self.exits,
                AuditedPilotExits(self.log),
                ladder,
                lambda: exit_terms(self.document.pilot_exit),
            ),
            rollout=RolloutGate(self.exits, self.overrides, lambda: self.document.rollout_gate, clock.now),
        )
