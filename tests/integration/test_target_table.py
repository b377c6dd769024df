"""Plans, overrides and figures on DynamoDB as the engine has it; terms and splits on S3."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scrm.aws import session
from scrm.aws.pilot_exits import DynamoPilotExits
from scrm.aws.table import Table
from scrm.aws.target_table import DynamoFigures, DynamoOverrides, DynamoPlans
from scrm.targets.figures import MonthFigure
from scrm.targets.overrides import Override, WantedOverride
from scrm.targets.plans import PlanState, PlanVersion, StalePlanError
from scrm.targets.rollout import RecordedExit
from scrm.targets.stages import Figure
from scrm.two_persons import RequestState, StaleRequestError
from tests.engine import EngineTables

AT = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture
def table(tables: EngineTables) -> Iterator[Table]:
    session.reset()
    yield Table(session.client("dynamodb"), tables.names["TargetsTable"])
    session.reset()


def plan(version: int, kpi: str = "aum") -> PlanVersion:
    return PlanVersion(f"2027-{kpi}", version, kpi, 2027, "0" * 64, "operator:a", AT)


def test_versions_of_a_plan_are_added_once_and_replaced_together(table: Table) -> None:
    store = DynamoPlans(table)
    first = store.add(plan(1), None)
    with pytest.raises(StalePlanError):
        store.add(plan(1), None)
    store.add(plan(1, "aum2"), None)
    approved = store.decide(replace(first, state=PlanState.APPROVED, decided_by="operator:b", decided_at=AT), None)
    with pytest.raises(StalePlanError):
        store.add(plan(2), first)
    second = store.add(plan(2), approved)
    [approved, _] = store.versions("2027-aum")
    with pytest.raises(StalePlanError):
        store.decide(replace(first, state=PlanState.REJECTED), None)
    store.decide(replace(second, state=PlanState.APPROVED, decided_at=AT), replace(approved, state=PlanState.REPLACED))
    assert [(one.version, one.state) for one in store.versions("2027-aum")] == [
        (1, PlanState.REPLACED),
        (2, PlanState.APPROVED),
    ]
    assert [one.plan_id for one in store.of_year(2027)] == ["2027-aum", "2027-aum", "2027-aum2"]


def test_overrides_are_found_from_below_and_decided_over_what_was_read(table: Table) -> None:
    store = DynamoOverrides(table)
    wanted = WantedOverride("aum", "10", "/1/10/", AT + timedelta(days=9), "new branch")
    asked = store.save(Override("gate_1", wanted, "operator:a", AT))
    assert store.at_or_above("/1/10/12/") == []
    approved = store.save(replace(asked, state=RequestState.APPROVED, decided_by="operator:b", decided_at=AT, note="x"))
    with pytest.raises(StaleRequestError):
        store.save(replace(asked, state=RequestState.REJECTED))
    assert store.find("gate_1") == approved
    assert store.at_or_above("/1/10/12/") == [approved]
    assert store.at_or_above("/1/100/") == []
    assert store.page("/1/", None, 10).items == (approved,)
    assert store.page("/1/20/", None, 10).items == ()


def test_the_first_record_of_an_exit_stays(table: Table) -> None:
    store = DynamoPilotExits(table)
    first = RecordedExit("exit_1", "10", "/1/10/", '{"through":"2027-05"}', "operator:a", AT)
    later = replace(first, exit_id="exit_2", recorded_at=AT + timedelta(days=1))

    added = [store.add(one) for one in (first, replace(first, recorded_by="operator:b"), later)]

    assert added == [True, False, True]
    assert (store.find("exit_1"), store.find("exit_3")) == (first, None)
    assert store.all() == [later, first]


def test_the_latest_version_of_a_figure_counts_and_none_is_overwritten(table: Table) -> None:
    store = DynamoFigures(table)

    def told(month: str, numerator: int, version: int, kpi: str = "aum") -> MonthFigure:
        figure = Figure(numerator, 3 if kpi == "rate" else None, date(2027, 1, 31))
        return MonthFigure("10", kpi, month, figure, "core", "operator:a", AT, version)

    assert store.add(told("2027-01", 5, 1))
    assert not store.add(told("2027-01", 6, 1))
    assert store.add(told("2027-01", 6, 2))
    assert store.add(told("2027-02", 7, 1))
    assert store.add(told("2027-01", 1, 1, "rate"))
    found = store.latest("10", "aum", "2027-01", "2027-01")
    assert found == {"2027-01": told("2027-01", 6, 2)}
    assert sorted(store.latest("10", "aum", "2026-12", "2027-12")) == ["2027-01", "2027-02"]
    assert store.latest("10", "rate", "2027-01", "2027-01") == {"2027-01": told("2027-01", 1, 1, "rate")}
    hidden = replace(told("2027-01", 0, 3), figure=None)
    assert store.add(hidden)
    assert store.latest("10", "aum", "2027-01", "2027-01") == {"2027-01": hidden}
