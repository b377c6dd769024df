"""The topic ``campaigns``: working hours by node, as the dispatch reads them (S37)."""

from datetime import time
from typing import Any

import pytest

from scrm.campaign.quiet_hours import WorkingHours
from scrm.runtime.wiring import bank_settings, campaign_settings
from scrm.settings.campaigns import TOPIC, CampaignDocument
from scrm.settings.change import SettingsChange
from scrm.settings.errors import InvalidSettingsError
from tests.fakes.settings import MemorySettingsStore, RecordedChanges
from tests.fakes.wecom import START

OFFICE = {"begins": "09:00", "ends": "18:00", "weekdays": [1, 2, 3, 4, 5]}


def changed(document: dict[str, Any]) -> MemorySettingsStore:
    store = MemorySettingsStore()
    SettingsChange(store, RecordedChanges(), TOPIC, CampaignDocument).replace(document, 0, "op_chen", START)
    return store


def test_the_dispatch_obeys_the_hours_that_the_bank_set(monkeypatch: pytest.MonkeyPatch) -> None:
    store = changed({"working_hours": {"10": OFFICE, "20": {"begins": "10:00", "ends": "16:00"}}})
    monkeypatch.setattr(bank_settings, "store", lambda: store)
    campaign_settings.reset()

    found = campaign_settings.dispatch()
    campaign_settings.reset()

    assert found.working_hours == {
        "10": WorkingHours(time(9), time(18), frozenset({1, 2, 3, 4, 5})),
        "20": WorkingHours(time(10), time(16)),
    }
    assert found.quiet_from == time(21)


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({"10": OFFICE | {"ends": "08:00"}}, "working_hours"),
        ({"10": OFFICE | {"weekdays": [0]}}, "weekdays"),
        ({"10": OFFICE | {"weekdays": [1, 1]}}, "weekdays"),
        ({"10": OFFICE | {"weekdays": []}}, "weekdays"),
        ({"10": {"begins": "09:00"}}, "ends"),
        ({"branch ten": OFFICE}, "working_hours"),
    ],
)
def test_hours_that_are_none_are_refused_with_their_field(hours: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettingsError, match=field):
        changed({"working_hours": hours})
