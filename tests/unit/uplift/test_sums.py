"""The sums that one statement makes of a bank are those that plain Python makes of the same customers."""

from datetime import date

import pytest

from scrm.uplift import sums
from scrm.uplift.terms import KPIS, ReviewKind, ReviewTerms, Stratum
from tests.fakes.uplift_bank import ask, expected, generate

TERMS = ReviewTerms(
    "pilot", ReviewKind.ADDED, "1", "/1/", KPIS, date(2027, 3, 1), date(2027, 3, 31), months_before=4, bands=5
)


@pytest.mark.parametrize("seed", [1, 2])
def test_sums_equal_those_of_plain_python(seed: int) -> None:
    bank = generate(TERMS, 1200, seed)

    told = sums.read(ask(bank, sums.statement(TERMS.kind), sums.parameters(TERMS), TERMS))

    wanted, customers = expected(bank, TERMS)
    found = {
        (
            kpi,
            row.arm,
            row.strata[Stratum.TIER],
            row.strata[Stratum.AGE_BAND],
            row.strata[Stratum.BRANCH],
            row.band,
        ): row.moments
        for kpi, rows in told.by_kpi.items()
        for row in rows
    }
    assert told.customers == customers
    assert {"added", "before", "later", "lost", "not_added"} == set(customers)
    assert found.keys() == wanted.keys()
    for cell, values in wanted.items():
        one = found[cell]
        made = [one.n, one.y, one.yy, one.x, one.xx, one.xy, one.d, one.dd, one.xd]
        assert made == pytest.approx(values, rel=1e-9, abs=1e-9)
