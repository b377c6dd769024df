"""A plan that needs approval, on the real adapters: no call before it, and killed everywhere the same end after it."""

import pytest

from scrm import clock
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.table import Table
from scrm.handover.model import CaseState, HandoverCase
from scrm.runtime.wiring import admin_api, bank_settings
from tests.departure import HOUR, LEAVER, REFUSED, TAKER, outcome, right
from tests.engine import EngineTables
from tests.local_bank import LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine

CUSTOMERS, GROUPS = 4, 1
CHECKER = "operator:checker"


def latest_case(bank: LocalBank) -> HandoverCase:
    handover = Table(bank.tables.client, bank.tables.names["HandoverTable"])
    found = DynamoCaseRepository(handover).latest_case_of(LEAVER)
    assert found is not None
    return found[0]


def test_a_killed_handover_starts_nothing_before_its_approval_and_ends_as_if_never_killed(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        bank_settings.store().write("handover", {"approval_above": 2}, 0, CHECKER, clock.now())
        bank.full_pass()
        bank.sim.control.script_decisions(by_customer={REFUSED: "refuse"})
        bank.kill_everywhere = True
        bank.hr_event(event_id="hr-1", userid=LEAVER, successor_userid=TAKER)
        bank.run_until_idle()
        bank.sim.control.delete_member(LEAVER)
        bank.advance(26 * HOUR)
        case, asked_before = latest_case(bank), list(bank.sim.control.transfers())

        admin_api.reset()
        shown = admin_api.previews().of_case(case.case_id, clock.now())
        admin_api.plan_reviews().approve(case.case_id, shown.checksum, CHECKER, clock.now())
        bank.run_until_idle()  # the plan is released and the calls are made
        kills, bank.kill_everywhere = bank.killer.kills, False
        for hours in (1, 25, 2):
            bank.advance(hours * HOUR + 660)
        found = outcome(bank)

    assert (case.state, asked_before) == (CaseState.AWAITING_APPROVAL, [])
    expected = right(CUSTOMERS, GROUPS)
    expected["audit"] |= {"handover.plan_approved": 1}
    assert found == expected
    assert kills >= 100, kills
