"""A year's plan as the bank keeps it (S1, S6): written, approved by a second person, and frozen from then on.

A plan is one KPI in one year. Whoever wants other targets writes a new version; the old one stays readable, with the
baseline and the moment at which it was frozen, and every figure that is compared with a plan names its version.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from scrm.clock import BUSINESS_ZONE
from scrm.targets import planner
from scrm.targets.errors import InvalidPlanError, TargetError
from scrm.targets.planner import BranchShare, Conversion, MonthlyTargets


class PlanState(StrEnum):
    """``replaced``: a later version was approved."""

    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"
    REPLACED = "replaced"


class PlanRefusedError(TargetError):
    """It cannot be decided so."""


class StalePlanError(TargetError):
    """Somebody else changed or decided it in between."""


class UnknownPlanError(TargetError):
    """There is no such plan or version."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the KPI stood before the programme (S6): ``value`` in its units on ``as_of``, and where that is from."""

    value: int
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What is decided. ``outcome``: units of the KPI that are to be gained in ``year`` above the baseline.

    ``first_month`` (1 to 12): with which the programme begins; a branch's share may name a later one.
    """

    kpi: str
    year: int
    outcome: int
    baseline: Baseline
    conversion: Conversion
    season: tuple[int, ...]
    shares: tuple[BranchShare, ...]
    first_month: int = 1

    def check(self) -> None:
        """What is asked of terms that are written today; old ones stay readable. Raises InvalidPlanError."""
        if self.outcome <= 0:
            raise InvalidPlanError("outcome", "the outcome is above 0: it is what the KPI is to gain")
        if not self.shares:
            raise InvalidPlanError("shares", "name the branches that share the outcome")
        if any(share.first_month and share.first_month < self.first_month for share in self.shares):
            raise InvalidPlanError("shares", "no branch begins before the programme does: let the plan begin earlier")
        self.targets()
        if self.baseline.as_of >= date(self.year, self.first_month, 1):
            text = f"the baseline is of a day before the programme begins, which is {self.begins()}"
            raise InvalidPlanError("baseline", text)

    def targets(self, only: str | None = None) -> dict[str, MonthlyTargets]:
        """Of each branch by node id, or of ``only`` one. Raises InvalidPlanError."""
        return planner.plan_bank(self.outcome, self.season, self.conversion, self.shares, self.first_month, only)

    def begins(self, branch_id: str = "") -> str:
        """The first month, ``2027-05``, of a branch; of any other node that of the bank, which begins with the first of
        its branches."""
        months = {share.node_id: share.first_month or self.first_month for share in self.shares}
        return f"{self.year:04d}-{months.get(branch_id, min(months.values())):02d}"


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """``terms_sha256``: of the stored terms, so that what was approved can be shown to be what is read."""

    plan_id: str
    version: int
    kpi: str
    year: int
    terms_sha256: str
    made_by: str
    made_at: datetime
    state: PlanState = PlanState.DRAFT
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    revision: int = 0

    @property
    def frozen_at(self) -> datetime | None:
        """When it became the word of the bank; None before."""
        return self.decided_at if self.state in {PlanState.APPROVED, PlanState.REPLACED} else None

    def is_late(self, first_month: str) -> bool:
        """Whether it was frozen when the programme had begun already (S6): what it is compared with was known by then
        in part."""
        frozen = self.frozen_at
        return frozen is not None and f"{frozen.astimezone(BUSINESS_ZONE):%Y-%m}" >= first_month


class PlanStore(Protocol):
    """Versions of plans; a year has few."""

    def versions(self, plan_id: str) -> Sequence[PlanVersion]:
        """In the order of their numbers."""

    def of_year(self, year: int) -> Iterator[PlanVersion]: ...

    def add(self, version: PlanVersion, after: PlanVersion | None) -> PlanVersion:
        """Store the version that follows ``after``, the last one so far, and mark that one as changed: who decides
        about it at the same moment has to read again.

        Raises StalePlanError when the plan has this version already, or ``after`` was decided since it was read.
        """

    def decide(self, version: PlanVersion, replaces: PlanVersion | None) -> PlanVersion:
        """Write a decision over the revision that was read, and have what it replaces be replaced, both or none.

        Raises StalePlanError.
        """


class PlanDocuments(Protocol):
    """Terms by checksum, and below whom a branch's targets were split; neither is ever overwritten."""

    def keep_terms(self, plan_id: str, terms: PlanTerms) -> str:
        """The checksum."""

    def terms(self, plan_id: str, sha256: str) -> PlanTerms: ...

    def keep_headcount(self, plan_id: str, version: int, node_id: str, weights: Mapping[str, int]) -> Mapping[str, int]:
        """The weights that stand from now on: those of who came first."""

    def headcount(self, plan_id: str, version: int, node_id: str) -> Mapping[str, int] | None: ...


