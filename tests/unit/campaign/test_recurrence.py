"""Recurring campaigns: each start makes the next one, until the series ends or somebody has to look."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from scrm.campaign.model import Audience, Campaign, Every, Recurrence
from scrm.campaign.recurrence import following_id
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import CampaignState
from tests.fakes.campaigns import CHECKER, MAKER, NOW, Bank, definition

START = NOW + timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def bank() -> Bank:
    made = Bank()
    made.contents.valid_until = NOW + timedelta(days=400)
    return made


def series(bank: Bank, every: Every = Every.DAY, until: datetime = NOW + 90 * DAY) -> Campaign:
    return bank.scheduled(definition(recurrence=Recurrence(every, until)))


def begun(bank: Bank, campaign: Campaign) -> Campaign | None:
    """Start it; the next one of its series."""
    started = bank.latest(campaign)
    assert started.starts_at is not None
    bank.run.look(started.campaign_id, started.starts_at)
    return bank.campaigns.by_id.get(following_id(started))


def test_each_start_makes_the_next_campaign_with_the_same_approval(bank: Bank) -> None:
    first = series(bank)

    second = begun(bank, first)
    assert second is not None
    third = begun(bank, second)

    assert third is not None
    assert [one.starts_at for one in (first, second, third)] == [START, START + DAY, START + 2 * DAY]
    assert {one.series_id for one in (second, third)} == {first.campaign_id}
    assert second.state is CampaignState.SCHEDULED
    assert bank.latest(second).state is CampaignState.PLANNING
    assert third.review == first.review
    assert len({one.campaign_id for one in (first, second, third)}) == 3


def test_a_start_that_is_repeated_makes_one(bank: Bank) -> None:
    first = series(bank)
    bank.audiences.runs = 2
    begun(bank, first)
    assert len(bank.campaigns.by_id) == 1

    begun(bank, first)

    assert len(bank.campaigns.by_id) == 2


def test_a_series_ends_on_its_day_and_with_its_content(bank: Bank) -> None:
    last = series(bank, until=START + DAY / 2)
    assert begun(bank, last) is None

    other = Bank()
    other.contents.valid_until = START + DAY
    assert begun(other, series(other)) is None


def test_a_monthly_one_starts_on_the_same_day_over_the_end_of_the_year(bank: Bank) -> None:
    campaign = bank.approved(definition(recurrence=Recurrence(Every.MONTH, NOW + 90 * DAY)))
    at = datetime(2026, 12, 15, 2, 0, tzinfo=UTC)
    scheduled = bank.desk.schedule(campaign.campaign_id, at, MAKER, NOW)

    following = begun(bank, scheduled)

    assert following is not None
    assert following.starts_at == datetime(2027, 1, 15, 2, 0, tzinfo=UTC)


def test_a_monthly_one_does_not_start_on_a_day_that_some_months_lack(bank: Bank) -> None:
    campaign = bank.approved(definition(recurrence=Recurrence(Every.MONTH, NOW + 90 * DAY)))

    with pytest.raises(CampaignRefusedError, match="28th"):
        bank.desk.schedule(campaign.campaign_id, datetime(2026, 11, 30, 2, 0, tzinfo=UTC), MAKER, NOW)


def test_a_series_whose_audience_moved_waits_for_a_person(bank: Bank) -> None:
    second = begun(bank, series(bank))
    assert second is not None
    bank.audiences.members["rm_new"] = [f"wm_new_{number}" for number in range(30)]

    third = begun(bank, second)

    assert third is None
    assert bank.latest(second).state is CampaignState.DRAFT


def test_a_recall_ends_the_series(bank: Bank) -> None:
    first = series(bank)
    second = begun(bank, first)
    assert second is not None

    bank.desk.recall(first.campaign_id, "wrong rate", CHECKER, START)

    assert bank.latest(second).state is CampaignState.RECALLED
    assert begun(bank, second) is None


def test_a_recall_while_the_audience_is_frozen_ends_the_series_too(bank: Bank) -> None:
    first = series(bank)
    freeze = bank.audiences.freeze

    def recalled_meanwhile(campaign: Campaign, at: datetime, has_time: Callable[[], bool]) -> Audience | None:
        bank.desk.recall(first.campaign_id, "wrong rate", CHECKER, START)
        return freeze(campaign, at, has_time)

    bank.audiences.freeze = recalled_meanwhile  # type: ignore[method-assign]
    second = begun(bank, first)

    assert second is None
    assert bank.latest(first).state is CampaignState.RECALLED


def test_a_recall_ends_the_series_also_when_the_next_one_is_paused_or_has_begun(bank: Bank) -> None:
    first = series(bank)
    second = begun(bank, first)
    assert second is not None
    third = begun(bank, second)
    assert third is not None
    bank.desk.pause(third.campaign_id, "wait", MAKER, START)

    bank.desk.recall(first.campaign_id, "wrong rate", CHECKER, START + DAY)

    assert bank.latest(second).state is CampaignState.PLANNING
    assert bank.latest(third).state is CampaignState.RECALLED
