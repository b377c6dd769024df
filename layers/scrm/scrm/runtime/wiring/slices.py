"""Joins the planning of slices to their tables, frozen audiences and the queues."""

from scrm.aws.dispatch_queue import SqsSendQueue
from scrm.campaign.slices import SlicePlanning
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import campaign_store, frozen_audiences, planner, send_checks, send_tasks
from scrm.runtime.wiring.tables import queue


def slice_planning() -> SlicePlanning:
    """For one message."""
    return SlicePlanning(
        store=campaign_store.campaigns(),
        slices=planner.slice_store(),
        audiences=frozen_audiences.audiences(),
        exclusions=frozen_audiences.exclusions(),
        tasks=send_tasks.tasks(),
        ledger=send_checks.places(),
        dispatch=SqsSendQueue(queue("CAMPAIGN_QUEUE_URL")),
        queue=planner.planning_queue(),
        has_time=invocation.has_time,
    )
