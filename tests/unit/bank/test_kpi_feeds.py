"""The demo bank's KPI feeds: the intake takes them, and the planted truth is in them."""

from dataclasses import replace
from datetime import datetime
from statistics import mean

import pytest

from local.bank.kpi_feeds import HOLDING_COLUMNS, MASTER_COLUMNS, MONTH_COLUMNS, KpiBank, Truth, delivery
from local.bank.world import BankSize, bank_world
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.intake import FeedSettings, Outcome
from tests.fakes.feed_bank import FOLDER, FeedBank

WORLD = bank_world(BankSize(customers=300, rms=6, groups=6), seed=7)
BEFORE, AFTER = "2026-12", "2027-02"
AT = datetime.fromisoformat("2027-04-01T03:00:00+08:00")


@pytest.fixture(scope="module")
def bank() -> KpiBank:
    return KpiBank(WORLD, truth=Truth(effect_percent=25.0))


def test_the_intake_publishes_what_the_bank_delivers(bank: KpiBank) -> None:
    places = [(str(row["id"]), str(row["id"]), f"/1/{row['id']}/") for row in WORLD["departments"]]
    intake = FeedBank(settings=FeedSettings(), places=places)
    months = bank.month_rows(AFTER)
    for feed, period, rows in (
        (Feed.BANK_CUSTOMERS, "2027-03-31", bank.master_rows()),
        (Feed.CUSTOMER_MONTHS, AFTER, months),
        (Feed.PRODUCT_HOLDINGS, AFTER, bank.holding_rows(AFTER)),
    ):
        intake.bucket.files |= {
            f"{FOLDER}{name}": content for name, content in delivery(feed.value, period, rows, AT, "gb18030").items()
        }
        taken = intake.intake().take(f"{FOLDER}manifest.json", intake.moment)
        assert (taken.outcome, taken.quarantined, taken.reason) == (Outcome.PUBLISHED, 0, "")

    assert len(intake.rows(Feed.BANK_CUSTOMERS, CURRENT)) == 900
    ((_, (_, nodes)),) = intake.measures.stood.items()
    assert nodes["1"]["aum_fen"] == sum(int(row["aum_fen"]) for row in months)


def test_those_in_wecom_were_wealthier_before_and_gain_what_was_planted(bank: KpiBank) -> None:
    added = {account.customer_key for account in bank.accounts() if account.external_userid}

    def average(month: str, *, of_added: bool) -> float:
        rows = [row for row in bank.month_rows(month) if (row["customer_key"] in added) is of_added]
        return mean(int(row["aum_fen"]) for row in rows)

    assert average(BEFORE, of_added=True) > 1.2 * average(BEFORE, of_added=False)
    gained = average(AFTER, of_added=True) / average(BEFORE, of_added=True)
    grown = average(AFTER, of_added=False) / average(BEFORE, of_added=False)
    assert gained / grown == pytest.approx(1.25, abs=0.03)


def test_the_bank_links_most_but_not_all_of_them(bank: KpiBank) -> None:
    rows = [row for row in bank.master_rows() if row["external_userid"] or row["unionid"]]
    by_id = sum(1 for row in rows if row["external_userid"])

    assert 140 < by_id < 220
    assert by_id < len(rows) < 300


def test_the_same_seed_gives_the_same_files(bank: KpiBank) -> None:
    again = KpiBank(WORLD, truth=Truth(effect_percent=25.0))

    assert again.month_rows(AFTER) == bank.month_rows(AFTER)
    assert tuple(again.master_rows()[0]) == MASTER_COLUMNS
    assert tuple(again.month_rows(AFTER)[0]) == MONTH_COLUMNS
    assert tuple(again.holding_rows(AFTER)[0]) == HOLDING_COLUMNS


def test_who_was_added_since_is_known_by_his_id_and_has_the_effect(bank: KpiBank) -> None:
    (joining, *_) = [account for account in bank.accounts() if not account.external_userid]
    later = replace(bank, joined={joining.customer_key: "wmNEW"})

    (row,) = [row for row in later.master_rows() if row["customer_key"] == joining.customer_key]
    assert row["external_userid"] == "wmNEW"
    before, after = ({row["customer_key"]: row["aum_fen"] for row in one.month_rows(AFTER)} for one in (bank, later))
    assert int(after.pop(joining.customer_key)) == pytest.approx(int(before.pop(joining.customer_key)) * 1.25, abs=1)
    assert after == before
    alone = replace(later, truth=replace(later.truth, of_joined=True))
    untouched = replace(alone, truth=Truth(effect_percent=0.0))
    now, without = (
        {row["customer_key"]: row["aum_fen"] for row in one.month_rows(AFTER)} for one in (alone, untouched)
    )
    assert {key for key in now if now[key] != without[key]} == {joining.customer_key}
