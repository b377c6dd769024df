"""What is said of sums: by chance or by comparison, of several KPIs, and beside the figures."""

from collections.abc import Mapping
from datetime import date

import pytest

from scrm.uplift.moments import Moments
from scrm.uplift.results import EVERYBODY, review
from scrm.uplift.sums import CellSums, Sums
from scrm.uplift.terms import ReviewKind, ReviewTerms, Stratum
from scrm.uplift.verdict import Bar, Verdict

NOBODYS: Mapping[Stratum, str] = {Stratum.TIER: "", Stratum.AGE_BAND: "", Stratum.BRANCH: "10"}
HOLDOUT = ReviewTerms(
    "mail",
    ReviewKind.HOLDOUT,
    "1",
    "/1/",
    ("aum_fen", "holdings"),
    date(2027, 3, 1),
    date(2027, 3, 31),
    strata=(),
    segments=(),
    bar=Bar(uplift=0.0),
    campaign_id="camp_1",
    treated_share=0.5,
)


def arm(n: int, mean: float, spread: float = 10.0) -> Moments:
    """Level and KPI are one: all of the spread is explained but a tenth."""
    level = 100.0
    xx = n * (level * level + spread * spread)
    yy = n * (mean * mean + spread * spread * 1.1)
    return Moments(n, n * mean, yy, n * level, xx, n * (level * mean + spread * spread), 0.0, n * 1.0, 0.0)


def holdout(assigned: int, held_out: int, by_kpi: Mapping[str, float]) -> Sums:
    cells = {
        kpi: [
            CellSums("assigned", NOBODYS, 0, arm(assigned, 100 * (1 + uplift))),
            CellSums("holdout", NOBODYS, 0, arm(held_out, 100)),
        ]
        for kpi, uplift in by_kpi.items()
    }
    return Sums(cells, {"assigned": assigned, "holdout": held_out})


def test_a_holdout_gives_the_causal_figure_and_its_verdict() -> None:
    found = review(HOLDOUT, holdout(1000, 1000, {"aum_fen": 0.1, "holdings": 0.1}))

    assert found.overall == {"assigned": Verdict.PASSED}
    [aum, _] = found.of_everybody()
    assert aum.holdout is not None
    assert aum.holdout.value == pytest.approx(0.1)
    assert aum.explained is not None
    assert aum.explained > 0.8


def test_a_holdout_of_the_wrong_size_is_no_effect() -> None:
    found = review(HOLDOUT, holdout(1100, 900, {"aum_fen": 0.1, "holdings": 0.1}))

    assert found.overall == {"assigned": Verdict.NOT_COMPARABLE}
    assert "sample_ratio_mismatch" in found.notes


def test_more_products_and_less_money_is_said() -> None:
    found = review(HOLDOUT, holdout(1000, 1000, {"aum_fen": -0.1, "holdings": 0.1}))

    assert found.notes == ["holdings_up_aum_down"]
    assert found.overall == {"assigned": Verdict.FAILED}


def test_of_many_kpis_what_only_looks_decided_is_open() -> None:
    alone = holdout(1000, 1000, {"aum_fen": 0.0031})
    both = holdout(1000, 1000, {"aum_fen": 0.0031, "holdings": 0.0})

    [decided] = [one for one in review(HOLDOUT, alone).of_everybody() if one.kpi == "aum_fen"]
    [corrected] = [one for one in review(HOLDOUT, both).of_everybody() if one.kpi == "aum_fen"]

    assert decided.verdict is Verdict.PASSED
    assert corrected.verdict is Verdict.OPEN
    assert decided.p is not None
    assert corrected.p == pytest.approx(2 * decided.p)


def test_segments_have_their_own_figures_and_the_channels_their_own_groups() -> None:
    terms = ReviewTerms(
        "channels", ReviewKind.CHANNEL, "1", "/1/", ("aum_fen",), date(2027, 3, 1), date(2027, 3, 31), strata=()
    )
    sums = Sums(
        {
            "aum_fen": [
                CellSums("one_to_one", NOBODYS, 0, arm(300, 130)),
                CellSums("moments", NOBODYS, 0, arm(300, 100)),
                CellSums("not_reached", NOBODYS, 0, arm(300, 100)),
            ]
        },
        {"one_to_one": 300, "moments": 300, "not_reached": 300, "several": 40},
    )

    found = review(terms, sums)

    said = {(one.arm, one.segment): one.verdict for one in found.findings}
    assert said["one_to_one", EVERYBODY] is Verdict.PASSED
    assert said["moments", "branch=10"] is Verdict.FAILED
    assert said["group", EVERYBODY] is Verdict.INSUFFICIENT
    assert found.left_out == {"several": 40}


def test_balance_is_told_before_and_after_weighting() -> None:
    terms = ReviewTerms("added", ReviewKind.ADDED, "1", "/1/", ("aum_fen",), date(2027, 3, 1), date(2027, 3, 31))
    gold = {Stratum.TIER: "gold", Stratum.AGE_BAND: "", Stratum.BRANCH: "10"}
    plain = {Stratum.TIER: "plain", Stratum.AGE_BAND: "", Stratum.BRANCH: "10"}
    rich, poor = Moments(400, 400.0, 800.0, 80_000, 16_400_000.0), Moments(400, 400.0, 800.0, 40_000, 4_400_000.0)
    half_rich = Moments(100, 100.0, 200.0, 20_000, 4_100_000.0)
    sums = Sums(
        {
            "aum_fen": [
                CellSums("added", gold, 1, rich),
                CellSums("added", plain, 0, Moments(100, 100.0, 200.0, 10_000, 1_100_000.0)),
                CellSums("not_added", gold, 1, half_rich),
                CellSums("not_added", plain, 0, poor),
            ]
        },
        {"added": 500, "not_added": 500},
    )

    rows = {one.name: one for one in review(terms, sums).balance["added/aum_fen"]}

    assert rows["level"].raw is not None
    assert rows["level"].raw > 1
    assert rows["level"].weighted == pytest.approx(0)
    assert rows["level"].is_alike
    assert rows["tier=gold"].raw is not None
    assert rows["tier=gold"].raw > 1


def test_the_means_of_too_few_customers_are_told_nowhere() -> None:
    terms = ReviewTerms("added", ReviewKind.ADDED, "1", "/1/", ("aum_fen",), date(2027, 3, 1), date(2027, 3, 31))
    cells = [CellSums("added", NOBODYS, 0, arm(2, 130)), CellSums("not_added", NOBODYS, 0, arm(300, 100))]

    found = review(terms, Sums({"aum_fen": cells}, {"added": 2, "not_added": 300}))

    assert found.overall == {"added": Verdict.INSUFFICIENT}
    assert found.balance == {}
