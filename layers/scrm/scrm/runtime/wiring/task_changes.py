"""Joins what follows from a change to the send tasks and the queues that look at them."""

from scrm.campaign.stopping import TaskChanges
from scrm.runtime.wiring.send_tasks import dispatch_queue, tasks


def changes() -> TaskChanges:
    return TaskChanges(tasks(), dispatch_queue())
