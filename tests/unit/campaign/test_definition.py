"""A definition that could never run is refused with everything that is wrong with it (S1, S30)."""

from datetime import timedelta

import pytest

from scrm.campaign import definition as definitions
from scrm.campaign.model import Ring
from scrm.campaign.refusals import InvalidCampaignError
from scrm.campaign.terms import Channel
from tests.fakes.campaigns import PILOT_THEN_REST, definition


def test_rings_come_in_the_order_in_which_they_name_each_other() -> None:
    rings = (
        Ring("rest", after="branch"),
        Ring("branch", after="pilot", node_ids=("2",)),
        Ring("pilot", node_ids=("1",)),
    )

    assert [ring.name for ring in definitions.in_order(rings)] == ["pilot", "branch", "rest"]


@pytest.mark.parametrize(
    ("rings", "sentence"),
    [
        ((), "1 to 20 rings"),
        ((Ring("a"), Ring("a", after="a")), "given twice"),
        ((Ring("a"), Ring("b", after="c")), "c is named"),
        ((Ring("a", after="b", node_ids=("1",)), Ring("b", after="a", node_ids=("1",))), "circle"),
        ((Ring("x", node_ids=("9",)), Ring("a", after="b"), Ring("b", after="a")), "circle"),
        ((Ring("a", node_ids=("1",)), Ring("b", after="a"), Ring("c", after="a")), "same one"),
        ((Ring("a"), Ring("b", after="a")), "only the last"),
        ((Ring("a", after="a"),), "circle"),
    ],
)
def test_rings_that_are_no_chain_are_refused(rings: tuple[Ring, ...], sentence: str) -> None:
    with pytest.raises(InvalidCampaignError, match=sentence):
        definitions.check(definition(rings=rings))


def test_a_campaign_without_a_target_kpi_is_refused() -> None:
    with pytest.raises(InvalidCampaignError, match="target KPI"):
        definitions.check(definition(target_kpi=""))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = definition(target_kpi="", deadline=timedelta(0), blast_radius=0, holdout_percent=51, rings=())

    with pytest.raises(InvalidCampaignError) as refused:
        definitions.check(wrong)

    fields = [field for field, _ in refused.value.problems]
    assert fields == ["target_kpi", "deadline", "blast_radius", "holdout_percent", "rings"]


def test_a_group_post_cannot_keep_single_customers_back() -> None:
    with pytest.raises(InvalidCampaignError, match="cannot keep single customers back"):
        definitions.check(definition(channel=Channel.GROUP, holdout_percent=10))


def test_a_pilot_before_the_rest_is_a_valid_rollout() -> None:
    definitions.check(definition(rings=PILOT_THEN_REST, holdout_percent=10, blast_radius=1_000))
