"""A member says with a corp tag that his customer wants no marketing."""

from datetime import UTC, datetime, timedelta

import pytest

from scrm.consent.consents import Heard
from scrm.consent.model import ConsentAnswer, ConsentSource, Statement
from scrm.consent.tags import Tagging, tagged
from tests.fakes.consent import Answers

T0 = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
OUT, YES = ConsentAnswer.OPTED_OUT, ConsentAnswer.CONSENTED


@pytest.fixture
def answers() -> Answers:
    found = Answers(T0 + timedelta(days=1))
    found.move("wm1", "rm_a")
    return found


def change(answers: Answers, *tag_ids: str, minute: int = 0) -> Heard | None:
    at = T0 + timedelta(minutes=minute)
    return tagged(answers.desk, ("tag_out",), Tagging("rm_a", "wm1", tag_ids, at))


def stands(answers: Answers) -> ConsentAnswer | None:
    return answers.consents.answers_of("rm_a", ["wm1"], answers.now).get("wm1")


def test_other_tags_say_nothing(answers: Answers) -> None:
    assert change(answers, "tag_vip") is None
    assert stands(answers) is None


def test_the_banks_tag_is_an_opt_out_by_the_member(answers: Answers) -> None:
    assert change(answers, "tag_vip", "tag_out") is Heard.OPTED_OUT

    assert stands(answers) is OUT
    ((statement, _),) = answers.store.history("wm1")
    assert (statement.source, statement.by, statement.at) == (ConsentSource.TAG, "rm_a", T0)
    assert answers.news.told == [("wm1", ("rm_a",))]


def test_a_repeat_tells_the_tasks_again_and_adds_nothing_to_the_history(answers: Answers) -> None:
    change(answers, "tag_out")

    assert change(answers, "tag_out", minute=9) is None

    assert len(answers.store.history("wm1")) == 1
    assert answers.news.told == [("wm1", ("rm_a",))] * 2


def test_a_tag_that_is_taken_away_lifts_nothing(answers: Answers) -> None:
    change(answers, "tag_out")

    change(answers, minute=5)

    assert stands(answers) is OUT


def test_a_tag_that_stays_after_a_consent_is_an_opt_out_at_the_next_change(answers: Answers) -> None:
    change(answers, "tag_out")
    answers.desk.hear(Statement("wm1", YES, ConsentSource.OPERATOR, T0 + timedelta(minutes=3), "FORM-7"))
    assert stands(answers) is YES

    change(answers, "tag_out", minute=6)

    assert stands(answers) is OUT
