"""The limits that the morning judges by: those of the settings, with their version."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from scrm.adds.rules import AddRules
from scrm.runtime.wiring import adds, adds_settings, bank_settings
from scrm.settings.adds import TOPIC
from scrm.settings.errors import InvalidSettingsError
from tests.fakes.settings import MemorySettingsStore

AT: Final = datetime(2027, 3, 10, tzinfo=UTC)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemorySettingsStore]:
    made = MemorySettingsStore()
    monkeypatch.setattr(bank_settings, "store", lambda: made)
    adds_settings.reset()
    yield made
    adds_settings.reset()


def test_without_settings_the_defaults_hold_as_version_0(store: MemorySettingsStore) -> None:
    assert adds_settings.rules() == (AddRules(), 0)
    assert adds.appealable_for() == timedelta(days=90)


def test_what_the_bank_set_holds_under_its_version(store: MemorySettingsStore) -> None:
    assert store.write(TOPIC, {"kept_days": 14, "staff_tiers": ["own"], "appeal_days": 120}, 0, "operator:a", AT)

    assert adds_settings.rules() == (AddRules(kept_days=14, staff_tiers=frozenset({"own"})), 1)
    assert adds.appealable_for() == timedelta(days=120)


def test_a_stored_document_that_does_not_fit_stops_no_morning(
    store: MemorySettingsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[InvalidSettingsError] = []
    monkeypatch.setattr(bank_settings, "report_invalid", told.append)
    assert store.write(TOPIC, {"kept_days": 0}, 0, "operator:a", AT)

    assert adds_settings.rules() == (AddRules(), 0)
    assert [error.topic for error in told] == [TOPIC]
