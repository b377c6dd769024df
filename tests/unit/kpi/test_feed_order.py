"""Which delivery of a period is in force: what the bank made last, in whatever order and however often it is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.intake import FeedBusyError, FeedSettings, Outcome
from tests.fakes.feed_bank import FOLDER, PLACES, FeedBank, master_row, month_row

MARCH = "2027-03"
MONTHS = Feed.CUSTOMER_MONTHS
MASTER = Feed.BANK_CUSTOMERS
FIRST, CORRECTED = [month_row(1)], [month_row(1, aum_fen=7)]
SAID = (("2027-04-02T01:00:00Z", FIRST), ("2027-04-02T01:10:00Z", CORRECTED), ("2027-04-02T01:20:00Z", FIRST))
"""A correction, and that it was none."""
BACK = SAID[2]


@pytest.fixture
def bank() -> FeedBank:
    bank = FeedBank()
    bank.moment = bank.moment.replace(hour=9)
    return bank


def amounts(bank: FeedBank) -> list[tuple[int]]:
    return bank.rows(MONTHS, MARCH, "aum_fen")


def test_a_correction_that_is_taken_back_is_no_longer_in_force(bank: FeedBank) -> None:
    first, corrected, back = [bank.deliver(MONTHS, MARCH, rows, at) for at, rows in SAID]

    assert (first.version, corrected.version, back.outcome, back.version) == (1, 2, Outcome.PUBLISHED, 3)
    assert amounts(bank) == [(100,)]


@pytest.mark.parametrize("arrival", [*permutations(SAID), (*SAID, *reversed(SAID)), (*SAID[::-1], *SAID)])
def test_what_the_bank_said_last_is_in_force_in_whatever_order_it_arrives(
    arrival: Sequence[tuple[str, list[dict[str, object]]]], bank: FeedBank
) -> None:
    for at, rows in arrival:
        bank.deliver(MONTHS, MARCH, rows, at)

    assert amounts(bank) == [(100,)]


def test_the_same_files_said_again_later_stay_the_version_that_they_are(bank: FeedBank) -> None:
    bank.deliver(MONTHS, MARCH, FIRST, SAID[0][0])
    again = [bank.deliver(MONTHS, MARCH, FIRST, BACK[0]) for _ in range(3)]
    late = bank.deliver(MONTHS, MARCH, CORRECTED, SAID[1][0])

    assert {(each.outcome, each.version) for each in again} == {(Outcome.UNCHANGED, 1)}
    assert (late.outcome, late.version) == (Outcome.OUTDATED, 1)
    assert len([key for key in bank.bucket.files if key.startswith("kpi/customer_months/")]) == 1
    latest = bank.versions.latest(MONTHS, MARCH)
    assert latest is not None
    assert latest.delivered_at.isoformat() == "2027-04-02T01:20:00+00:00"


def test_a_version_after_files_said_again_is_numbered_on_and_found(bank: FeedBank) -> None:
    bank.deliver(MASTER, "2027-03-31", [master_row(1)], "2027-04-02T01:00:00Z")
    bank.deliver(MASTER, "2027-03-31", [master_row(1)], "2027-04-02T01:10:00Z")
    moved = bank.deliver(MASTER, "2027-04-01", [master_row(1, "20")], "2027-04-02T01:20:00Z")
    bank.deliver(MONTHS, MARCH, FIRST, "2027-04-02T01:30:00Z")

    assert (moved.outcome, moved.version) == (Outcome.PUBLISHED, 3)
    assert bank.rows(MASTER, CURRENT, "node_id") == [("20",)]
    ((_, (_, nodes)),) = bank.measures.stood.items()
    assert set(nodes) == {"1", "20"}


def test_a_time_finer_than_a_millisecond_does_not_make_a_repeat_later_than_itself(bank: FeedBank) -> None:
    bank.deliver(MONTHS, MARCH, FIRST, "2027-04-02T01:00:00.000123Z")
    for _ in range(3):
        bank.deliver(MONTHS, MARCH, FIRST, "2027-04-02T01:20:00.000456Z")

    latest = bank.versions.latest(MONTHS, MARCH)
    assert latest is not None
    assert (latest.version, latest.said_again) == (1, 1)


def test_files_said_again_while_a_correction_is_published_are_looked_at_anew(bank: FeedBank) -> None:
    bank.deliver(MONTHS, MARCH, FIRST, SAID[0][0])
    first = bank.versions.latest(MONTHS, MARCH)
    assert first is not None
    publish = bank.versions.publish
    correction = replace(first, version=2, delivery_id="other", content_id="other")

    class FasterCorrection:
        """Published in the moment before the number is taken."""

        latest = bank.versions.latest
        of_version = bank.versions.of_version
        periods = bank.versions.periods
        latest_period = bank.versions.latest_period

        def publish(self, publication: Any) -> bool:
            publish(correction)
            return publish(publication)

    intake = bank.intake
    bank.intake = lambda: replace(intake(), publications=FasterCorrection())  # type: ignore[method-assign]
    with pytest.raises(FeedBusyError):
        bank.deliver(MONTHS, MARCH, FIRST, BACK[0])

    assert intake().take(f"{FOLDER}manifest.json", bank.moment).version == 3
    assert amounts(bank) == [(100,)]


def test_files_of_which_rows_were_left_out_are_judged_anew_by_what_holds_now(bank: FeedBank) -> None:
    """The bank's files were right, and the organisation or a setting was not."""
    rows = [master_row(1), master_row(2), master_row(3, "BJ02")]
    bank.deliver(MASTER, "2027-03-31", rows, "2027-04-02T01:00:00Z")
    bank.places = (*PLACES, ("BJ02", "20", "/1/20/"))

    again = bank.deliver(MASTER, "2027-03-31", rows, "2027-04-02T01:10:00Z")

    assert (again.outcome, again.version, again.rows, again.quarantined) == (Outcome.PUBLISHED, 2, 3, 0)


def test_an_outdated_delivery_is_not_told_with_the_rows_of_the_version_that_outdated_it(bank: FeedBank) -> None:
    bank.settings = FeedSettings(bad_percent=60)
    bank.deliver(MONTHS, MARCH, [month_row(1), month_row(2, active=7)], BACK[0])

    late = bank.deliver(MONTHS, MARCH, FIRST, SAID[0][0])

    assert (late.outcome, late.version) == (Outcome.OUTDATED, 1)
    assert (late.rows, late.quarantined, late.report_key, dict(late.rules)) == (0, 0, "", {})


def test_what_was_published_stays_listed_so_when_it_is_told_again_after_its_correction(bank: FeedBank) -> None:
    bank.deliver(MONTHS, MARCH, FIRST, SAID[0][0])
    told_at = bank.moment
    bank.moment += timedelta(minutes=30)
    bank.deliver(MONTHS, MARCH, CORRECTED, SAID[1][0])
    bank.moment = told_at

    again = bank.deliver(MONTHS, MARCH, FIRST, SAID[0][0])

    assert again.outcome is Outcome.OUTDATED
    assert [(found.outcome, found.version) for _, found in bank.listed("2027-04")] == [
        (Outcome.PUBLISHED, 2),
        (Outcome.PUBLISHED, 1),
    ]
