"""Owners of customers and groups, read of the contacts table without the rest."""

from datetime import timedelta

import pytest

from scrm.aws import session
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.customer_owners import DynamoOwners
from scrm.aws.table import Table
from scrm.campaign.terms import Channel
from scrm.contacts.model import Customer, GroupChat
from scrm.contacts.ports import Change
from tests.engine import EngineTables
from tests.fakes.contacts import T0

pytestmark = pytest.mark.engine


@pytest.fixture
def table(tables: EngineTables) -> Table:
    session.reset()
    return Table(tables.client, tables.names["ContactsTable"])


def test_owners_are_those_of_the_relation_table(table: Table) -> None:
    contacts, owners = DynamoContactRepository(table), DynamoOwners(table)
    for customer in (Customer("wm_owned", owner_userid="rm_a"), Customer("wm_nobodys")):
        assert contacts.write([Change(customer)])
    assert contacts.put_group(GroupChat("wr_owned", "rm_b", "", T0))

    customers = owners.owners_of(Channel.ONE_TO_ONE, ["wm_owned", "wm_nobodys", "wm_unknown", "wm_owned"])
    groups = owners.owners_of(Channel.GROUP, ["wr_owned", "wr_unknown"])

    assert customers == {"wm_owned": "rm_a"}
    assert groups == {"wr_owned": "rm_b"}


def test_a_group_that_changed_hands_has_its_new_owner(table: Table) -> None:
    contacts, owners = DynamoContactRepository(table), DynamoOwners(table)
    contacts.put_group(GroupChat("wr_moved", "rm_a", "", T0))
    contacts.put_group(GroupChat("wr_moved", "rm_b", "", T0 + timedelta(hours=1)))

    assert owners.owners_of(Channel.GROUP, ["wr_moved"]) == {"wr_moved": "rm_b"}
