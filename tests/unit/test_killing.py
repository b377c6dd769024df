"""The harness that kills processes, of which everything else rests on that it kills those and no others."""

import pytest

from tests.killing import KilledError, Killer, KillPlace


def test_a_call_of_an_invocation_dies_before_or_after_it() -> None:
    killer, made = Killer(), []
    killer.begin(KillPlace(1, after=False))
    killer.around(lambda: made.append("first"))
    with pytest.raises(KilledError):
        killer.around(lambda: made.append("second"))
    killer.begin(KillPlace(0, after=True))
    with pytest.raises(KilledError):
        killer.around(lambda: made.append("again"))

    assert made == ["first", "again"]
    assert killer.kills == 2


def test_a_call_that_began_outside_an_invocation_lives_whatever_is_invoked_meanwhile() -> None:
    killer = Killer()

    def time_moves() -> str:
        killer.begin(KillPlace(0, after=True))
        return "moved"

    assert killer.around(time_moves) == "moved"
    assert killer.kills == 0
