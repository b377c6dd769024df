"""Seats and answers: who is archived, in whatever order it is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive.coverage import Answer, ArchiveConsent, Coverage, SeatChange
from tests.fakes.coverage import FakeCoverageStore

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def said(consent: ArchiveConsent, minutes: int = 0, customer: str = "wmA1", member: str = "rm_li") -> Answer:
    return Answer(member, customer, consent, NOW + timedelta(minutes=minutes))


YES, NO = ArchiveConsent.AGREED, ArchiveConsent.REFUSED


@pytest.fixture
def coverage() -> Coverage:
    return Coverage(FakeCoverageStore())


def test_a_member_without_a_seat_is_archived_with_nobody(coverage: Coverage) -> None:
    assert coverage.not_archived("rm_li", ["wmA1", "wmB2"]) == {"wmA1": "not_archived", "wmB2": "not_archived"}


def test_a_customer_who_refused_is_not_archived_with_that_member_alone(coverage: Coverage) -> None:
    coverage.take_over(["RM_Li", "rm_wu"], NOW)
    coverage.hear(said(NO, member="RM_Li"))

    assert coverage.not_archived("rm_li", ["wmA1", "wmB2"]) == {"wmA1": "archive_refused"}
    assert coverage.not_archived("rm_wu", ["wmA1", "wmB2"]) == {}


def test_the_list_of_seats_gives_and_takes(coverage: Coverage) -> None:
    assert coverage.take_over(["rm_li", "rm_wu"], NOW) == SeatChange(2, 0)
    coverage.hear(said(NO))
    assert coverage.take_over(["rm_wu", "rm_he"], NOW) == SeatChange(1, 1)
    assert coverage.take_over(["rm_li"], NOW) == SeatChange(1, 2)
    assert coverage.not_archived("rm_li", ["wmA1"]) == {"wmA1": "archive_refused"}


@given(
    answers=st.lists(
        st.builds(said, st.sampled_from([YES, NO]), st.integers(0, 3), st.sampled_from(["wmA1", "wmB2"])), max_size=5
    )
)
def test_the_latest_answer_stands_in_whatever_order_it_is_told(answers: list[Answer]) -> None:
    found = set()
    for order in list(permutations(answers))[:24]:
        store = FakeCoverageStore()
        store.give_seat("rm_li", NOW)
        for answer in (*order, *order[:2]):
            Coverage(store).hear(answer)
        found.add(frozenset(store.members["rm_li"].refused))

    expected = {
        customer
        for customer in ("wmA1", "wmB2")
        if (told := [each for each in answers if each.external_userid == customer])
        and NO in {each.consent for each in told if each.at == max(each.at for each in told)}
    }
    assert found == {frozenset(expected)}


def test_two_answers_heard_at_once_end_as_the_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    store = FakeCoverageStore()
    coverage = Coverage(store)
    mark: Callable[[Answer], None] = store.mark

    def later_one_comes_between(answer: Answer) -> None:
        monkeypatch.setattr(store, "mark", mark)
        coverage.hear(said(YES, minutes=1))
        mark(answer)

    monkeypatch.setattr(store, "mark", later_one_comes_between)

    assert coverage.hear(said(NO)) is False
    assert store.members["rm_li"].refused == frozenset()