class PlanJournal(Protocol):
    """The audit log. Told again of the same state it is the same entry."""

    def told(self, version: PlanVersion, actor: str, at: datetime) -> None: ...


class Headcounts(Protocol):
    def below(self, node_id: str) -> Mapping[str, int]:
        """The nodes next below by id, each with the RMs at and below it; of a node without any, its RMs with 1 each.

        Members are told as ``member:<userid>``. RMs of the node itself stand beside the nodes.
        """


def plan_id_of(kpi: str, year: int) -> str:
    return f"{year}-{kpi}"


def year_of(plan_id: str) -> int:
    """Raises UnknownPlanError for what is no plan's id."""
    year, _, kpi = plan_id.partition("-")
    if not kpi or not year.isdecimal():
        raise UnknownPlanError("a plan's id is its year and KPI, such as 2027-aum")
    return int(year)


@dataclass(frozen=True, slots=True)
class TargetPlans:
    """Use cases of head office. Each raises the errors of this module."""

    store: PlanStore
    documents: PlanDocuments
    journal: PlanJournal

    def draft(self, terms: PlanTerms, actor: str, now: datetime) -> PlanVersion:
        """Write the next version. The same terms of the same person again are the version that he wrote."""
        terms.check()
        plan_id = plan_id_of(terms.kpi, terms.year)
        sha256 = self.documents.keep_terms(plan_id, terms)
        known = self.store.versions(plan_id)
        last = known[-1] if known else None
        if last and (last.terms_sha256, last.made_by, last.state) == (sha256, actor, PlanState.DRAFT):
            self.journal.told(last, actor, last.made_at)
            return last
        number = last.version + 1 if last else 1
        made = self.store.add(PlanVersion(plan_id, number, terms.kpi, terms.year, sha256, actor, now), last)
        self.journal.told(made, actor, now)
        return made

    def approve(self, plan_id: str, version: int, actor: str, now: datetime) -> PlanVersion:
        """By anybody but its maker; only the latest version, which replaces the one in force."""
        known = self.store.versions(plan_id)
        wanted = _of(known, version)
        if wanted.state is PlanState.APPROVED and wanted.decided_by == actor:
            self.journal.told(wanted, actor, wanted.decided_at or now)
            return wanted
        if actor == wanted.made_by:
            raise PlanRefusedError("who wrote a plan does not approve it: somebody else has to")
        if wanted is not known[-1]:
            raise PlanRefusedError(f"version {known[-1].version} was written since: decide about that one")
        in_force = next((one for one in known if one.state is PlanState.APPROVED), None)
        return self._decide(wanted, PlanState.APPROVED, actor, "", now, in_force)

    def reject(self, plan_id: str, version: int, actor: str, note: str, now: datetime) -> PlanVersion:
        """By anybody, its maker too, who takes it back so."""
        wanted = _of(self.store.versions(plan_id), version)
        if wanted.state is PlanState.REJECTED and wanted.decided_by == actor:
            self.journal.told(wanted, actor, wanted.decided_at or now)
            return wanted
        return self._decide(wanted, PlanState.REJECTED, actor, note, now, None)

    def _decide(
        self, wanted: PlanVersion, state: PlanState, actor: str, note: str, now: datetime, replaces: PlanVersion | None
    ) -> PlanVersion:
        if wanted.state is not PlanState.DRAFT:
            raise PlanRefusedError(f"version {wanted.version} is {wanted.state.value}, not a draft")
        decided = replace(wanted, state=state, decided_by=actor, decided_at=now, note=note)
        saved = self.store.decide(decided, replace(replaces, state=PlanState.REPLACED) if replaces else None)
        self.journal.told(saved, actor, now)
        return saved


