"""Reports of months that are over follow what is told of them, however runs break off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from scrm import clock
from scrm.kpi.report import Place
from scrm.kpi.telling import Told
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import kpi_telling as wiring
from scrm.runtime.work import figures
from tests.fakes.kpi import FakeMarks

NOW = datetime(2027, 4, 20, 2, tzinfo=UTC)


@dataclass
class Desk:
    """In the place of the telling, of its clock and of the reports."""

    marks: FakeMarks = field(default_factory=FakeMarks)
    runs: list[Told] = field(default_factory=list)
    made: list[tuple[str, str]] = field(default_factory=list)
    time_for: int = 100

    @property
    def reports(self) -> "Desk":
        return self

    @property
    def places(self) -> "Desk":
        return self

    def below(self, node_id: str, month: str) -> Sequence[Place]:
        return [Place("10", "", "/1/10/"), Place("20", "", "/1/20/")]

    def run(self, *_: object) -> Told:
        return self.runs.pop(0)

    def make(self, node_id: str, month: str, now: datetime) -> Mapping[str, str]:
        self.made.append((month, node_id))
        return {}

    def has_time(self) -> bool:
        self.time_for -= 1
        return self.time_for >= 0


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    for name, part in (("telling", made), ("reports", made), ("marks", made.marks)):
        monkeypatch.setattr(wiring, name, lambda part=part: part)
    monkeypatch.setattr(invocation, "has_time", made.has_time)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return made


def told(*months: str, changed: tuple[str, ...] = (), is_done: bool = True) -> Told:
    return Told(3, 9, len(changed), months, is_done, changed)


def test_a_month_whose_first_half_changed_is_reported_although_the_second_did_not(desk: Desk) -> None:
    desk.runs = [told(changed=("2027-02",), is_done=False), told("2027-02")]
    desk.time_for = 0
    figures.tell()
    desk.time_for = 100

    figures.tell()

    assert desk.made == [("2027-02", node_id) for node_id in ("1", "10", "20")]


def test_reports_of_a_month_long_over_are_gone_on_with_when_nothing_more_is_told_of_it(desk: Desk) -> None:
    desk.runs = [told("2026-09", changed=("2026-09",)), told()]
    desk.time_for = 1
    figures.tell()
    desk.time_for = 100

    figures.tell()

    assert desk.made == [("2026-09", node_id) for node_id in ("1", "10", "20")]


def test_a_month_of_which_nothing_changed_keeps_its_reports_and_the_running_one_has_none(desk: Desk) -> None:
    desk.runs = [told("2027-04", "2027-03", changed=("2027-04",))]

    figures.tell()

    assert desk.made == []
