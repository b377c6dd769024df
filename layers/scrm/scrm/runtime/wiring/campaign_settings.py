"""A bank's settings of campaigns, kept for half a minute by each process: a minute after a stop nothing leaves (O4)."""

import functools
from dataclasses import replace
from datetime import timedelta
from typing import Final

from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.quiet_hours import WorkingHours
from scrm.campaign.settings import CampaignSettings
from scrm.runtime.wiring import bank_settings
from scrm.settings.campaigns import TOPIC, CampaignDocument
from scrm.settings.reader import SettingsReader

KEPT_FOR: Final = timedelta(seconds=30)


@functools.cache
def reader() -> SettingsReader[CampaignDocument]:
    return SettingsReader(
        bank_settings.store(), TOPIC, CampaignDocument, bank_settings.report_invalid, kept_for=KEPT_FOR
    )


def campaigns() -> CampaignSettings:
    """What is in force now for who plans and operates campaigns."""
    found = reader().current()
    return CampaignSettings(moved_percent=found.moved_percent, seeds=found.seeds)


def dispatch() -> DispatchSettings:
    """What is in force now for who creates and follows tasks."""
    found = reader().current()
    return replace(
        DispatchSettings(),
        quiet_from=found.quiet_from,
        quiet_until=found.quiet_until,
        working_hours={
            node_id: WorkingHours(hours.begins, hours.ends, frozenset(hours.weekdays))
            for node_id, hours in found.working_hours.items()
        },
        reminders=found.reminders,
        horizon=found.horizon,
    )


def is_sending_stopped() -> bool:
    """The bank's kill switch, at most half a minute old."""
    return reader().current().sending_stopped


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