@dataclass(frozen=True, slots=True)
class NodeTargets:
    """The targets of a node or member, and of what is next below it by id. ``below`` is empty for a member."""

    targets: MonthlyTargets
    below: Mapping[str, MonthlyTargets]


@dataclass(frozen=True, slots=True)
class TargetViews:
    """Reads plans: the same version gives the same figures for every node, for ever."""

    store: PlanStore
    documents: PlanDocuments
    headcounts: Headcounts
    root_id: str

    def in_force(self, plan_id: str) -> PlanVersion:
        """Raises UnknownPlanError."""
        found = next((one for one in self.store.versions(plan_id) if one.state is PlanState.APPROVED), None)
        if found is None:
            raise UnknownPlanError("no version of this plan is approved")
        return found

    def version(self, plan_id: str, version: int) -> PlanVersion:
        """Raises UnknownPlanError."""
        return _of(self.store.versions(plan_id), version)

    def of_node(self, version: PlanVersion, node_ids: Sequence[str]) -> NodeTargets:
        """``node_ids``: the way from the root to the node, both included. Raises UnknownPlanError off the plan.

        Below a branch the split is by RMs, counted when it was first asked for after the approval, and kept.
        """
        terms = self.documents.terms(version.plan_id, version.terms_sha256)
        way = list(node_ids[1:] if node_ids[0] == self.root_id else node_ids)
        if not way:
            branches = terms.targets()
            return NodeTargets(planner.total(list(branches.values())), branches)
        targets = terms.targets(only=way[0]).get(way[0])
        if targets is None:
            raise UnknownPlanError("the plan gives this branch nothing")
        for here, below in pairwise(way):
            parts = planner.split(targets, self._weights(version, here))
            if below not in parts:
                raise UnknownPlanError("the node had no RM when the plan was split")
            targets = parts[below]
        weights = self._weights(version, way[-1])
        return NodeTargets(targets, planner.split(targets, weights) if any(weights.values()) else {})

    def together(
        self, version: PlanVersion, targets: MonthlyTargets, merged: Sequence[Sequence[str]]
    ) -> MonthlyTargets:
        """Of a node with those that were merged into it, by their ways from the root; a plan may give these nothing."""
        found = [targets]
        for way in merged:
            try:
                found.append(self.of_node(version, way).targets)
            except UnknownPlanError:
                continue
        return planner.total(found)

    def _weights(self, version: PlanVersion, node_id: str) -> Mapping[str, int]:
        """Of an approved version the ones that were kept; a draft shows today's. Nobody is no split to keep: a branch
        whose RMs come later would have none all year."""
        if version.frozen_at is None:
            return self.headcounts.below(node_id)
        kept = self.documents.headcount(version.plan_id, version.version, node_id)
        if kept is not None:
            return kept
        counted = self.headcounts.below(node_id)
        if not any(counted.values()):
            return counted
        return self.documents.keep_headcount(version.plan_id, version.version, node_id, counted)


def quarters(months: Sequence[int], combine: Callable[[Sequence[int]], int] = sum) -> tuple[int, ...]:
    """Four figures of twelve."""
    return tuple(combine(months[start : start + 3]) for start in range(0, len(months), 3))


def _of(known: Sequence[PlanVersion], version: int) -> PlanVersion:
    found = next((one for one in known if one.version == version), None)
    if found is None:
        raise UnknownPlanError(f"the plan has no version {version}")
    return found
