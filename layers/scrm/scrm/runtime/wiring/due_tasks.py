"""Joins the look for due send tasks to their table and queues."""

from scrm import clock
from scrm.campaign.due import DueTasks
from scrm.runtime.wiring import campaign_settings
from scrm.runtime.wiring.send_tasks import dispatch_queue, tasks


def due_tasks() -> DueTasks:
    """For one tick."""
    return DueTasks(tasks(), dispatch_queue(), campaign_settings.dispatch(), clock.now)
