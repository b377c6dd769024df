"""Joins the reconciliation of send tasks to WeCom, its tables and its queues."""

from scrm import clock
from scrm.aws.dispatch_queue import SqsPersonalQueue
from scrm.aws.personal_marks import DynamoPersonalMarks
from scrm.campaign.channels import ChannelMessages
from scrm.campaign.reconcile import TaskReconcile
from scrm.content.media import MediaLibrary
from scrm.pressure.personal import PersonalMessages, PersonalSends, PersonalSettings
from scrm.runtime.pressure_joins import LedgerOwners
from scrm.runtime.rm_task_joins import RmTaskMessages
from scrm.runtime.wiring import dispatch as shared
from scrm.runtime.wiring import pressure, send_checks
from scrm.runtime.wiring.media import media_library
from scrm.runtime.wiring.tables import queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.personal_sends import WecomPersonalMessages


def reconcile() -> TaskReconcile:
    """For one message or tick."""
    return TaskReconcile(
        tasks=send_checks.tasks(),
        messages=ChannelMessages(shared.messages(), RmTaskMessages(shared.rm_tasks(), clock.now)),
        standings=shared.standings(),
        checks=send_checks.checks(),
        queue=shared.dispatch_queue(),
        ends=shared.ends(),
        settings=shared.settings(),
        now=clock.now,
    )


def personal_messages() -> PersonalMessages:
    """Looks at what members sent of their own accord come after every look at a task."""
    return WecomPersonalMessages(wecom_client(Priority.STATISTICS), shared.report_permission_denied)


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


def media() -> MediaLibrary:
    """Keeps fresh what released content shows."""
    return media_library(Priority.STATISTICS)


def reset() -> None:
    """Forget every built object; for tests."""
    shared.reset()
