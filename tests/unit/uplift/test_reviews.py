"""A review is registered, waits for what it reads, runs once; a corrected month is told beside what was told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.touches import TouchDays
from scrm.aws.uplift_documents import TermsChangedError
from scrm.runtime.uplift_joins import BankSources
from scrm.uplift import sums
from scrm.uplift.reviews import Review, ReviewState
from scrm.uplift.terms import InvalidTermsError, ReviewKind, ReviewTerms, Stratum
from tests.fakes.uplift_bank import UpliftBank, generate, people_in_wecom
from tests.fakes.uplift_reviews import ReviewedBank

TERMS = ReviewTerms(
    "pilot", ReviewKind.ADDED, "1", "/1/", ("aum_fen", "holdings"), date(2027, 3, 1), date(2027, 3, 31), months_before=2
)
BEFORE = datetime(2027, 2, 20, 2, 0, tzinfo=UTC)
BEGUN = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)
DUE = datetime(2027, 5, 1, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> UpliftBank:
    return generate(TERMS, 900, 3)


@pytest.fixture
def bank(rows: UpliftBank) -> ReviewedBank:
    found = ReviewedBank()
    found.publish_customers(rows.customers_before)
    for month in TERMS.months_of_level:
        found.publish_month(month, rows.months[month])
    found.keep_relations(date(2027, 3, 31), rows.relations_before)
    found.keep_relations(date(2027, 4, 29), rows.relations)
    return found


def run(bank: ReviewedBank, now: datetime) -> Review:
    bank.runs.run_due(now, lambda: True)
    [found] = bank.store.all()
    return found


def done(bank: ReviewedBank, rows: UpliftBank) -> Review:
    bank.desk.register(TERMS, "operator:a", BEFORE)
    run(bank, BEGUN)
    bank.publish_customers(rows.customers)
    bank.publish_month(TERMS.month_after, rows.months[TERMS.month_after])
    return run(bank, DUE)


def test_the_month_that_answers_is_the_one_thirty_days_later() -> None:
    assert (TERMS.month_after, TERMS.due_on, TERMS.months_of_level) == (
        "2027-04",
        date(2027, 5, 1),
        ("2027-01", "2027-02"),
    )
    ends_late = replace(TERMS, last=date(2027, 12, 15))
    assert (ends_late.month_after, ends_late.due_on) == ("2028-01", date(2028, 2, 1))


def test_terms_that_contradict_each_other_name_the_field() -> None:
    twice = (Stratum.TIER, Stratum.TIER)
    for changed in (
        {"kpis": ("wealth",)},
        {"months_before": 1},
        {"last": date(2027, 2, 1)},
        {"campaign_id": "c"},
        {"first": date(1, 1, 1)},
        {"last": date(9999, 12, 31)},
        {"strata": twice},
        {"segments": twice},
    ):
        with pytest.raises(InvalidTermsError) as refused:
            replace(TERMS, **changed)
        assert refused.value.field in changed


def test_the_same_terms_are_the_same_review(bank: ReviewedBank) -> None:
    first = bank.desk.register(TERMS, "operator:a", BEFORE)
    again = bank.desk.register(TERMS, "operator:b", BEGUN)

    assert again == first
    assert bank.documents.terms(first.terms_sha256) == TERMS
    assert not first.is_late


def test_of_two_who_register_the_same_at_once_both_have_the_same_review(
    bank: ReviewedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, find = bank.desk.register(TERMS, "operator:b", BEFORE), bank.store.find
    too_early: Iterator[None] = iter([None])
    monkeypatch.setattr(bank.store, "find", lambda review_id: next(too_early, find(review_id)))

    assert bank.desk.register(TERMS, "operator:a", BEFORE) == first


def test_who_is_alike_is_decided_by_the_customers_of_the_day_on_which_the_window_begins(
    bank: ReviewedBank, rows: UpliftBank
) -> None:
    found = done(bank, rows)

    inputs = bank.documents.inputs(found.review_id, 1)
    assert inputs.customers_before.startswith("version=1-")
    assert inputs.customers.startswith("version=2-")


def test_a_review_that_is_due_says_what_it_waits_for(bank: ReviewedBank) -> None:
    bank.desk.register(TERMS, "operator:a", BEFORE)

    waiting = run(bank, DUE)

    assert (waiting.state, waiting.versions) == (ReviewState.REGISTERED, 0)
    assert waiting.waits_for == "the customers' facts of 2027-04 have not been published"


def test_a_result_stays_until_a_month_is_corrected_and_then_stays_beside_the_new_one(
    bank: ReviewedBank, rows: UpliftBank
) -> None:
    found = done(bank, rows)
    first = bank.documents.result(found.review_id, 1)
    bank.publish_customers(rows.customers[:10])  # tomorrow's master is nothing to a result

    assert run(bank, DUE + timedelta(days=1)).versions == 1
    doubled = [row | {"aum_fen": row["aum_fen"] * 2} for row in rows.months[TERMS.month_after]]
    bank.publish_month(TERMS.month_after, doubled)
    assert run(bank, DUE + timedelta(days=2)).versions == 2

    second = bank.documents.result(found.review_id, 2)
    assert bank.documents.result(found.review_id, 1) == first
    assert second["inputs"]["months"] != first["inputs"]["months"]
    assert {**second["inputs"], "months": {}} == {**first["inputs"], "months": {}}
    assert [action for _, action, _ in bank.journal.told_of] == ["registered", "ran", "ran"]


def test_a_result_can_be_made_again_from_what_it_read(bank: ReviewedBank, rows: UpliftBank) -> None:
    found = done(bank, rows)
    first = bank.documents.result(found.review_id, 1)
    bank.publish_customers([])

    again = bank.sources.sums(TERMS, bank.documents.inputs(found.review_id, 1))

    [told] = [one for one in first["findings"] if one["kpi"] == "aum_fen"]
    assert again.customers["added"] == first["customers"]["added"]
    assert sum(row.moments.n for row in again.by_kpi["aum_fen"] if row.arm == "added") == told["treated"]


def test_a_result_says_how_many_are_in_wecom_and_not_recognised(bank: ReviewedBank, rows: UpliftBank) -> None:
    found = done(bank, rows)

    told = bank.documents.result(found.review_id, 1)["in_wecom"]
    wanted = [known for _, is_beneath, known, _ in people_in_wecom(rows, TERMS) if is_beneath]
    assert (told["people"], told["unlinked"]) == (len(wanted), wanted.count(False))
    assert told["share"] == told["unlinked"] / told["people"] > 0


def test_a_run_that_dies_before_it_says_so_does_the_same_again(bank: ReviewedBank, rows: UpliftBank) -> None:
    found = done(bank, rows)
    first = bank.documents.result(found.review_id, 1)
    before = replace(found, state=ReviewState.REGISTERED, versions=0, ran_at=None)
    bank.store.stored[found.review_id] = before

    again = run(bank, DUE + timedelta(hours=1))

    assert again.versions == 1
    assert bank.documents.result(found.review_id, 1) == first


def test_small_segments_tell_no_percentage_and_everybody_left_out_is_counted(
    bank: ReviewedBank, rows: UpliftBank
) -> None:
    found = done(bank, rows)

    result = bank.documents.result(found.review_id, 1)
    assert set(result["left_out"]) == {"before", "later", "lost"}
    assert sum(result["customers"].values()) + sum(result["left_out"].values()) == len(rows.customers)
    for row in bank.documents.segments(found.review_id, 1):
        assert (row["naive"] is None) == (row["verdict"] == "insufficient")
        assert row["treated"] < 200


def test_a_review_registered_when_its_answer_is_known_says_so(bank: ReviewedBank) -> None:
    assert bank.desk.register(TERMS, "operator:a", DUE).is_late


def test_a_review_that_asks_for_too_much_says_so_and_keeps_no_other_waiting(
    bank: ReviewedBank, rows: UpliftBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "MOST_ROWS", 60)  # as if the bank were larger
    large = bank.desk.register(TERMS, "operator:a", BEFORE)
    small = bank.desk.register(replace(TERMS, strata=(), segments=(), bands=2), "operator:a", BEFORE)
    bank.runs.run_due(BEGUN, lambda: True)
    bank.publish_month(TERMS.month_after, rows.months[TERMS.month_after])

    ran = bank.runs.run_due(DUE, lambda: True)

    assert (ran.results, ran.waiting) == (1, 1)
    assert bank.desk.find(small.review_id).versions == 1
    assert "too many cells" in bank.desk.find(large.review_id).waits_for


def test_a_review_whose_terms_were_changed_in_storage_stops_no_other(bank: ReviewedBank, rows: UpliftBank) -> None:
    asked = [bank.desk.register(replace(TERMS, name=name), "operator:a", BEFORE) for name in ("一", "二", "三")]
    broken, *others = sorted(asked, key=lambda one: one.review_id)
    bank.runs.run_due(BEGUN, lambda: True)
    bank.publish_month(TERMS.month_after, rows.months[TERMS.month_after])
    bank.bucket.put(f"uplift/terms/{broken.terms_sha256}.json", b"{}", "application/json")

    with pytest.raises(TermsChangedError):
        bank.runs.run_due(DUE, lambda: True)

    assert [bank.desk.find(one.review_id).versions for one in (broken, *others)] == [0, 1, 1]


def test_a_bank_that_the_engine_does_not_hold_is_told_so_with_what_to_do(bank: ReviewedBank, rows: UpliftBank) -> None:
    small = DuckDbEngine(bank.bucket, most_bytes=1_000)
    runs = replace(bank.runs, sources=BankSources(bank.bucket, bank.feeds, TouchDays(bank.bucket, small), small))
    asked = bank.desk.register(TERMS, "operator:a", BEFORE)
    runs.run_due(BEGUN, lambda: True)
    bank.publish_month(TERMS.month_after, rows.months[TERMS.month_after])

    ran = runs.run_due(DUE, lambda: True)

    assert (ran.results, ran.waiting) == (0, 1)
    assert "fewer months before, or have Athena" in bank.desk.find(asked.review_id).waits_for
