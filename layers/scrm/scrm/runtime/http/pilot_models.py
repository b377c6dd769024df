"""Exits of pilots on the wire. Bounds are fractions, ``4/5``; figures of a review are shares, 0.2 is 20 %."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from scrm.org.model import Lifecycle
from scrm.runtime.http.target_models import NodeText
from scrm.runtime.http.wire import Asked, Reply, Timestamp
from scrm.targets import rollout
from scrm.targets.figures import MonthFigure
from scrm.targets.pilot import ExitFinding, ExitVerdict, ResultBar
from scrm.targets.rollout import GateToFormal
from scrm.uplift.terms import ReviewKind


class ExitFigure(Reply):
    """``denominator`` None: a count."""

    numerator: int
    denominator: int | None
    as_of: date


class ExitTerms(Reply):
    """What was asked beside the stages; None: not asked for."""

    months: int
    result: ResultBar
    lost_at_most: str | None
    handed_over_at_least: str | None


class ExitMonthLine(Reply):
    """One criterion in one month. ``at_most``: the bound is an upper one."""

    stage: str
    kpi: str
    month: str
    bound: str
    at_most: bool
    figure: ExitFigure | None
    source: str
    finding: ExitFinding


class ExitResultLine(Reply):
    """One KPI of the review. No figure of too few customers (S12), nor of groups that cannot be compared."""

    kpi: str = Field(description="Empty where no review was named, or it has no result yet.")
    arm: str
    bar: float
    value: float | None
    low: float | None
    high: float | None
    finding: ExitFinding


class ExitReview(Reply):
    """The review that was named. ``version`` 0: it has no result yet. ``others``: reviews over the same node."""

    review_id: str
    name: str
    kind: ReviewKind
    version: int
    is_late: bool
    due_on: date
    terms_sha256: str
    others: list[str]


class ExitReason(Reply):
    """Why it is not ready. ``months``: of a figure; none of a result."""

    finding: ExitFinding
    kpi: str
    months: list[str]


class ExitEvidence(Reply):
    """What was asked of a node, what was found, and what follows. ``through``: the last month looked at."""

    node_id: str
    through: str
    verdict: ExitVerdict
    reasons: list[ExitReason]
    terms: ExitTerms
    lasting: list[ExitMonthLine]
    results: list[ExitResultLine]
    review: ExitReview | None


class ExitTrendRow(Reply):
    kpi: str
    month: str
    figure: ExitFigure


class PilotExit(ExitEvidence):
    """``lifecycle``: of the node as it is. ``gate``: whether it may become formal, and by what."""

    lifecycle: Lifecycle
    gate: GateToFormal
    trend: list[ExitTrendRow]

    @classmethod
    def looked(cls, found: rollout.Looked, lifecycle: Lifecycle, gate: GateToFormal) -> Self:
        told = {**rollout.told(found.exit), "lifecycle": lifecycle, "gate": gate, "trend": _trend(found.trend)}
        return cls.model_validate(told)


class PilotExitRequest(Asked):
    """Which exit to record: it is looked at again over the last closed months, and has to be ready.

    No other months can be chosen: that a pilot once lasted says nothing of whether it still does.
    """

    node_id: NodeText
    review_id: Annotated[str, Field(min_length=1, max_length=64)]


class RecordedPilotExit(Reply):
    """``opens_the_bank``: the pilot was a branch, so that every node may follow."""

    exit_id: str
    node_id: str
    through: str
    review_id: str
    sha256: str
    opens_the_bank: bool
    recorded_by: str
    recorded_at: Timestamp

    @classmethod
    def of(cls, found: rollout.RecordedExit) -> Self:
        return cls.model_validate(_facts(found, json.loads(found.evidence)))


class RecordedPilotExitDetail(RecordedPilotExit):
    """With all that was gone by, as it was."""

    evidence: ExitEvidence

    @classmethod
    def of(cls, found: rollout.RecordedExit) -> Self:
        evidence = json.loads(found.evidence)
        return cls.model_validate({**_facts(found, evidence), "evidence": evidence})


class RecordedPilotExitList(Reply):
    items: list[RecordedPilotExit]


def _facts(found: rollout.RecordedExit, evidence: Mapping[str, Any]) -> dict[str, Any]:
    own = ("exit_id", "node_id", "sha256", "opens_the_bank", "recorded_by", "recorded_at")
    told = {name: getattr(found, name) for name in own}
    return {**told, "through": evidence["through"], "review_id": evidence["review"]["review_id"]}


def _trend(by_kpi: Mapping[str, Mapping[str, MonthFigure]]) -> list[dict[str, Any]]:
    return [
        {"kpi": kpi, "month": month, "figure": one.figure}
        for kpi, months in by_kpi.items()
        for month, one in sorted(months.items())
        if one.figure is not None  # hidden since: it is about too few customers
    ]
