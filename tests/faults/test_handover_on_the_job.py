"""A member who stays gets another post: on-job transfers, refusals and their fallback, until everything is settled."""

from collections import Counter

import pytest

from scrm.aws.case_queries import DynamoCaseQueries
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.table import Table
from scrm.handover.edges import AttemptOutcome, EdgeState
from scrm.handover.model import CaseState
from scrm.handover.queries import CaseDetail, EdgeRow
from tests.engine import EngineTables
from tests.local_bank import LocalBank, customer_id, local_bank, small_world

pytestmark = pytest.mark.engine

MOVING, NEXT, LAST = "rm_wang01", "rm_li02", "rm_zhou03"
CUSTOMERS, GROUPS, HOUR = 12, 3, 3600
REFUSES_ONCE, REFUSES_ALWAYS = customer_id(3), customer_id(5)


def look(bank: LocalBank) -> tuple[CaseDetail, list[EdgeRow]]:
    table = Table(bank.tables.client, bank.tables.names["HandoverTable"])
    found = DynamoCaseRepository(table).latest_case_of(MOVING)
    assert found is not None
    detail = DynamoCaseQueries(table).get_case(found[0].case_id)
    assert detail is not None
    return detail, list(DynamoCaseQueries(table).list_edges(found[0].case_id, None, None, 100).items)


def test_refused_customers_go_to_the_next_colleague_and_after_the_second_refusal_to_the_manager(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        bank.full_pass()
        bank.sim.control.script_decisions(by_customer={REFUSES_ONCE: "refuse", REFUSES_ALWAYS: "refuse"})
        bank.hr_event("StaffTransferred", event_id="hr-1", userid=MOVING, successor_userids=[NEXT, LAST])
        bank.advance(0)
        bank.sim.control.script_decisions(by_customer={REFUSES_ALWAYS: "refuse"})
        bank.advance(2 * HOUR)
        halfway, _ = look(bank)
        for _ in range(9):
            bank.advance(6 * HOUR)
        detail, edges = look(bank)
        followers = Counter(row["userid"] for row in bank.sim.control.relations())

    assert sum(halfway.summary.customers.by_state.values()) == CUSTOMERS
    assert halfway.summary.state is CaseState.TRANSFERRING
    assert detail.summary.state is CaseState.ATTENTION
    assert detail.summary.customers.by_state == {"done": CUSTOMERS - 1, "manual": 1}
    assert detail.summary.groups.by_state == {"done": GROUPS}
    (manual,) = (row for row in edges if row.state is EdgeState.MANUAL)
    assert (manual.target_id, manual.owner_userid) == (REFUSES_ALWAYS, "mgr_zhao01")
    assert [attempt.takeover_userid for attempt in manual.attempts] == [NEXT, LAST]
    assert {attempt.outcome for attempt in manual.attempts} == {AttemptOutcome.REFUSED}
    assert followers == {NEXT: CUSTOMERS - 2, LAST: 1, MOVING: 1}


def test_customer_of_two_members_who_both_hand_over_is_moved_by_one_after_the_other(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = small_world(2, 0)
    shared = customer_id(1)
    world["relations"].append({"userid": LAST, "external_userid": shared, "createtime": 1_750_000_000})
    with local_bank(tables, world, monkeypatch) as bank:
        bank.full_pass()
        for place, moving in enumerate((LAST, MOVING)):
            bank.hr_event("StaffTransferred", event_id=f"hr-{place}", userid=moving, successor_userids=[NEXT])
            bank.advance(0)
        for _ in range(10):
            bank.advance(6 * HOUR)
        detail, edges = look(bank)
        followers = Counter(row["userid"] for row in bank.sim.control.relations())

    assert detail.summary.state is CaseState.CLOSED
    outcomes = {row.target_id: [attempt.outcome for attempt in row.attempts] for row in edges}
    assert outcomes[shared] == [AttemptOutcome.VOID, AttemptOutcome.DONE]
    assert followers == {NEXT: 2}
