"""What a schedule's function tells the local run's clock."""

from datetime import UTC, datetime

import pytest

from scrm.runtime import ticks

NEXT = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


@pytest.fixture
def local_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCK_URL", "http://127.0.0.1:1/clock")


@pytest.mark.usefixtures("local_run")
def test_until_when_nothing_falls_due() -> None:
    assert ticks.told(0, lambda: NEXT) == {"nothing_due_until": "2026-11-30T02:00:00.000Z"}
    assert ticks.told(0, lambda: None)["nothing_due_until"].startswith("9999-12-31")


@pytest.mark.usefixtures("local_run")
def test_who_found_something_may_find_more() -> None:
    assert ticks.told(1, lambda: NEXT) == {}


def test_in_production_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOCK_URL", raising=False)

    def asked() -> datetime:
        raise AssertionError

    assert ticks.told(0, asked) == {}
