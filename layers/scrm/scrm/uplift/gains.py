"""Whether anything was gained at all, where a bank asks for less than the bar (S16 asks for the bar)."""

from collections.abc import Mapping, Sequence
from typing import Any

from scrm.uplift.verdict import BELIEVED, Verdict, corrected


def gained(findings: Sequence[Mapping[str, Any]], confidence: float) -> list[Verdict]:
    """Of each finding of one treated group and everybody, in their order; as `scrm.uplift.telling` tells them.

    ``passed``: all of the interval lies above zero, and chance does not explain it though many KPIs were asked (Holm).
    """
    believed = {one["kpi"]: one["holdout"] or one["adjusted"] for one in findings}
    shown = {kpi: figure["p"] for kpi, figure in believed.items() if figure is not None}
    p = corrected(shown)
    return [_said(Verdict(one["verdict"]), believed[one["kpi"]], p.get(one["kpi"]), confidence) for one in findings]


def _said(verdict: Verdict, figure: Mapping[str, float] | None, p: float | None, confidence: float) -> Verdict:
    if verdict not in BELIEVED:
        return verdict
    if figure is None or p is None:
        return Verdict.INSUFFICIENT
    if figure["low"] <= 0 <= figure["high"] or p > 1 - confidence:
        return Verdict.OPEN
    return Verdict.PASSED if figure["low"] > 0 else Verdict.FAILED
