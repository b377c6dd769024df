"""A morning from the schedule to the table of measures: simulator, queue, bucket and tables of the local engine."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import pytest

from functions.kpi_collect import handler
from scrm import clock
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.table import Table
from scrm.clock import BUSINESS_ZONE
from tests.engine import EngineTables
from tests.local_bank import Context, LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine
CUSTOMERS: Final = 3


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    with local_bank(tables, small_world(CUSTOMERS, 4), monkeypatch) as bank:
        bank.full_pass()
        yield bank


def half_past_six(bank: LocalBank) -> date:
    """Of a Thursday: figures of the simulator are of working days. The day that was counted last."""
    clock.refresh()
    here = clock.now().astimezone(BUSINESS_ZONE)
    days = (3 - here.weekday()) % 7 or 7
    morning = datetime.combine(here.date() + timedelta(days=days), datetime.min.time(), BUSINESS_ZONE)
    bank.sim.control.advance((morning + timedelta(hours=6, minutes=30) - here).total_seconds())
    clock.refresh()
    return morning.date() - timedelta(days=1)


def collect(bank: LocalBank) -> None:
    handler.lambda_handler({"schedule": handler.MORNING}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()


def told(tables: EngineTables, node_id: str, day: date) -> dict[str, int]:
    table = Table(tables.client, tables.names["KpiTable"])
    return dict(DynamoKpiMeasures(table).of_days(node_id, day, day).get(day, {}))


def test_a_morning_tells_usage_and_pool_of_every_node_and_twice_the_same(bank: LocalBank, tables: EngineTables) -> None:
    day = half_past_six(bank)
    collect(bank)
    whole = told(tables, "1", day)
    assert whole["pool_size"] == CUSTOMERS
    assert whole["roster_rms"] >= 3
    assert 0 < whole["active_rms_day"] <= whole["active_rms"] <= whole["roster_rms"]
    assert whole["messages_sent"] >= whole["active_rms_day"]
    assert "bank_customers" not in whole

    calls = len(bank.sim.control.calls(path="externalcontact/get_user_behavior_data"))
    collect(bank)
    assert told(tables, "1", day) == whole
    assert len(bank.sim.control.calls(path="externalcontact/get_user_behavior_data")) == calls


def test_the_day_before_is_told_too(bank: LocalBank, tables: EngineTables) -> None:
    day = half_past_six(bank)
    collect(bank)
    assert told(tables, "1", day - timedelta(days=1))["roster_rms"] == told(tables, "1", day)["roster_rms"]
