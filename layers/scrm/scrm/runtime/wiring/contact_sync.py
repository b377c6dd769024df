"""Joins the contact queue's use case to WeCom, its tables and its queue."""

import functools

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.queues import Queue
from scrm.contacts.sync import ContactChanges, ContactSync
from scrm.org.sync import OrgSync
from scrm.runtime.contact_intake import ContactIntake
from scrm.runtime.observability import count
from scrm.runtime.wiring.tables import queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.sources import WecomAddressBook, WecomCustomers


@functools.cache
def contact_queue() -> Queue:
    return queue("CONTACT_QUEUE_URL")


@functools.cache
def contact_intake() -> ContactIntake:
    client = wecom_client(Priority.STATISTICS)
    customers, contacts = WecomCustomers(client), DynamoContactRepository(table("CONTACTS_TABLE"))
    return ContactIntake(
        org=OrgSync(WecomAddressBook(client), DynamoOrgRepository(table("ORG_TABLE"))),
        contacts=ContactSync(customers, contacts),
        changes=ContactChanges(customers, contacts),
        source=customers,
        queue=contact_queue(),
        now=clock.now,
        on_drift=lambda rows: count("RelationDrift", rows),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    contact_queue.cache_clear()
    contact_intake.cache_clear()
