"""Who is in WeCom and not recognised is counted as plain Python counts; what that can have hidden holds the truth."""

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.uplift import telling, unlinked
from scrm.uplift.comparison import Cell, compare
from scrm.uplift.dilution import Dilution, dilution
from scrm.uplift.estimate import Estimate
from scrm.uplift.results import ReviewResult, review
from scrm.uplift.sums import CellSums, Sums
from scrm.uplift.terms import ReviewKind, ReviewTerms, Stratum
from scrm.uplift.unlinked import InWecom
from scrm.uplift.verdict import Bar, Verdict, verdict
from tests.fakes.uplift import World, draw, without_links
from tests.fakes.uplift_bank import UpliftBank, ask, generate, people_in_wecom
from tests.unit.uplift.test_results import NOBODYS, arm

TERMS = ReviewTerms(
    "pilot", ReviewKind.ADDED, "1", "/1/", ("aum_fen",), date(2027, 3, 1), date(2027, 3, 31), months_before=2, bands=5
)
NODE = replace(TERMS, node_id="10", node_path="/1/10/")
SEEDS = range(60)


def counted(bank: UpliftBank, terms: ReviewTerms) -> InWecom:
    return unlinked.read(ask(bank, unlinked.STATEMENT, unlinked.parameters(terms), terms))


def in_wecom(unrecognised: int, people: int) -> InWecom:
    since: dict[unlinked.Since, int] = {"before": 0, "in_window": unrecognised, "later": 0}
    return InWecom(people, unrecognised, since, people, unrecognised)


@pytest.mark.parametrize("terms", [TERMS, NODE])
def test_people_are_counted_as_plain_python_counts_them(terms: ReviewTerms) -> None:
    bank = generate(terms, 900, 5)
    bank.relations += [row | {"node_path": "/1/10/12/"} for row in bank.relations[::7]]  # followed by a second member

    found = counted(bank, terms)

    wanted = people_in_wecom(bank, terms)
    here = [(since, known) for since, is_beneath, known, _ in wanted if is_beneath]
    assert (found.people, found.people_of_bank) == (len(here), len(wanted))
    assert found.unlinked_of_bank == sum(not known for _, _, known, _ in wanted)
    since = Counter(since for since, known in here if not known)
    assert found.unlinked_since == since
    assert all(found.unlinked_since.values())
    assert found.unlinked == since.total() < found.people
    assert found.share == found.unlinked / found.people


def test_a_person_whom_the_bank_names_by_unionid_is_recognised() -> None:
    bank = generate(TERMS, 400, 5)
    before = counted(bank, TERMS)
    stranger = next(person for _, _, known, person in people_in_wecom(bank, TERMS) if not known)
    for row in (*bank.relations, *bank.relations_before):
        if row["external_userid"] == stranger:
            row["unionid"] = "uNamed"
    bank.customers[0]["unionid"] = "uNamed"

    assert counted(bank, TERMS).unlinked == before.unlinked - 1


def test_nobody_in_wecom_is_no_share() -> None:
    assert unlinked.read([]).share == 0.0


