"""What happens in the address book, told by the simulator's encrypted callbacks, through the real functions."""

from collections.abc import Iterator

import pytest

from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from tests.engine import EngineTables
from tests.local_bank import LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    with local_bank(tables, small_world(3, 1), monkeypatch) as bank:
        bank.full_pass()
        yield bank


def table(tables: EngineTables, name: str) -> Table:
    return Table(tables.client, tables.names[name])


def test_renamed_member_keeps_customers_groups_and_his_open_case(bank: LocalBank, tables: EngineTables) -> None:
    bank.hr_event("StaffDeparting", event_id="hr-1", userid="rm_wang01", last_day="2030-01-31")
    bank.run_until_idle()

    bank.sim.control.patch_member("rm_wang01", new_userid="rm_wang99")
    bank.advance(1)
    bank.hr_event("StaffDeparting", event_id="hr-2", userid="rm_wang01", last_day="2030-02-28")
    bank.run_until_idle()

    org, contacts = (
        DynamoOrgRepository(table(tables, "OrgTable")),
        DynamoContactRepository(table(tables, "ContactsTable")),
    )
    renamed = org.member("rm_wang01")
    assert renamed is not None
    assert (renamed.userid, renamed.node_path) == ("rm_wang99", "/1/10/")
    assert contacts.count_relations("rm_wang99") == 3
    assert len(list(contacts.groups_of("rm_wang99"))) == 1
    found = DynamoCaseRepository(table(tables, "HandoverTable")).latest_case_of("rm_wang99")
    assert found is not None
    assert (found[1], found[0].handover_userid) == (1, "rm_wang99")
    assert [signal.event_id for signal in found[0].signals] == ["hr-1", "hr-2"]


def test_departments_follow_the_address_book_between_full_passes(bank: LocalBank, tables: EngineTables) -> None:
    bank.sim.control.put_department({"id": 11, "name": "一部", "parentid": 10})
    bank.sim.control.put_department({"id": 20, "name": "宁波分行", "parentid": 1})
    bank.sim.control.put_department({"id": 11, "name": "一部", "parentid": 20})
    bank.advance(1)

    org = DynamoOrgRepository(table(tables, "OrgTable"))
    moved = org.node("11")
    assert moved is not None
    assert moved.path == "/1/20/11/"
