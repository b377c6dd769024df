"""One departure in the local bank, from the HR event to the last edge, and what must be true afterwards."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from scrm.aws.case_queries import DynamoCaseQueries
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.table import Table, from_item
from scrm.handover.edges import EdgeState
from scrm.handover.model import CaseState
from tests.local_bank import LocalBank, customer_id

HOUR = 3600
LEAVER, TAKER, MANAGER = "rm_wang01", "rm_li02", "mgr_zhao01"
REFUSED = customer_id(3)


STEPS = (0, 0, 1, 8, 16, 1, 4)


def depart(
    bank: LocalBank, *, disturb: Callable[[LocalBank], None] = lambda _: None, hours: Sequence[int] = STEPS
) -> dict[str, Any]:
    """HR tells, ``disturb`` strikes, IT deletes the account, and time passes in steps of so many hours."""
    bank.full_pass()
    bank.sim.control.script_decisions(by_customer={REFUSED: "refuse"})
    bank.hr_event(event_id="hr-1", userid=LEAVER, successor_userid=TAKER)
    bank.run_until_idle()
    disturb(bank)
    bank.sim.control.delete_member(LEAVER)
    bank.advance(0)
    for step in hours:
        bank.advance(step * HOUR + 660)
    return outcome(bank)


def outcome(bank: LocalBank) -> dict[str, Any]:
    """What WeCom and our tables hold."""
    handover = Table(bank.tables.client, bank.tables.names["HandoverTable"])
    contacts = DynamoContactRepository(Table(bank.tables.client, bank.tables.names["ContactsTable"]))
    found = DynamoCaseRepository(handover).latest_case_of(LEAVER)
    assert found is not None
    detail = DynamoCaseQueries(handover).get_case(found[0].case_id)
    assert detail is not None
    manual = DynamoCaseQueries(handover).list_edges(found[0].case_id, EdgeState.MANUAL, None, 100).items
    return {
        "departures": found[1],
        "state": detail.summary.state,
        "customers": dict(detail.summary.customers.by_state),
        "groups": dict(detail.summary.groups.by_state),
        "manual": [(row.target_id, row.cause, row.owner_userid) for row in manual],
        "owners": dict(Counter(row["userid"] for row in bank.sim.control.relations())),
        "group_owners": dict(Counter(row["owner"] for row in bank.sim.control.groups())),
        "times_asked": dict(Counter(Counter(row["external_userid"] for row in bank.sim.control.transfers()).values())),
        "our_relations": (contacts.count_relations(LEAVER), contacts.count_relations(TAKER)),
        "our_groups": len(list(contacts.groups_of(TAKER))),
        "audit": dict(Counter(item["action"] for item in _audit_entries(bank))),
    }


def right(customers: int, groups: int) -> dict[str, Any]:
    """How it must end: everyone moved once, the one who refused is the manager's open task, told once each."""
    return {
        "departures": 1,
        "state": CaseState.ATTENTION,
        "customers": {"done": customers - 1, "manual": 1},
        "groups": {"done": groups},
        "manual": [(REFUSED, "customer_refused", MANAGER)],
        "owners": {TAKER: customers - 1},
        "group_owners": {TAKER: groups},
        "times_asked": {1: customers},
        "our_relations": (0, customers - 1),
        "our_groups": groups,
        "audit": {"handover.opened": 1, "handover.planned": 1, "handover.ended": 1},
    }


def _audit_entries(bank: LocalBank) -> list[dict[str, Any]]:
    found = bank.tables.client.scan(TableName=bank.tables.names["AuditTable"])["Items"]
    return [item for item in map(from_item, found) if "action" in item]
