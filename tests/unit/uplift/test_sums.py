"""The sums that one statement makes of a bank are those that plain Python makes of the same customers."""

from dataclasses import replace
from datetime import date

import pytest

from scrm.uplift import sums
from scrm.uplift.terms import KPIS, ReviewKind, ReviewTerms, Stratum
from tests.fakes.uplift_bank import ask, expected, generate

TERMS = ReviewTerms(
    "pilot", ReviewKind.ADDED, "1", "/1/", KPIS, date(2027, 3, 1), date(2027, 3, 31), months_before=4, bands=5
)


@pytest.mark.parametrize(
    ("seed", "terms"),
    [(1, TERMS), (2, TERMS), (3, replace(TERMS, kpis=("active", "aum_fen"), months_before=3, bands=1))],
)
def test_sums_equal_those_of_plain_python(seed: int, terms: ReviewTerms) -> None:
    bank = generate(terms, 1200, seed)

    told = sums.read(ask(bank, sums.statement(terms.kind, terms.kpis), sums.parameters(terms), terms))

    wanted, customers = expected(bank, terms)
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


def test_of_too_many_cells_no_more_come_than_tell_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums, "MOST_ROWS", 60)
    bank = generate(TERMS, 600, 3)

    rows = ask(bank, sums.statement(TERMS.kind, TERMS.kpis), sums.parameters(TERMS), TERMS)

    assert len(rows) == 61
    with pytest.raises(sums.TooManyCellsError):
        sums.read(rows)
