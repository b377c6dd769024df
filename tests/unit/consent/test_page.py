"""What a customer chooses on his page: recorded at once, told to campaigns, harmless twice, bounded."""

from datetime import UTC, datetime, timedelta

import pytest

from scrm.consent.consents import Heard
from scrm.consent.model import ConsentAnswer, ConsentSource, Standing, Statement
from scrm.consent.page import MOST_CONSENTS, ChangedTooOftenError, CustomerChoice
from tests.fakes.consent import Answers

AT = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
OUT, YES = ConsentAnswer.OPTED_OUT, ConsentAnswer.CONSENTED


@pytest.fixture
def bank() -> Answers:
    bank = Answers(AT)
    bank.places.owners["wm1"] = "rm_li"
    return bank


def choose(bank: Answers, answer: ConsentAnswer) -> Heard | None:
    return CustomerChoice(bank.desk).choose("wm1", answer, "link_1")


def test_a_refusal_lies_with_the_owner_and_is_told_to_the_campaigns(bank: Answers) -> None:
    assert choose(bank, OUT) is Heard.OPTED_OUT

    assert bank.consents.answers_of("rm_li", ["wm1"], AT) == {"wm1": OUT}
    assert bank.news.told == [("wm1", ("rm_li",))]
    [(said, _)] = bank.store.history("wm1")
    assert (said.source, said.cause, said.by) == (ConsentSource.LINK, "link_1", "")


def test_the_same_choice_again_adds_nothing_and_finishes_what_a_crash_left(bank: Answers) -> None:
    bank.store.settle("wm1", Standing(OUT, AT))  # and then the function died

    assert choose(bank, OUT) is None

    assert bank.consents.answers_of("rm_li", ["wm1"], AT) == {"wm1": OUT}
    assert bank.news.told == [("wm1", ("rm_li",))]
    assert bank.store.history("wm1") == []


def test_it_holds_after_the_customer_was_handed_over(bank: Answers) -> None:
    bank.move("wm1", "rm_wang")

    choose(bank, OUT)
    bank.move("wm1", "rm_zhao")

    assert bank.consents.answers_of("rm_zhao", ["wm1"], AT) == {"wm1": OUT}


def test_who_is_not_known_any_more_is_heard_and_found_when_he_comes_back(bank: Answers) -> None:
    del bank.places.owners["wm1"]

    assert choose(bank, OUT) is Heard.UNKNOWN_CUSTOMER
    bank.places.owners["wm1"] = ""
    bank.move("wm1", "rm_new")

    assert bank.consents.answers_of("rm_new", ["wm1"], AT) == {"wm1": OUT}


def test_he_may_come_back_by_an_act_of_his_own(bank: Answers) -> None:
    choose(bank, OUT)
    bank.now += timedelta(seconds=1)

    assert choose(bank, YES) is Heard.CONSENTED

    assert bank.consents.answers_of("rm_li", ["wm1"], bank.now) == {"wm1": YES}


def test_consents_are_bounded_and_a_refusal_never_is(bank: Answers) -> None:
    for _ in range(MOST_CONSENTS):
        bank.now += timedelta(seconds=1)
        choose(bank, YES)
        bank.now += timedelta(seconds=1)
        choose(bank, OUT)

    with pytest.raises(ChangedTooOftenError):
        choose(bank, YES)
    assert choose(bank, OUT) is None
    assert len(bank.store.history("wm1")) == 2 * MOST_CONSENTS

    bank.now += timedelta(days=1)
    assert choose(bank, YES) is Heard.CONSENTED


def test_consents_that_others_recorded_do_not_count(bank: Answers) -> None:
    for number in range(MOST_CONSENTS):
        at = AT - timedelta(minutes=number + 1)
        bank.desk.hear(Statement("wm1", YES, ConsentSource.OPERATOR, at, f"FORM-{number}"))
    choose(bank, OUT)
    bank.now += timedelta(seconds=1)

    assert choose(bank, YES) is Heard.CONSENTED
