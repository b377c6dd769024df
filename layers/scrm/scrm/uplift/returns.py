"""What a programme brings and costs (S19): gain of the treated, in money, with the interval of the figure behind it.

Only KPIs whose figure may be believed count: ``not_comparable`` and ``insufficient`` bring nothing here, whatever they
show. Money of different KPIs is added as if they were independent of one another; where one drives the other, give only
one of them a worth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from scrm.uplift.verdict import BELIEVED, Verdict


@dataclass(frozen=True, slots=True)
class Return:
    """One KPI of one treated group. ``treated``: whose gain it is, without a holdout only those who had somebody to be
    compared with. Units of the KPI over all of them, and fen in a year; None where nothing is to be believed."""

    kpi: str
    arm: str
    treated: int
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    worth_fen: int | None
    worth_fen_low: int | None
    worth_fen_high: int | None


@dataclass(frozen=True, slots=True)
class Returns:
    """``net_fen``: of a year; None while no KPI may be believed or none has a worth."""

    rows: Sequence[Return]
    cost_fen: int
    net_fen: int | None
    net_fen_low: int | None
    net_fen_high: int | None


def returns(findings: Sequence[Mapping[str, Any]], worth: Mapping[str, Fraction], cost_fen: int) -> Returns:
    """``findings``: of everybody, as they are told. ``worth``: fen a year by unit of the KPI."""
    rows = [_row(one, worth.get(str(one["kpi"]))) for one in findings]
    told = [row for row in rows if row.worth_fen is not None]
    if not told:
        return Returns(rows, cost_fen, None, None, None)
    return Returns(
        rows,
        cost_fen,
        sum(row.worth_fen or 0 for row in told) - cost_fen,
        sum(row.worth_fen_low or 0 for row in told) - cost_fen,
        sum(row.worth_fen_high or 0 for row in told) - cost_fen,
    )


def _row(one: Mapping[str, Any], worth: Fraction | None) -> Return:
    figure = one["holdout"] or one["adjusted"]
    treated = int(one["treated"]) if one["holdout"] else round(one["treated"] * one["compared"])
    gain = one["gain"]
    if Verdict(one["verdict"]) not in BELIEVED or figure is None or gain is None or not figure["value"]:
        return Return(one["kpi"], one["arm"], treated, None, None, None, None, None, None)
    by_share = float(gain) / float(one["adjusted"]["value"]) if one["adjusted"] and one["adjusted"]["value"] else 0.0
    value, low, high = (by_share * float(figure[name]) * treated for name in ("value", "low", "high"))
    fen = [round(worth * Fraction(amount)) if worth is not None else None for amount in (value, low, high)]
    return Return(one["kpi"], one["arm"], treated, value, low, high, *fen)
