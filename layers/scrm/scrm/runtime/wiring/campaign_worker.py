"""Joins the creation of send tasks to WeCom, its tables and its queues."""

import time
from datetime import timedelta

from scrm import clock
from scrm.aws.org_table import DynamoOrgRepository
from scrm.campaign.channels import ChannelMessages
from scrm.campaign.dispatching import Dispatch
from scrm.campaign.stopping import TaskChanges
from scrm.runtime.rm_task_joins import RmTaskMessages
from scrm.runtime.task_joins import OrgTaskPlaces
from scrm.runtime.wiring import dispatch as shared
from scrm.runtime.wiring import send_checks
from scrm.runtime.wiring.tables import table

# A worker that WeCom's limits put off leaves the queue alone for a moment: what it took next would be put off as well.
REST = timedelta(seconds=5)


def dispatch() -> Dispatch:
    """For one message."""
    return Dispatch(
        tasks=send_checks.tasks(),
        messages=ChannelMessages(shared.messages(), rm_tasks()),
        standings=shared.standings(),
        checks=send_checks.checks(),
        files=shared.files(),
        ledger=send_checks.places(),
        queue=shared.dispatch_queue(),
        ends=shared.ends(),
        settings=shared.settings(),
        now=clock.now,
    )


def rm_tasks() -> RmTaskMessages:
    return RmTaskMessages(shared.rm_tasks(), clock.now, OrgTaskPlaces(DynamoOrgRepository(table("ORG_TABLE"))))


def changes() -> TaskChanges:
    return TaskChanges(send_checks.tasks(), shared.dispatch_queue())


def rest() -> None:
    time.sleep(REST.total_seconds())


def reset() -> None:
    """Forget every built object; for tests."""
    shared.reset()
