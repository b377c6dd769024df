"""A result as it is kept and shown: plain values. Where too few customers are, no percentage is told (S12)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scrm.uplift.balance import Covariate
from scrm.uplift.dilution import Dilution
from scrm.uplift.estimate import Estimate
from scrm.uplift.results import EVERYBODY, Finding, ReviewResult
from scrm.uplift.unlinked import InWecom
from scrm.uplift.verdict import Verdict


def told(result: ReviewResult) -> dict[str, Any]:
    """Of everybody."""
    ratio = result.sample_ratio
    return {
        "overall": {arm: said.value for arm, said in result.overall.items()},
        "findings": [finding(one) for one in result.of_everybody()],
        "balance": {name: [_covariate(one) for one in rows] for name, rows in result.balance.items()},
        "customers": dict(result.customers),
        "left_out": dict(result.left_out),
        "figures_missing": dict(result.figures_missing),
        "sample_ratio_p": ratio.p if ratio else None,
        "notes": list(result.notes),
        "in_wecom": _in_wecom(result.in_wecom),
    }


def told_of_segments(result: ReviewResult) -> list[dict[str, Any]]:
    """In the order of segments, treated groups and KPIs."""
    some = [one for one in result.findings if one.segment != EVERYBODY]
    return [finding(one) for one in sorted(some, key=lambda one: (one.segment, one.arm, one.kpi))]


def finding(one: Finding) -> dict[str, Any]:
    compared, shows = one.compared, one.verdict is not Verdict.INSUFFICIENT
    return {
        "kpi": one.kpi,
        "arm": one.arm,
        "segment": one.segment,
        "verdict": one.verdict.value,
        "treated": compared.treated,
        "untreated": compared.untreated,
        "compared": compared.compared,
        "naive": _estimate(compared.naive) if shows else None,
        "adjusted": _estimate(compared.adjusted) if shows else None,
        "gain": compared.gain if shows else None,
        "placebo": _estimate(compared.placebo) if shows else None,
        "holdout": _estimate(one.holdout) if shows else None,
        "explained": one.explained if shows else None,
        "p": one.p if shows else None,
        "diluted": _diluted(one.diluted) if shows else None,
    }


def _estimate(found: Estimate | None) -> Mapping[str, float] | None:
    if found is None:
        return None
    return {"value": found.value, "error": found.error, "low": found.low, "high": found.high, "p": found.p}


def _diluted(found: Dilution | None) -> Mapping[str, float | None] | None:
    return {"share": found.share, "low": found.low, "high": found.high} if found else None


def _in_wecom(found: InWecom | None) -> Mapping[str, Any] | None:
    return {**asdict(found), "share": found.share} if found else None


def _covariate(one: Covariate) -> Mapping[str, float | str | None]:
    return {
        "name": one.name,
        "treated": one.treated,
        "untreated": one.untreated,
        "raw": one.raw,
        "weighted": one.weighted,
    }


def segments_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({str(row["segment"]) for row in rows})
