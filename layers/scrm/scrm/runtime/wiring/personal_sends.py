"""Joins the count of members' own messages to WeCom, the ledger and the queue."""

from scrm import clock
from scrm.aws.personal_marks import DynamoPersonalMarks
from scrm.aws.personal_queue import SqsPersonalQueue
from scrm.pressure.personal import PersonalMessages, PersonalSends, PersonalSettings
from scrm.runtime.pressure_joins import LedgerOwners
from scrm.runtime.wiring import pressure, send_checks
from scrm.runtime.wiring.tables import queue, table
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.personal_sends import WecomPersonalMessages


def personal_messages() -> PersonalMessages:
    """Looks at what members sent of their own accord come after every look at a task."""
    return WecomPersonalMessages(wecom_client(Priority.STATISTICS), report_permission_denied)


def personal_sends() -> PersonalSends:
    """For one message or tick."""
    return PersonalSends(
        messages=personal_messages(),
        queue=SqsPersonalQueue(queue("CAMPAIGN_RECONCILE_QUEUE_URL")),
        marks=DynamoPersonalMarks(table("PRESSURE_TABLE")),
        owners=LedgerOwners(send_checks.owners()),
        ledger=pressure.ledger(),
        settings=PersonalSettings(),
        now=clock.now,
    )
