"""The nightly audit on real functions, tables and a simulated WeCom: lost news of a departure costs a night at most.

Nobody tells us that the member left: HR is silent and WeCom's callbacks are lost.
"""

import pytest

from functions.handover_reconcile import handler as handover_reconcile
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.orphan_table import DynamoOrphans
from scrm.aws.table import Table
from scrm.handover.edges import ChunkKind, EdgeState
from scrm.handover.model import SignalSource
from scrm.handover.orphans import OrphanKind
from tests.engine import EngineTables
from tests.local_bank import Context, LocalBank, customer_id, local_bank, small_world

pytestmark = pytest.mark.engine

LEAVER = "rm_wang01"
CUSTOMERS, GROUPS = 3, 1
DAY = 86_400


def audit(bank: LocalBank) -> None:
    """What the schedule does at half past three, and all that follows from it."""
    event = {"schedule": handover_reconcile.AUDIT}
    bank.invoke(lambda: handover_reconcile.lambda_handler(event, Context()))  # type: ignore[arg-type]
    bank.run_until_idle()


def leaves_unheard(bank: LocalBank) -> None:
    bank.full_pass()
    bank.sim.control.callback_policy({"lose_percent": 100})
    bank.sim.control.delete_member(LEAVER)


@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed before and after each remote call"])
def test_a_departure_nobody_told_of_is_found_mended_and_seen_resolved(
    tables: EngineTables,
    monkeypatch: pytest.MonkeyPatch,
    killed: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        leaves_unheard(bank)
        bank.kill_everywhere = killed
        audit(bank)
        bank.kill_everywhere = False
        kills = bank.killer.kills
        table = Table(tables.client, tables.names["HandoverTable"])
        orphans, cases = DynamoOrphans(table), DynamoCaseRepository(table)
        first = orphans.latest_audit()
        found = {each.kind: each for each in orphans.unresolved()}
        latest = cases.latest_case_of(LEAVER)
        assert latest is not None
        adopted = cases.load(latest[0].case_id)
        bank.sim.control.advance(DAY)
        audit(bank)
        second = orphans.latest_audit()
        unresolved = list(orphans.unresolved())

    assert (kills > 0) is killed
    assert adopted is not None
    assert first is not None
    assert second is not None
    case, chunks = adopted
    assert (case.signals[0].source, case.account_deleted, latest[1]) == (SignalSource.SWEEP, True, 1)
    assert {kind: set(each.target_ids) for kind, each in found.items()} == {
        OrphanKind.UNASSIGNED_CUSTOMER: {customer_id(place) for place in range(CUSTOMERS)},
        OrphanKind.OWNERLESS_GROUP: {f"wrSIM{0:027d}"},
    }
    in_cases = [(chunk.kind, edge.target_id) for chunk in chunks for edge in chunk.in_state(EdgeState.FALLBACK)]
    assert sorted(in_cases) == sorted(
        [(ChunkKind.CUSTOMERS, customer_id(place)) for place in range(CUSTOMERS)]
        + [(ChunkKind.GROUPS, f"wrSIM{0:027d}")]
    )
    assert (first.counts.listed, first.orphans, first.finished_at is not None) == (4, 4, True)
    assert (second.run_id != first.run_id, second.orphans, unresolved) == (True, 0, [])


def test_what_the_audit_adopted_is_handed_over_like_any_other(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        leaves_unheard(bank)
        audit(bank)
        for hours in (25, 1, 25, 1, 7):
            bank.advance(hours * 3_600 + 660)
        found = DynamoCaseRepository(Table(tables.client, tables.names["HandoverTable"])).latest_case_of(LEAVER)
        unowned = bank.sim.control.unassigned(LEAVER)
        owners = {row["owner"] for row in bank.sim.control.groups()}

    assert found is not None
    assert found[0].customer_totals == {"total": CUSTOMERS, "done": CUSTOMERS}
    assert found[0].group_totals == {"total": GROUPS, "done": GROUPS}
    assert unowned == []
    assert LEAVER not in owners
