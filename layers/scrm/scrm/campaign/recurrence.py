"""Recurring campaigns: each start makes the next campaign of the series, already approved and scheduled."""

from datetime import datetime, timedelta
from typing import Final

from scrm.campaign.model import Campaign, Every, RingProgress, occurrence_id_of
from scrm.campaign.terms import CampaignState
from scrm.clock import BUSINESS_ZONE

LATEST_DAY_OF_MONTH: Final = 28


def may_start(campaign: Campaign, starts_at: datetime) -> bool:
    """A monthly one needs a day that every month has."""
    wanted = campaign.definition.recurrence
    monthly = wanted is not None and wanted.every is Every.MONTH
    return not monthly or starts_at.astimezone(BUSINESS_ZONE).day <= LATEST_DAY_OF_MONTH


def following(campaign: Campaign, valid_until: datetime, now: datetime) -> Campaign | None:
    """The series' next campaign; None after its end, or when its content will not be valid any more.

    It has the approval of this one: its audience is compared with the one that was approved, so a series goes back to a
    person once its audience has moved too far.
    """
    wanted, starts_at = campaign.definition.recurrence, _next_start(campaign)
    if wanted is None or starts_at is None or starts_at > wanted.until or starts_at >= valid_until:
        return None
    return Campaign(
        campaign_id=following_id(campaign),
        definition=campaign.definition,
        node_path=campaign.node_path,
        made_by=campaign.made_by,
        made_at=now,
        state=CampaignState.SCHEDULED,
        submission=campaign.submission,
        review=campaign.review,
        starts_at=starts_at,
        rings=tuple(RingProgress(ring.name) for ring in campaign.rings),
        due_at=starts_at,
        series_id=campaign.series_id or campaign.campaign_id,
    )


def following_id(campaign: Campaign) -> str:
    """Where the next one is, or would be; empty for a campaign that does not recur."""
    starts_at = _next_start(campaign)
    if starts_at is None:
        return ""
    day = starts_at.astimezone(BUSINESS_ZONE).date().isoformat()
    return occurrence_id_of(campaign.series_id or campaign.campaign_id, day)


def _next_start(campaign: Campaign) -> datetime | None:
    wanted = campaign.definition.recurrence
    if wanted is None or campaign.starts_at is None:
        return None
    local = campaign.starts_at.astimezone(BUSINESS_ZONE)
    if wanted.every is Every.DAY:
        local += timedelta(days=1)
    else:
        year, month = divmod(local.year * 12 + local.month, 12)
        local = local.replace(year=year, month=month + 1)
    return local.astimezone(campaign.starts_at.tzinfo)
