"""Joins the creation of send tasks to WeCom, its tables and its queues."""

import time
from datetime import timedelta

from scrm import clock
from scrm.campaign.channels import ChannelMessages
from scrm.campaign.dispatching import Dispatch
from scrm.runtime.wiring import dispatch as shared
from scrm.runtime.wiring import send_checks, send_tasks

# A worker that WeCom's limits put off leaves the queue alone for a moment: what it took next would be put off as well.
REST = timedelta(seconds=5)


def dispatch() -> Dispatch:
    """For one message."""
    return Dispatch(
        tasks=send_tasks.tasks(),
        messages=ChannelMessages(shared.messages, shared.rm_tasks_with_places, shared.moments, shared.member_messages),
        standings=shared.standings(),
        checks=send_checks.checks(),
        files=shared.files(),
        ledger=send_checks.places(),
        queue=send_tasks.dispatch_queue(),
        ends=shared.ends(),
        settings=shared.settings(),
        now=clock.now,
    )


def rest() -> None:
    time.sleep(REST.total_seconds())
