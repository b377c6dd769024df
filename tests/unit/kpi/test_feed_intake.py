"""Deliveries of the bank's feeds: judged as a whole, published at once, refused with reasons that name no content."""

from datetime import date
from typing import Any

import pytest

from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.intake import Outcome
from tests.fakes.feed_bank import FeedBank, key_of, master_row, month_row

MARCH = "2027-03"
MONTHS = Feed.CUSTOMER_MONTHS
MASTER = Feed.BANK_CUSTOMERS


def test_a_delivery_becomes_a_version_and_measures_of_every_node_above_its_customers() -> None:
    bank = FeedBank()
    bank.deliver(MASTER, "2027-03-31", [master_row(1), master_row(2, "BJ01"), master_row(3, "20")])

    taken = bank.deliver(MONTHS, MARCH, [month_row(1, cards_bound=2), month_row(2, holdings=0), month_row(3, active=0)])

    assert (taken.outcome, taken.version, taken.rows, taken.reason) == (Outcome.PUBLISHED, 1, 3, "")
    assert len(bank.rows(MONTHS, MARCH)) == 3
    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert {node: found["aum_fen"] for node, found in nodes.items()} == {"1": 600, "10": 300, "12": 100, "20": 300}
    assert nodes["1"] == {
        "aum_fen": 600,
        "holdings": 2,
        "holding_customers": 2,
        "cards_bound": 2,
        "bound_customers": 1,
        "active_customers": 2,
        "mobile_active_customers": 0,
        "fact_customers": 3,
    }


def test_the_master_is_placed_in_the_organisation_by_branch_code_or_department() -> None:
    bank = FeedBank()
    bank.deliver(MASTER, "2027-03-31", [master_row(1, "BJ01"), master_row(2, "12"), master_row(3, "99")])

    assert sorted(bank.rows(MASTER, CURRENT, "node_id, node_path, owner_userid, tier")) == [
        ("10", "/1/10/", "rm01", "金卡"),
        ("12", "/1/10/12/", "rm01", "金卡"),
    ]
    told = bank.listed("2027-04")
    assert [each.rules for _, each in told] == [{"node: no node of the organisation has this code or id": 1}]


def test_the_same_delivery_twice_is_one_version() -> None:
    bank = FeedBank()
    first = bank.deliver(MONTHS, MARCH, [month_row(1)])
    again = bank.deliver(MONTHS, MARCH, [month_row(1)])
    later = bank.deliver(MONTHS, MARCH, [month_row(1)], "2027-04-02T05:00:00+08:00")

    assert again == first
    assert (later.outcome, later.version) == (Outcome.UNCHANGED, 1)


def test_a_correction_is_a_new_version_and_an_older_delivery_does_not_undo_it() -> None:
    bank = FeedBank()
    bank.deliver(MASTER, "2027-03-31", [master_row(1), master_row(2, "20")])
    bank.deliver(MONTHS, MARCH, [month_row(1), month_row(2)])
    corrected = bank.deliver(MONTHS, MARCH, [month_row(1, aum_fen=7), month_row(9)], "2027-04-02T05:00:00+08:00")
    late = bank.deliver(MONTHS, MARCH, [month_row(1), month_row(2)])

    assert (corrected.outcome, corrected.version) == (Outcome.PUBLISHED, 2)
    assert (late.outcome, late.version) == (Outcome.OUTDATED, 2)
    assert (key_of(1), 7) in bank.rows(MONTHS, MARCH, "customer_key, aum_fen")
    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert nodes["1"]["aum_fen"] == 7
    assert nodes["20"]["fact_customers"] == 0  # its only customer was taken out


def test_facts_that_came_before_the_first_master_are_measured_when_it_comes() -> None:
    bank = FeedBank()
    bank.deliver(MONTHS, MARCH, [month_row(1)])
    assert not bank.measures.stood

    bank.deliver(MASTER, "2027-03-31", [master_row(1)])

    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert nodes["12"]["aum_fen"] == 100


