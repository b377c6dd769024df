"""Joins the looks at send tasks to WeCom, its tables and its queues."""

from scrm import clock
from scrm.campaign.channels import ChannelMessages
from scrm.campaign.reconcile import TaskReconcile
from scrm.runtime.wiring import dispatch as shared
from scrm.runtime.wiring import send_checks, send_tasks


def reconcile() -> TaskReconcile:
    """For one message."""
    return TaskReconcile(
        tasks=send_tasks.tasks(),
        messages=ChannelMessages(shared.messages, shared.rm_tasks, shared.moments, shared.member_messages),
        standings=shared.standings(),
        checks=send_checks.checks(),
        queue=send_tasks.dispatch_queue(),
        ends=shared.ends(),
        settings=shared.settings(),
        now=clock.now,
        reactions=shared.reactions,
    )
