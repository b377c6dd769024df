"""Invariants 1, 2 and 8: killed once before and once after every remote call of one run, the handover ends the same."""

import pytest

from tests.departure import depart, right
from tests.engine import EngineTables
from tests.local_bank import LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine

CUSTOMERS, GROUPS = 4, 1
# Every look at the results costs the square of its remote calls in replays, so the day passes in one step.
STEPS = (0, 25, 0)


def test_handover_killed_before_and_after_each_remote_call_ends_as_if_never_killed(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_from_here_on(bank: LocalBank) -> None:
        bank.kill_everywhere = True

    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        found = depart(bank, disturb=kill_from_here_on, hours=STEPS)
        kills = bank.killer.kills

    assert found == right(CUSTOMERS, GROUPS)
    assert kills >= 200, kills


def test_intake_killed_before_and_after_each_remote_call_opens_one_case(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        bank.kill_everywhere = True
        found = depart(bank, disturb=lambda bank: setattr(bank, "kill_everywhere", False), hours=STEPS)
        kills = bank.killer.kills

    assert found == right(CUSTOMERS, GROUPS)
    assert kills >= 50, kills
