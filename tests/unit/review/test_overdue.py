"""What nobody ended in time goes to head office by itself, once, and is counted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.review import model
from scrm.review.desk import Reviewer, ReviewRules
from scrm.review.errors import UnknownReviewCaseError
from scrm.review.model import Disposition, ReviewCase, ReviewState, Severity
from scrm.review.overdue import OverdueCases
from scrm.review.queries import CaseQuery
from tests.unit.review.test_desk import BRANCH, HEAD_OFFICE, LI, NOW, WU, Desk, hit, suspicion

HOUR = timedelta(hours=1)


@pytest.fixture
def at() -> Desk:
    return Desk()


def looking(at: Desk) -> OverdueCases:
    return OverdueCases(at.cases, lambda: at.rules, lambda: at.now)


def case_of(at: Desk, case_id: str) -> ReviewCase:
    found = at.cases.case(case_id)
    assert found is not None
    return found


def test_a_case_goes_to_head_office_a_day_after_its_time_and_not_before(at: Desk) -> None:
    case_id = at.opened()
    at.desk.claim(case_id, Reviewer(LI, BRANCH))

    at.now = NOW + timedelta(days=4) - HOUR
    early = looking(at).look()
    at.now += 2 * HOUR
    first, again = looking(at).look(), looking(at).look()

    assert (early.escalated, early.waiting, early.neglected) == (0, 1, 0)
    assert (first.escalated, again.escalated, again.waiting) == (1, 0, 1)
    case = case_of(at, case_id)
    assert (case.state, case.claimed_by, case.is_at_head_office) == (ReviewState.OPEN, "", True)
    assert (case.steps[-1].actor, case.steps[-1].action) == (model.BY_ITSELF, "handed_up")
    with pytest.raises(UnknownReviewCaseError):
        at.desk.visible(case_id, BRANCH)


def test_a_decision_that_waits_for_its_second_reviewer_waits_at_head_office(at: Desk) -> None:
    at.rules = ReviewRules(second_share=1.0)
    case_id = at.opened()
    at.desk.claim(case_id, Reviewer(LI, BRANCH))
    at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.VIOLATION, "x")
    at.now = NOW + timedelta(days=5)

    looking(at).look()

    assert case_of(at, case_id).state is ReviewState.DECIDED
    assert at.desk.confirm(case_id, Reviewer(WU, HEAD_OFFICE), "").is_closed


def test_what_head_office_leaves_as_well_is_neglected(at: Desk) -> None:
    at.opened()
    at.now = NOW + timedelta(days=5) + HOUR

    found = looking(at).look()

    assert (found.waiting, found.neglected) == (1, 1)


def test_a_bank_may_have_nothing_go_up_by_itself(at: Desk) -> None:
    at.rules = replace(ReviewRules(), escalate_after=None)
    case_id = at.opened()
    at.now = NOW + timedelta(days=30)

    found = looking(at).look()

    assert (found.escalated, found.waiting, found.neglected) == (0, 1, 1)
    assert not case_of(at, case_id).is_at_head_office


def test_closed_cases_and_those_in_time_are_left_and_the_next_time_is_told(at: Desk) -> None:
    closed = at.opened()
    at.desk.claim(closed, Reviewer(LI, BRANCH))
    at.desk.decide(closed, Reviewer(LI, BRANCH), Disposition.VIOLATION, "x")
    at.now = NOW + timedelta(days=10)
    at.desk.open_cases([suspicion("m2", hit(Severity.NOTICE))])

    found = looking(at).look()

    assert (found.escalated, found.waiting, found.next_due) == (0, 0, at.now + timedelta(days=7))
    assert [case.msgid for case in at.cases.listed(CaseQuery(BRANCH), None, 10).items] == ["m2"]
