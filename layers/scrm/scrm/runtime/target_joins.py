"""Joins targets to the organisation and to the bank's settings."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import branch_of
from scrm.org.model import Member, OrgNode
from scrm.settings.targets import PilotExitDocument, StageDocument, TargetsDocument
from scrm.targets.errors import InvalidPlanError
from scrm.targets.figures import Merged, month_of
from scrm.targets.overrides import ROLLOUT
from scrm.targets.pilot import ExitTerms, ResultBar
from scrm.targets.stages import Criterion, Stage, StageLadder

_MEMBER = "member:"


class Staff(Protocol):
    """The organisation's table."""

    def node(self, node_id: str) -> OrgNode | None: ...

    def members_of_branch(self, branch_id: str) -> Iterator[Member]: ...


class OrgHeadcounts:
    """Implements `scrm.targets.plans.Headcounts`: RMs are active members who may hold customers."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff

    def below(self, node_id: str) -> Mapping[str, int]:
        node = self._staff.node(node_id)
        if node is None:
            return {}
        counts: Counter[str] = Counter()
        for member in self._staff.members_of_branch(branch_of(node.path)):
            if member.can_take_over and member.node_path.startswith(node.path):
                way = member.node_path.removeprefix(node.path).strip("/")
                counts[way.split("/")[0] if way else _MEMBER + member.userid] += 1
        return dict(sorted(counts.items()))


class MergedNodes:
    """Gives `scrm.targets.review.ProgressReview` what was merged into a node, at any remove. ``merged``: closed node ->
    the node that it was merged into, as the bank says (topic ``kpi`` of the settings)."""

    def __init__(self, staff: Staff, merged: Callable[[], Mapping[str, str]]) -> None:
        self._staff = staff
        self._merged = merged

    def __call__(self, node_id: str) -> Sequence[Merged]:
        line, into = [node_id], self._merged()
        for one in line:
            line += [closed for closed, target in into.items() if target == one and closed not in line]
        found = []
        for closed in line[1:]:
            node = self._staff.node(closed)
            if node is not None and node.closed_at is not None:
                month = month_of(node.closed_at.astimezone(BUSINESS_ZONE).date())
                found.append(Merged(closed, node.path, month))
        return found


def ladder_of(document: TargetsDocument) -> StageLadder:
    """Raises InvalidPlanError for stages that contradict each other."""
    if any(ROLLOUT in stage.assesses for stage in document.stages):
        raise InvalidPlanError("stages", f"{ROLLOUT} is the gate that a node passes to become formal, and no KPI")
    return StageLadder(tuple(map(_stage, document.stages)))


def exit_terms(document: PilotExitDocument) -> ExitTerms:
    return ExitTerms(
        document.months,
        ResultBar(document.result),
        _percent(document.lost_percent_at_most),
        _percent(document.handed_over_percent_at_least),
    )


def _percent(whole: int | None) -> Fraction | None:
    return None if whole is None else Fraction(whole, 100)


def _stage(told: StageDocument) -> Stage:
    criteria = (Criterion(one.kpi, Fraction(one.at_least_numerator, one.at_least_denominator)) for one in told.criteria)
    return Stage(told.name, tuple(criteria), told.assesses)
