"""What is asked of the campaigns' planner."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from scrm import clock
from scrm.aws.dispatch_queue import SqsSendQueue, send_at
from scrm.aws.queues import Queue
from scrm.campaign.planner_messages import (
    CampaignDue,
    ContentRecalled,
    ProductChanged,
    SendingStopped,
    SliceRequested,
)

SETTINGS_KNOWN_AFTER: Final = timedelta(seconds=40)  # every process keeps the settings of campaigns for 30


class SqsPlanningQueue:
    """Implements `scrm.campaign.campaign_ports.PlanningQueue`."""

    def __init__(self, planner: Queue, worker: Queue) -> None:
        self._planner = planner
        self._sends = SqsSendQueue(worker)

    def request_slices(self, campaign_id: str, ring: str, slices: Sequence[int], first: int = 0) -> None:
        self._planner.send(
            SliceRequested(campaign_id=campaign_id, ring=ring, number=number, first=first) for number in slices
        )

    def request_look(self, campaign_id: str, not_before: datetime) -> None:
        send_at(self._planner, [CampaignDue(campaign_id=campaign_id)], not_before)

    def request_cancellation(self, campaign_id: str) -> None:
        self._sends.request_stop(campaign_id)

    def request_recheck(self, campaign_id: str) -> None:
        self._sends.request_recheck(campaign_id)

    def product_changed(self, product_id: str) -> None:
        """Implements `scrm.content.ports.ProductNews`."""
        self._planner.send([ProductChanged(product_id=product_id)])

    def sending_stopped(self) -> None:
        """Nobody may ask about a task while he still goes by the settings of before."""
        send_at(self._planner, [SendingStopped()], clock.now() + SETTINGS_KNOWN_AFTER)

    def content_recalled(self, activity_id: str, version: int) -> None:
        self._planner.send([ContentRecalled(activity_id=activity_id, version=version)])
