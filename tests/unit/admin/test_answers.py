from datetime import UTC, datetime, timedelta

import pytest

from scrm.runtime.http.answers import AnsweredOnce, KeyReusedError
from tests.fakes.answers import FakeAnswers

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def test_repeat_gets_the_first_answer_and_does_nothing() -> None:
    once = AnsweredOnce(FakeAnswers(), lambda: AT)
    first = once.answer("op", "{}", lambda: "first")

    assert (first, once.answer("op", "{}", lambda: pytest.fail("carried out twice"))) == ("first", "first")


def test_key_of_another_request_is_refused() -> None:
    once = AnsweredOnce(FakeAnswers(), lambda: AT)
    once.answer("op", '{"scope":"all"}', lambda: "first")

    with pytest.raises(KeyReusedError):
        once.answer("op", '{"scope":"one"}', lambda: "second")


def test_answer_is_forgotten_after_a_day() -> None:
    store = FakeAnswers()
    AnsweredOnce(store, lambda: AT).answer("op", "{}", lambda: "first")

    later = AnsweredOnce(store, lambda: AT + timedelta(days=1))

    assert later.answer("op", '{"other":1}', lambda: "second") == "second"


def test_failed_work_leaves_no_answer() -> None:
    store = FakeAnswers()

    def fail() -> str:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - any error does
        AnsweredOnce(store, lambda: AT).answer("op", "{}", fail)

    assert store.kept == {}
