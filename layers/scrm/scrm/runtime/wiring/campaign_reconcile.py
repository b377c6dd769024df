"""Joins the reconciliation of send tasks to WeCom, its tables and its queues."""

from scrm import clock
from scrm.campaign.reconcile import TaskReconcile
from scrm.runtime.wiring import dispatch as shared
from scrm.runtime.wiring import send_checks


def reconcile() -> TaskReconcile:
    """For one message or tick."""
    return TaskReconcile(
        tasks=send_checks.tasks(),
        messages=shared.messages(),
        standings=shared.standings(),
        checks=send_checks.checks(),
        queue=shared.dispatch_queue(),
        ends=shared.ends(),
        settings=shared.settings(),
        now=clock.now,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    shared.reset()