def test_every_period_that_came_before_the_first_master_is_measured_when_it_comes() -> None:
    bank = FeedBank()
    for month in ("2027-01", "2027-02", MARCH):
        bank.deliver(MONTHS, month, [month_row(1, month)])

    bank.deliver(MASTER, "2027-03-31", [master_row(1)])

    assert {day.isoformat() for day, _ in bank.measures.stood} == {"2027-01-31", "2027-02-28", "2027-03-31"}


def test_a_first_master_that_was_killed_and_overtaken_still_measures_what_came_before_it() -> None:
    bank = FeedBank()
    bank.deliver(MONTHS, MARCH, [month_row(1)])
    stand = bank.measures.stand
    bank.measures.stand = killed  # type: ignore[method-assign, assignment]
    with pytest.raises(TimeoutError):
        bank.deliver(MASTER, "2027-03-31", [master_row(1)])
    bank.measures.stand = stand  # type: ignore[method-assign]
    bank.deliver(MASTER, "2027-04-01", [master_row(1, "20")], "2027-04-02T08:00:00+08:00")

    bank.deliver(MASTER, "2027-03-31", [master_row(1)])

    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert set(nodes) == {"1", "10", "12"}


def killed(*_: object) -> None:
    raise TimeoutError


def test_a_later_master_does_not_move_the_figures_of_months_published_before() -> None:
    bank = FeedBank()
    bank.deliver(MASTER, "2027-03-31", [master_row(1)])
    bank.deliver(MONTHS, MARCH, [month_row(1)])
    bank.deliver(MASTER, "2027-04-01", [master_row(1, "20")], "2027-04-02T08:00:00+08:00")
    bank.deliver(MONTHS, MARCH, [month_row(1)])

    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert set(nodes) == {"1", "10", "12"}


def test_a_month_outranks_what_was_told_of_its_last_day() -> None:
    bank = FeedBank()
    bank.deliver(MASTER, "2027-03-31", [master_row(1)])
    bank.deliver(MONTHS, MARCH, [month_row(1)])
    day = {**month_row(1, aum_fen=3), "day": "2027-03-31"}
    del day["month"]
    bank.deliver(Feed.CUSTOMER_DAYS, "2027-03-31", [day])

    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert nodes["1"]["aum_fen"] == 100


def day_row(customer: int) -> dict[str, Any]:
    row = {**month_row(customer), "day": "2027-03-31"}
    del row["month"]
    return row


@pytest.mark.parametrize("month_first", [True, False])
def test_of_a_months_last_day_no_node_keeps_what_only_the_day_told(*, month_first: bool) -> None:
    """Its only customer of that day is not in the month's facts."""
    bank = FeedBank()
    bank.deliver(MASTER, "2027-03-31", [master_row(1), master_row(2, "20")])
    deliveries = [(MONTHS, MARCH, [month_row(1)]), (Feed.CUSTOMER_DAYS, "2027-03-31", [day_row(1), day_row(2)])]
    for delivery in deliveries if month_first else reversed(deliveries):
        bank.deliver(*delivery)

    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert nodes["1"]["fact_customers"] == 1
    assert nodes.get("20", {}).get("fact_customers", 0) == 0


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"aum_fen": -1}, "aum_fen: it must not be negative"),
        ({"aum_fen": 0, "active": 2}, "active: it must be 0 or 1"),
        ({"customer_key": "6222020200112233445"}, "customer_key: it must be a hash of 64"),
        ({"month": "2027-02"}, "month: it must be the manifest's period"),
        ({"month": "2027-03-31T16:00:00Z"}, "month: it must be the manifest's period"),
    ],
)
def test_a_row_that_cannot_be_used_is_quarantined_with_column_and_rule(broken: dict[str, object], rule: str) -> None:
    bank = FeedBank()
    rows = [month_row(1), month_row(2), {**month_row(3), **broken}]

    taken = bank.deliver(MONTHS, MARCH, rows)

    assert (taken.outcome, taken.rows, taken.quarantined) == (Outcome.PUBLISHED, 2, 1)
    report = bank.bucket.files[taken.report_key].decode()
    assert f"rows.csv,4,{rule}" in report.replace('"', "")
    assert str(broken.get("customer_key", "6222")) not in report
