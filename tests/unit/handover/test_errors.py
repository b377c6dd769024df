import pytest

from scrm.handover.errors import StaleVersionError, until_current


def test_who_is_late_again_and_again_waits_a_little_each_time_and_then_gets_through() -> None:
    pauses: list[int] = []
    left = [StaleVersionError() for _ in range(8)]

    def action() -> str:
        if left:
            raise left.pop()
        return "done"

    assert until_current(action, pause=pauses.append) == "done"
    assert pauses == list(range(8))


def test_who_is_never_in_time_leaves_it_to_the_queue() -> None:
    pauses: list[int] = []

    def action() -> None:
        raise StaleVersionError

    with pytest.raises(StaleVersionError):
        until_current(action, attempts=3, pause=pauses.append)

    assert pauses == [0, 1]
