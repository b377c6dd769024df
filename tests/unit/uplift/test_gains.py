"""Above zero instead of above the bar: chance and small groups are no gain."""

from typing import Any

import pytest

from scrm.uplift.gains import gained
from scrm.uplift.verdict import Verdict


def finding(low: float, high: float, p: float, verdict: str = "failed", kpi: str = "aum_fen") -> dict[str, Any]:
    figure = {"value": (low + high) / 2, "low": low, "high": high, "p": p, "error": (high - low) / 4}
    return {"kpi": kpi, "verdict": verdict, "adjusted": figure, "holdout": None}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (finding(0.05, 0.11, 1e-6), Verdict.PASSED),
        (finding(-0.02, 0.11, 0.2), Verdict.OPEN),
        (finding(-0.11, -0.02, 1e-6), Verdict.FAILED),
        (finding(0.05, 0.11, 1e-6, "not_comparable"), Verdict.NOT_COMPARABLE),
        ({"kpi": "aum_fen", "verdict": "insufficient", "adjusted": None, "holdout": None}, Verdict.INSUFFICIENT),
    ],
)
def test_a_gain_is_an_interval_above_zero(row: dict[str, Any], expected: Verdict) -> None:
    assert gained([row], 0.95) == [expected]


def test_the_holdouts_figure_goes_before_the_adjusted_one() -> None:
    row = finding(-0.02, 0.11, 0.2) | {"holdout": finding(0.01, 0.09, 0.01)["adjusted"]}

    assert gained([row], 0.95) == [Verdict.PASSED]


def test_what_only_looks_gained_because_many_were_asked_is_open() -> None:
    rows = [finding(0.001, 0.11, 0.04), finding(-0.05, 0.06, 0.9, kpi="holdings")]

    assert gained(rows[:1], 0.95) == [Verdict.PASSED]
    assert gained(rows, 0.95) == [Verdict.OPEN, Verdict.OPEN]
