"""Review cases: one a message, decided in time, by two people where it matters."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scrm.review import model
from scrm.review.desk import ReviewDesk, Reviewer, ReviewRules, Suspicion
from scrm.review.errors import (
    CaseChangedError,
    ReviewError,
    ReviewNotAllowedError,
    StaleReviewCaseError,
    UnknownReviewCaseError,
)
from scrm.review.model import Disposition, Hit, ReviewCase, ReviewKind, ReviewState, Severity
from scrm.review.ports import EntryVerdicts
from tests.fakes.review import FakeReviewCases

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
BRANCH, HEAD_OFFICE = "/1/10/", "/1/"
LI, WU, HEAD = "operator:li", "operator:wu", "operator:head"
ALWAYS_TWO = ReviewRules(second_share=1.0)
NEVER_TWO = ReviewRules(second_for=frozenset(), second_share=0.0)


def hit(severity: Severity = Severity.WARNING, entry_id: str = "lex_1") -> Hit:
    return Hit(entry_id, "保本", 0, 2, 4, severity)


def suspicion(msgid: str = "m1", *hits: Hit, kind: ReviewKind = ReviewKind.COMPLIANCE) -> Suspicion:
    return Suspicion(kind, msgid, "2026-11-26.07.1000.1003", "conv_1", "rm_li", "/1/10/12/", hits or (hit(),), 7)


class Desk:
    def __init__(self) -> None:
        self.cases = FakeReviewCases()
        self.now = NOW
        self.rules = NEVER_TWO
        self.desk = ReviewDesk(self.cases, lambda: self.rules, lambda: self.now)

    def opened(self, *hits: Hit, kind: ReviewKind = ReviewKind.COMPLIANCE) -> str:
        self.desk.open_cases([suspicion("m1", *hits, kind=kind)])
        return model.case_id_of(kind, "m1")


@pytest.fixture
def at() -> Desk:
    return Desk()


def test_a_case_keeps_so_many_hits_as_its_item_can_hold_the_severest_and_each_entry_before_others(at: Desk) -> None:
    many = [hit(entry_id=f"lex_{number % 3}") for number in range(5_000)]
    last = hit(Severity.SERIOUS, "lex_9")

    case_id = at.opened(*many, last)

    kept = at.cases.stored[case_id]
    assert (len(kept.hits), kept.severity, kept.hits[-1]) == (model.MOST_HITS, Severity.SERIOUS, last)
    assert {each.entry_id for each in kept.hits} == {"lex_0", "lex_1", "lex_2", "lex_9"}


def test_a_message_has_one_case_however_often_it_is_told(at: Desk) -> None:
    assert at.desk.open_cases([suspicion(), suspicion()]) == 1
    assert at.desk.open_cases([suspicion()]) == 0


def test_a_case_is_due_by_its_severest_hit_and_lies_at_the_members_branch(at: Desk) -> None:
    case = at.cases.case(at.opened(hit(Severity.NOTICE), hit(Severity.SERIOUS)))

    assert case is not None
    assert (case.severity, case.due_at, case.desk_path) == (Severity.SERIOUS, NOW + timedelta(days=1), BRANCH)


def test_one_reviewer_closes_a_case_that_needs_no_second(at: Desk) -> None:
    case_id = at.opened()

    at.desk.claim(case_id, Reviewer(LI, BRANCH))
    case = at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.VIOLATION, "承诺保本")

    assert (case.state, case.closed_at, case.decided_by) == (ReviewState.CLOSED, NOW, LI)
    assert [step.action for step in case.steps] == ["claimed", "decided:violation"]


def test_a_serious_case_has_two_reviewers_and_never_one_twice(at: Desk) -> None:
    at.rules = ReviewRules(second_share=0.0)
    case_id = at.opened(hit(Severity.SERIOUS))
    at.desk.claim(case_id, Reviewer(LI, BRANCH))

    waiting = at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.FALSE_POSITIVE, "引用监管原文")

    assert waiting.state is ReviewState.DECIDED
    with pytest.raises(ReviewNotAllowedError, match="not its second reviewer"):
        at.desk.confirm(case_id, Reviewer(LI, BRANCH), "")
    assert at.desk.confirm(case_id, Reviewer(WU, BRANCH), "").is_closed


def test_a_second_reviewer_who_disagrees_opens_the_case_again(at: Desk) -> None:
    at.rules = ALWAYS_TWO
    case_id = at.opened()
    at.desk.claim(case_id, Reviewer(LI, BRANCH))
    at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.FALSE_POSITIVE, "误报")

    case = at.desk.send_back(case_id, Reviewer(WU, BRANCH), "不是误报")

    assert (case.state, case.disposition, case.claimed_by, case.decided_by) == (ReviewState.OPEN, None, "", "")
    assert at.cases.verdicts(7) == []


def test_an_escalated_case_is_head_offices_and_out_of_the_branches_sight(at: Desk) -> None:
    case_id = at.opened()
    at.desk.claim(case_id, Reviewer(LI, BRANCH))

    at.desk.escalate(case_id, Reviewer(LI, BRANCH), "涉及行长")

    with pytest.raises(UnknownReviewCaseError):
        at.desk.visible(case_id, BRANCH)
    assert at.desk.claim(case_id, Reviewer(WU, HEAD_OFFICE)).claimed_by == WU
    with pytest.raises(ReviewNotAllowedError, match="at head office already"):
        at.desk.escalate(case_id, Reviewer(WU, HEAD_OFFICE), "再上报")


def test_another_branch_does_not_see_the_case(at: Desk) -> None:
    with pytest.raises(UnknownReviewCaseError):
        at.desk.claim(at.opened(), Reviewer(LI, "/1/20/"))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda desk, case_id: desk.claim(case_id, Reviewer(WU, BRANCH)),
        lambda desk, case_id: desk.release(case_id, Reviewer(WU, BRANCH), ""),
        lambda desk, case_id: desk.decide(case_id, Reviewer(WU, BRANCH), Disposition.VIOLATION, "x"),
        lambda desk, case_id: desk.escalate(case_id, Reviewer(WU, BRANCH), "x"),
        lambda desk, case_id: desk.confirm(case_id, Reviewer(WU, BRANCH), ""),
        lambda desk, case_id: desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.VIOLATION, "  "),
        lambda desk, case_id: desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.CLEAN, "x"),
        lambda desk, case_id: desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.VIOLATION, "长" * 2_001),
    ],
)
def test_what_is_not_allowed_changes_nothing(at: Desk, attempt: Callable[[ReviewDesk, str], object]) -> None:
    case_id = at.opened()
    before = at.desk.claim(case_id, Reviewer(LI, BRANCH))

    with pytest.raises(ReviewNotAllowedError):
        attempt(at.desk, case_id)

    assert at.desk.visible(case_id, BRANCH) == replace(before, version=2)


def test_a_complaint_has_its_own_time_and_is_upheld_or_not(at: Desk) -> None:
    case_id = at.opened(hit(Severity.NOTICE), kind=ReviewKind.COMPLAINT)
    at.desk.claim(case_id, Reviewer(LI, BRANCH))

    case = at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.NOT_UPHELD, "已按合同办理")

    assert case.due_at == NOW + timedelta(days=15)
    assert (case.is_closed, at.cases.verdicts(7)) == (True, [EntryVerdicts("lex_1", 7, 1, 0)])


def test_what_changed_since_it_was_seen_is_not_decided(at: Desk) -> None:
    case_id = at.opened()
    seen = at.desk.visible(case_id, BRANCH).version
    at.desk.claim(case_id, Reviewer(LI, BRANCH, seen))

    with pytest.raises(CaseChangedError):
        at.desk.decide(case_id, Reviewer(LI, BRANCH, seen), Disposition.VIOLATION, "x")
    assert at.desk.decide(case_id, Reviewer(LI, BRANCH, seen + 1), Disposition.VIOLATION, "x").is_closed


def test_a_case_goes_to_somebody_else_with_a_reason_until_it_is_decided(at: Desk) -> None:
    case_id = at.opened()
    at.desk.claim(case_id, Reviewer(LI, BRANCH))

    case = at.desk.reassign(case_id, Reviewer(HEAD, HEAD_OFFICE), WU, "休假")

    assert (case.state, case.claimed_by, case.steps[-1].action) == (ReviewState.CLAIMED, WU, f"reassigned:{WU}")
    with pytest.raises(ReviewNotAllowedError, match="claim it first"):
        at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.VIOLATION, "x")
    at.desk.decide(case_id, Reviewer(WU, BRANCH), Disposition.VIOLATION, "x")
    with pytest.raises(ReviewNotAllowedError, match="is decided"):
        at.desk.reassign(case_id, Reviewer(HEAD, HEAD_OFFICE), LI, "休假")


def test_every_step_of_a_person_is_told_and_a_repeat_is_not(at: Desk) -> None:
    told: list[tuple[str, str, int]] = []

    class Journal:
        def told(self, case: ReviewCase, actor: str, _at: datetime) -> None:
            told.append((actor, case.steps[-1].action, case.version))

    at.desk = replace(at.desk, journal=Journal())
    case_id = at.opened()
    at.desk.claim(case_id, Reviewer(LI, BRANCH))
    at.desk.claim(case_id, Reviewer(LI, BRANCH))
    at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.VIOLATION, "x")

    assert told == [(LI, "claimed", 2), (LI, "decided:violation", 3)]


def test_claiming_twice_is_once(at: Desk) -> None:
    case_id = at.opened()

    assert at.desk.claim(case_id, Reviewer(LI, BRANCH)).steps == at.desk.claim(case_id, Reviewer(LI, BRANCH)).steps


def test_verdicts_count_each_entry_once_when_a_case_is_closed(at: Desk) -> None:
    case_id = at.opened(hit(), hit(), hit(entry_id="lex_2"))
    at.desk.claim(case_id, Reviewer(LI, BRANCH))
    at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.FALSE_POSITIVE, "误报")

    assert at.cases.verdicts(7) == [EntryVerdicts("lex_1", 7, 0, 1), EntryVerdicts("lex_2", 7, 0, 1)]


def test_an_overdue_case_is_found_until_it_is_closed(at: Desk) -> None:
    case_id = at.opened()
    later = NOW + timedelta(days=3, seconds=1)
    assert at.cases.overdue_at_branches(later, 10) == [case_id]
    assert at.cases.overdue_at_branches(NOW, 10) == []

    at.desk.claim(case_id, Reviewer(LI, BRANCH))
    at.desk.decide(case_id, Reviewer(LI, BRANCH), Disposition.JUSTIFIED, "已获批准的话术")

    assert at.cases.overdue_at_branches(later, 10) == []


def test_a_write_by_somebody_faster_is_seen_and_not_lost(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = at.opened()
    monkeypatch.setattr(at.cases, "save", lambda *_: False)

    with pytest.raises(StaleReviewCaseError):
        at.desk.claim(case_id, Reviewer(LI, BRANCH))


def test_samples_and_second_reviews_are_chosen_by_share_and_always_the_same() -> None:
    rules = ReviewRules(sample_share=0.05, salt="bank")
    chosen = [number for number in range(4_000) if rules.is_sample(f"m{number}")]

    assert 150 <= len(chosen) <= 250
    assert chosen == [number for number in range(4_000) if rules.is_sample(f"m{number}")]
    assert chosen != [number for number in range(4_000) if replace(rules, salt="other").is_sample(f"m{number}")]


class AnyOrder(RuleBasedStateMachine):
    """Whatever people do in whatever order, a closed case was decided, by two people where two are needed."""

    def __init__(self) -> None:
        super().__init__()
        self.at = Desk()
        self.at.rules = ReviewRules(second_share=0.0)

    def _try(self, attempt: Callable[[], object]) -> None:
        try:
            attempt()
        except ReviewError:
            return

    def _case(self) -> ReviewCase | None:
        return self.at.cases.case(model.case_id_of(ReviewKind.COMPLIANCE, "m1"))

    @rule(severity=st.sampled_from(Severity))
    @precondition(lambda self: self._case() is None)
    def open(self, severity: Severity) -> None:
        self.at.opened(hit(severity))

    @rule(
        step=st.sampled_from(["claim", "release", "escalate", "decide", "confirm", "send_back"]),
        actor=st.sampled_from([LI, WU]),
        disposition=st.sampled_from(Disposition),
        node=st.sampled_from([BRANCH, HEAD_OFFICE, "/1/20/"]),
    )
    @precondition(lambda self: self._case() is not None)
    def act(self, step: str, actor: str, disposition: Disposition, node: str) -> None:
        desk, case_id = self.at.desk, model.case_id_of(ReviewKind.COMPLIANCE, "m1")
        more = {"claim": (), "decide": (disposition, "因为")}.get(step, ("因为",))
        self._try(lambda: getattr(desk, step)(case_id, Reviewer(actor, node), *more))

    @invariant()
    def a_closed_case_was_decided_by_the_right_people(self) -> None:
        case = self._case()
        if case is None or not case.is_closed:
            return
        assert case.disposition is not None
        assert case.claimed_by == case.decided_by
        second = [step.actor for step in case.steps if step.action == "confirmed"]
        if case.severity is Severity.SERIOUS:
            assert second
            assert second[-1] != case.decided_by

    @invariant()
    def verdicts_are_counted_once(self) -> None:
        case = self._case()
        expected = 1 if case is not None and case.is_closed else 0
        assert sum(each.right + each.wrong for each in self.at.cases.verdicts(7)) == expected


TestAnyOrder = AnyOrder.TestCase
