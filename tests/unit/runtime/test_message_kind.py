"""The kind of a queue message, read before its model is loaded."""

import pytest

from scrm.runtime.message_kind import kind_of, of_no_kind_known_here


@pytest.mark.parametrize("body", ["", "{", "[]", '"poll_requested"', "{}", '{"kind": null}', '{"kind": ["a"]}'])
def test_what_is_no_message_has_no_kind(body: str) -> None:
    assert kind_of(body) == ""


def test_kind_is_what_the_message_calls_itself() -> None:
    assert kind_of('{"schema_version": 1, "kind": "poll_requested"}') == "poll_requested"


def test_unknown_kind_is_a_poison_message_that_tells_nothing_of_the_body() -> None:
    error = of_no_kind_known_here()

    assert error.error_count() == 1
    assert error.errors()[0]["loc"] == ("kind",)
    assert error.errors()[0]["input"] is None
