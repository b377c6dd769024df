"""A ledger in memory over New Year, whose ISO week is the 53rd."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from scrm.homes import OwnerMove
from scrm.pressure.ledger import PressureLedger
from scrm.pressure.model import PressureClass, Touch
from scrm.pressure.shelf import notes_of
from scrm.pressure.weeks import weeks_between
from tests.fakes.pressure import FakeCaps, FakePressureStore

T0 = datetime.fromisoformat("2026-12-30T10:00:00+08:00")  # Wednesday of 2026-W53
W53, W01 = "2026-W53", "2027-W01"


@dataclass
class Desk:
    """The ledger with its ports, and a clock the test moves."""

    store: FakePressureStore = field(default_factory=FakePressureStore)
    caps: FakeCaps = field(default_factory=FakeCaps)
    moment: datetime = T0
    pauses: list[int] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def ledger(self) -> PressureLedger:
        return PressureLedger(self.store, self.caps, lambda: self.moment, self.pauses.append)

    def touch(self, touch_id: str, *, days: float = 1, priority: int = 0, displaceable: bool = False) -> Touch:
        until = self.moment + timedelta(days=days)
        weeks = weeks_between(self.moment, until)
        return Touch(touch_id, PressureClass.PUSH, weeks, until, priority, displaceable)

    def of_class(self, touch_id: str, pressure_class: PressureClass) -> Touch:
        return replace(self.touch(touch_id), pressure_class=pressure_class)

    def move(self, customer: str, from_userid: str, to_userid: str) -> None:
        self.versions[customer] = self.versions.get(customer, 1) + 1
        moved = OwnerMove(customer, from_userid, to_userid, self.versions[customer])
        self.store.add(notes_of([moved], self.moment))

    def pushes(self, owner: str, customer: str) -> dict[str, tuple[int, int]]:
        """(held, settled) by week."""
        found = self.ledger.counts_of(owner, customer)
        return {one.week: (one.held, one.settled) for one in found if one.pressure_class is PressureClass.PUSH}


@pytest.fixture
def desk() -> Desk:
    return Desk()
