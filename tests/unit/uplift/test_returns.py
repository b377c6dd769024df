"""What a programme brings, of whom it is known."""

from fractions import Fraction
from typing import Any

import pytest

from scrm.uplift.returns import returns

FIGURE = {"value": 0.1, "low": 0.05, "high": 0.15}


def finding(**changed: Any) -> dict[str, Any]:
    told = {"kpi": "aum_fen", "arm": "added", "verdict": "open", "treated": 1000, "compared": 0.8, "gain": 40.0}
    return {**told, "adjusted": FIGURE, "holdout": None, **changed}


@pytest.mark.parametrize(("holdout", "customers"), [(None, 800), (FIGURE, 1000)])
def test_whom_nobody_can_be_compared_with_brings_nothing_but_with_a_holdout(
    holdout: dict[str, float] | None, customers: int
) -> None:
    [row] = returns([finding(holdout=holdout)], {"aum_fen": Fraction(1)}, 0).rows

    assert row.treated == customers
    assert row.gain == pytest.approx(40 * customers)
    assert row.worth_fen == 40 * customers
