"""Customers' answers: the latest stands in whatever order they come, and lies with whoever owns the customer."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.consent import shelf
from scrm.consent.consents import Heard
from scrm.consent.model import ConsentAnswer, ConsentSource, Standing, Statement
from scrm.consent.ports import ConsentBusyError
from tests.fakes.consent import Answers

T0 = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
OUT, YES = ConsentAnswer.OPTED_OUT, ConsentAnswer.CONSENTED
MINUTE = timedelta(minutes=1)


@pytest.fixture
def answers() -> Answers:
    found = Answers(T0 + timedelta(days=1))
    found.move("wm1", "rm_a")
    return found


def said(answer: ConsentAnswer = OUT, minute: int = 0, name: str = "wm1", cause: str = "c") -> Statement:
    return Statement(name, answer, ConsentSource.LINK, T0 + minute * MINUTE, cause)


def stands(answers: Answers, owner: str = "rm_a", name: str = "wm1") -> ConsentAnswer | None:
    return answers.consents.answers_of(owner, [name], answers.now).get(name)


def test_who_never_answered_has_no_answer(answers: Answers) -> None:
    assert answers.consents.answers_of("rm_a", ["wm1", "wm2"], T0) == {}
    assert answers.consents.answers_of("", ["wm1"], T0) == {}


def test_an_opt_out_stands_and_is_told_to_those_who_may_have_messages_for_him(answers: Answers) -> None:
    assert answers.desk.hear(said(OUT)) is Heard.OPTED_OUT

    assert stands(answers) is OUT
    assert answers.news.told == [("wm1", ("rm_a",))]


def test_a_repeat_is_one_entry_and_changes_nothing_else(answers: Answers) -> None:
    answers.desk.hear(said(OUT))
    saves = answers.store.saves
    answers.now += timedelta(days=1)

    assert answers.desk.hear(said(OUT)) is Heard.OPTED_OUT

    assert len(answers.store.history("wm1")) == 1
    assert answers.store.saves == saves


@pytest.mark.parametrize("order", list(permutations([said(OUT, 0), said(YES, 1), said(OUT, 2), said(YES, 3)])))
def test_the_latest_stands_whatever_the_order_of_arrival(order: tuple[Statement, ...]) -> None:
    answers = Answers(T0 + timedelta(days=1))
    answers.move("wm1", "rm_a")

    for statement in order:
        answers.desk.hear(statement)

    assert stands(answers) is YES
    assert [each.answer for each, _ in answers.store.history("wm1")] == [OUT, YES, OUT, YES]


@pytest.mark.parametrize("order", [(OUT, YES), (YES, OUT)])
def test_of_two_answers_at_one_moment_the_refusal_stands(answers: Answers, order: tuple[ConsentAnswer, ...]) -> None:
    for answer in order:
        answers.desk.hear(said(answer))

    assert stands(answers) is OUT


def test_what_a_later_answer_overtook_is_kept_and_tells_nobody(answers: Answers) -> None:
    answers.desk.hear(said(YES, 5))

    assert answers.desk.hear(said(OUT, 1)) is Heard.OVERTAKEN

    assert stands(answers) is YES
    assert answers.news.told == []
    assert len(answers.store.history("wm1")) == 2


def test_a_consent_counts_from_its_moment_and_a_refusal_at_once(answers: Answers) -> None:
    answers.move("wm2", "rm_a")
    answers.desk.hear(said(YES, 10))
    answers.desk.hear(said(OUT, 10, "wm2"))

    assert answers.consents.answers_of("rm_a", ["wm1", "wm2"], T0) == {"wm2": OUT}


def test_answers_go_with_the_customer(answers: Answers) -> None:
    answers.desk.hear(said(OUT))
    answers.move("wm1", "rm_b")
    answers.move("wm1", "rm_c")

    assert stands(answers, "rm_c") is OUT
    assert answers.store.notes["rm_c"] == {}
    answers.move("wm1", "rm_a")
    assert stands(answers, "rm_a") is OUT


def test_an_owner_who_comes_while_the_answer_is_written_has_it(answers: Answers) -> None:
    def move_at_the_second_look() -> None:
        answers.places.on_look = lambda: answers.move("wm1", "rm_b")

    answers.places.on_look = move_at_the_second_look

    answers.desk.hear(said(OUT))

    assert stands(answers, "rm_b") is OUT


def test_an_answer_of_a_customer_we_do_not_know_is_kept_and_lies_with_his_owner_when_it_is_repeated(
    answers: Answers,
) -> None:
    assert answers.desk.hear(said(OUT, name="wm9")) is Heard.UNKNOWN_CUSTOMER
    answers.move("wm9", "rm_a")
    answers.desk.hear(said(OUT, name="wm9"))

    assert stands(answers, name="wm9") is OUT


def test_a_customer_without_an_owner_is_read_alone_and_found_by_his_next_owner(answers: Answers) -> None:
    answers.move("wm1", "")

    assert answers.desk.hear(said(OUT)) is Heard.OPTED_OUT

    assert answers.news.told == [("wm1", ("rm_former",))]
    assert stands(answers, "") is OUT
    answers.move("wm1", "rm_b")
    assert stands(answers, "rm_b") is OUT


def test_who_is_always_slower_gives_up(answers: Answers) -> None:
    def be_faster() -> None:
        answers.store.before_save = lambda: None
        answers.consents.put("rm_a", {f"wm{answers.store.saves + 10}": Standing(OUT, T0)})
        answers.store.before_save = be_faster

    answers.store.before_save = be_faster

    with pytest.raises(ConsentBusyError):
        answers.desk.hear(said(OUT))


def test_a_bucket_that_grows_is_split_and_nobody_is_lost(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_IN_A_BUCKET", 4)
    names = [f"wm{number}" for number in range(40)]
    for name in names:
        answers.move(name, "rm_a")
        answers.desk.hear(said(OUT, name=name))

    assert answers.consents.answers_of("rm_a", names, T0) == dict.fromkeys(names, OUT)
    assert max(len(bucket.standings) for bucket in answers.store.buckets["rm_a"].values()) == 4


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("say"), st.sampled_from([OUT, YES]), st.integers(0, 9), st.sampled_from("12")),
            st.tuples(st.just("move"), st.sampled_from(["rm_a", "rm_b", ""]), st.just(0), st.sampled_from("12")),
            st.tuples(st.just("read"), st.sampled_from(["rm_a", "rm_b"]), st.just(0), st.just("1")),
        ),
        max_size=25,
    )
)
def test_whatever_happens_the_owner_sees_the_latest_answer(
    happenings: list[tuple[str, str, int, str]],
) -> None:
    answers = Answers(T0 + timedelta(days=1))
    latest: dict[str, Standing] = {}
    for number in "12":
        answers.move(f"wm{number}", "rm_a")
    for kind, what, minute, number in happenings:
        name = f"wm{number}"
        if kind == "say":
            statement = said(ConsentAnswer(what), minute, name)
            answers.desk.hear(statement)
            latest[name] = statement.standing.joined(latest.get(name))
        elif kind == "move":
            answers.move(name, what)
        else:
            answers.consents.answers_of(what, ["wm1", "wm2"], answers.now)

    for name, owner in answers.places.owners.items():
        expected = latest[name].answer if name in latest else None
        assert stands(answers, owner, name) is expected
