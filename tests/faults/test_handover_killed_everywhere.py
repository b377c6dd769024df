"""Invariants 1, 2 and 8: killed once before and once after every remote call of one run, the handover ends the same."""

import pytest

from tests.departure import depart, right
from tests.engine import EngineTables
from tests.local_bank import LocalBank, local_bank, small_world
from tests.notes import check_what_followed, noted_world, prepare

pytestmark = pytest.mark.engine

CUSTOMERS, GROUPS = 4, 1
# Every look at the results costs the square of its remote calls in replays, so the day passes in one step. The last
# one is for a delivery that had to wait.
STEPS = (0, 25, 2)


def test_handover_killed_before_and_after_each_remote_call_ends_as_if_never_killed(
    tables: EngineTables, data_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_from_here_on(bank: LocalBank) -> None:
        bank.kill_everywhere = True

    with local_bank(tables, noted_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        prepare(bank)
        found = depart(bank, disturb=kill_from_here_on, hours=STEPS)
        check_what_followed(bank, CUSTOMERS)
        kills = bank.killer.kills

    assert found == right(CUSTOMERS, GROUPS)
    assert kills >= 300, kills


def test_intake_killed_before_and_after_each_remote_call_opens_one_case(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        bank.kill_everywhere = True
        found = depart(bank, disturb=lambda bank: setattr(bank, "kill_everywhere", False), hours=STEPS)
        kills = bank.killer.kills

    assert found == right(CUSTOMERS, GROUPS)
    assert kills >= 50, kills
