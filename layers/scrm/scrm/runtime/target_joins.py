"""Joins targets to the organisation and to the bank's settings."""

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Protocol

from scrm.node_paths import branch_of
from scrm.org.model import Member, OrgNode
from scrm.settings.targets import StageDocument, TargetsDocument
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


def ladder_of(document: TargetsDocument) -> StageLadder:
    """Raises InvalidPlanError for stages that contradict each other."""
    return StageLadder(tuple(map(_stage, document.stages)))


def _stage(told: StageDocument) -> Stage:
    criteria = (Criterion(one.kpi, Fraction(one.at_least_numerator, one.at_least_denominator)) for one in told.criteria)
    return Stage(told.name, tuple(criteria), told.assesses)
