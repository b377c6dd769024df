"""Joins the steps of campaigns to their tables and queues; audiences and the audit log when a step asks for them."""

import functools
from typing import TYPE_CHECKING

from scrm.campaign.planning import CampaignRun
from scrm.campaign.stopping import TaskTallies
from scrm.runtime.campaign_joins import AuditedCampaigns, LibraryVersions
from scrm.runtime.environment import required
from scrm.runtime.run_time import invocation
from scrm.runtime.when_asked import when_asked
from scrm.runtime.wiring import campaign_settings, campaign_store, planner, send_tasks
from scrm.runtime.wiring.content_gate import content_gate

if TYPE_CHECKING:
    from scrm.campaign.campaign_ports import Audiences


def campaign_run() -> CampaignRun:
    """For one message or tick."""
    return CampaignRun(
        store=campaign_store.campaigns(),
        journal=when_asked(_journal),
        contents=LibraryVersions(content_gate()),
        audiences=when_asked(_audiences),
        tallies=TaskTallies(send_tasks.tasks()),
        slices=planner.slice_store(),
        queue=planner.planning_queue(),
        settings=campaign_settings.campaigns(),
        has_time=invocation.has_time,
    )


@functools.cache
def _journal() -> AuditedCampaigns:
    from scrm.audit.log import AuditLog  # noqa: PLC0415 - most looks change nothing
    from scrm.aws import session  # noqa: PLC0415
    from scrm.aws.audit_table import DynamoAuditStore  # noqa: PLC0415

    return AuditedCampaigns(AuditLog(DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb"))))


def _audiences() -> "Audiences":
    from scrm.runtime.wiring import frozen_audiences as joins  # noqa: PLC0415 - asked when a campaign begins

    return joins.audiences()


def reset() -> None:
    """Forget every built object; for tests."""
    _journal.cache_clear()
    content_gate.cache_clear()
    planner.reset()
    campaign_settings.reset()
    campaign_store.reset()