@pytest.mark.parametrize("truth", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("missing", [0.0, 0.1, 0.3, "the rich", "high tiers"])
def test_what_missing_links_can_hide_holds_the_truth_whoever_they_are_missing_of(
    truth: float, missing: float | str
) -> None:
    held, plain = [], []
    for seed in SEEDS:
        known, hidden = without_links(draw(World(effect=truth), seed), missing, seed)
        cells = known.cells()
        seen = compare(cells).adjusted
        assert seen
        found = dilution(cells, seen, hidden)
        held.append(found.low <= truth and (found.high is None or truth <= found.high))
        plain.append(seen.low <= truth <= seen.high)

    assert np.mean(held) >= 0.9
    if truth and missing:
        assert np.mean(plain) < 0.5  # the figure that takes no heed of it is wrong


def test_a_bank_that_recognises_everybody_has_the_interval_of_the_figure() -> None:
    cells = draw(World(effect=0.1), 1).cells()
    seen = compare(cells).adjusted
    assert seen

    assert dilution(cells, seen, 0) == Dilution(0.0, seen.low, seen.high)


@given(
    value=st.floats(-0.5, 1.0),
    fewer=st.integers(0, 400),
    more=st.integers(0, 400),
    sizes=st.lists(st.tuples(st.integers(2, 50), st.integers(10, 300)), min_size=1, max_size=6),
)
def test_more_who_are_not_recognised_never_narrow_what_is_possible(
    value: float, fewer: int, more: int, sizes: list[tuple[int, int]]
) -> None:
    cells = {str(number): Cell(arm(treated, 100), arm(others, 100)) for number, (treated, others) in enumerate(sizes)}
    seen = Estimate.of(value, 0.01, 100, 0.95)
    few, many = dilution(cells, seen, fewer), dilution(cells, seen, fewer + more)

    assert 0 <= few.share <= many.share <= 1
    assert many.low <= few.low <= seen.low
    if many.high is not None:
        assert few.high is not None
        assert seen.high <= few.high <= many.high


def reviewed(uplift: float, unrecognised: int | None, people: int = 1000, tolerated: float = 0.05) -> ReviewResult:
    terms = replace(TERMS, strata=(), segments=(Stratum.BRANCH,), bar=Bar(tolerated_unlinked=tolerated))
    north, south = {**NOBODYS}, {**NOBODYS, Stratum.BRANCH: "20"}
    rows = [
        CellSums(group, where, 0, arm(size, mean))
        for group, mean in (("added", 100 * (1 + uplift)), ("not_added", 100))
        for where, size in ((north, 900), (south, 300))
    ]
    known = None if unrecognised is None else in_wecom(unrecognised, people)
    return review(terms, Sums({"aum_fen": rows}, {"added": 1200, "not_added": 1200}, known))


def test_failed_is_not_said_where_those_not_recognised_may_have_hidden_it() -> None:
    plain, few, many = reviewed(0.15, None), reviewed(0.15, 20), reviewed(0.15, 400)

    assert [one.overall["added"] for one in (plain, few, many)] == [Verdict.FAILED, Verdict.FAILED, Verdict.OPEN]
    [seen] = many.of_everybody()
    assert seen.diluted is not None
    assert seen.diluted.share == pytest.approx(400 / 1200)
    assert seen.diluted.high is not None
    assert seen.diluted.high > 0.2
    assert seen.figure is not None
    assert seen.figure.value == pytest.approx(0.15)  # the figure itself is not touched
    assert plain.of_everybody()[0].diluted is None


def test_passed_stands_since_who_is_not_recognised_only_hides() -> None:
    assert reviewed(0.3, 400).overall["added"] is Verdict.PASSED


def test_no_upper_end_is_told_where_everybody_may_have_added() -> None:
    [seen] = reviewed(0.15, 5000).of_everybody()

    assert seen.diluted is not None
    assert (seen.diluted.share, seen.diluted.high, seen.verdict) == (1.0, None, Verdict.OPEN)
    assert telling.finding(seen)["diluted"]["high"] is None


def test_a_segment_has_as_many_of_them_as_it_has_of_the_recognised() -> None:
    found = {one.segment: one.diluted for one in reviewed(0.15, 400).findings}

    assert {segment: one.share for segment, one in found.items() if one} == {
        "": pytest.approx(1 / 3),
        "branch=10": pytest.approx(1 / 3),
        "branch=20": pytest.approx(1 / 3),
    }


def test_poor_links_are_warned_of_above_what_is_tolerated() -> None:
    assert reviewed(0.3, 50).notes == []
    assert reviewed(0.3, 51).notes == ["identity_links_poor"]
    assert reviewed(0.3, 51, tolerated=0.1).notes == []
    assert reviewed(0.15, 400).notes == ["identity_links_poor", "unlinked_may_hide_it"]


def test_groups_that_cannot_be_compared_stay_so_whatever_may_be_hidden() -> None:
    found = compare(draw(World(by_trend=1.5), 1).cells())
    assert found.adjusted

    assert verdict(found, Bar(), Dilution(0.5, 0.0, None)) is Verdict.NOT_COMPARABLE
