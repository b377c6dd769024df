"""Test sends: what was submitted goes to a few of the bank's own people, as a small campaign of its own.

Outside every cap and count: its tasks are of a ring that no other campaign can have, and the ledger exempts it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scrm import ids
from scrm.campaign.campaign_ports import CampaignStore, SendableContent
from scrm.campaign.model import Campaign
from scrm.campaign.ports import Owners, TaskRepository
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.slices import SendRequests
from scrm.campaign.task import TEST_RING, SendPlan
from scrm.campaign.terms import CampaignState

_FIRST_LOOK: Final = timedelta(minutes=15)  # its tasks are written by then


@dataclass(frozen=True, slots=True)
class TrialSends:
    """Implements `scrm.campaign.campaign_ports.TestSends`. Safe to repeat: ids derive from campaign and key."""

    store: CampaignStore
    tasks: TaskRepository
    owners: Owners
    queue: SendRequests

    def send(
        self,
        campaign: Campaign,
        content: SendableContent,
        target_ids: Sequence[str],
        key: str,
        actor: str,
        now: datetime,
    ) -> Campaign:
        """The campaign of the test; it closes once everybody has his end."""
        by_owner: dict[str, list[str]] = defaultdict(list)
        found = self.owners.owners_of(campaign.definition.channel, target_ids)
        for target_id in target_ids:
            by_owner[found.get(target_id, "")].append(target_id)
        if nobodys := by_owner.pop("", []):
            raise CampaignRefusedError(f"Nobody answers for {len(nobodys)} of these; choose others.")
        test = self._made(campaign, key, actor, now)
        plan = SendPlan(
            campaign_id=test.campaign_id,
            ring=TEST_RING,
            channel=campaign.definition.channel,
            content=content.ref,
            planned_at=test.made_at,
            expires_at=content.valid_until,
            deadline=campaign.definition.deadline,
        )
        for owner, of_owner in by_owner.items():
            tasks = plan.tasks_of(owner, of_owner, campaign.node_path)
            self.tasks.put_planned(tasks)
            self.queue.request_send(tasks)
        return test

    def _made(self, campaign: Campaign, key: str, actor: str, now: datetime) -> Campaign:
        """Stored before its tasks, which would find themselves stopped without it; as it was if this is a repeat."""
        test_id = ids.derive("camp", campaign.campaign_id, "test", actor, key)
        known = self.store.find(test_id)
        return known or self.store.save(
            Campaign(
                campaign_id=test_id,
                definition=replace(campaign.definition, rings=(), blast_radius=None, holdout_percent=0),
                node_path=campaign.node_path,
                made_by=actor,
                made_at=now,
                state=CampaignState.RECONCILING,
                due_at=now + _FIRST_LOOK,
                test_of=campaign.campaign_id,
            )
        )
