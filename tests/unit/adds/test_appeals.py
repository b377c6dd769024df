"""Two persons, a reason, and nothing twice."""

from datetime import UTC, datetime
from typing import Final

import pytest

from scrm.adds.appeals import (
    Appeal,
    Appeals,
    AppealState,
    NotAppealableError,
    ReasonMissingError,
    SamePersonError,
    UnknownAddError,
    counts,
)
from scrm.adds.model import Add, Company, Evidence, Judgement, State
from tests.fakes.adds import FakeAppeals, FakeJudgements

AT: Final = datetime(2027, 3, 10, 3, tzinfo=UTC)
ADD: Final = Add("rm_li", "/1/10/12/", "wm1", AT, customer_key="k1", home_path="/1/10/15/")
OUT: Final = Judgement(Evidence(ADD, 0, Company(), Company()), State.EXCLUDED, (), 0, ADD.day)
PLACE: Final = (ADD.day, "10", ADD.add_id)


@pytest.fixture
def told() -> list[Appeal]:
    return []


@pytest.fixture
def desk(told: list[Appeal]) -> Appeals:
    return Appeals(FakeJudgements([OUT]), FakeAppeals(), lambda _, appeal: told.append(appeal), lambda: AT)


def test_a_granted_appeal_counts_and_is_told_again_on_repeat(desk: Appeals, told: list[Appeal]) -> None:
    opened = desk.appeal(*PLACE, by="manager", reason=" he is my neighbour ")
    assert desk.appeal(*PLACE, by="manager", reason="once more") == opened
    granted = desk.decide(*PLACE, by="auditor", reason="true", granted=True)
    assert desk.decide(*PLACE, by="auditor", reason="true", granted=True) == granted
    assert counts(OUT, granted)
    assert not counts(OUT, opened)
    assert told == [granted, granted]


def test_a_rejected_appeal_stays_rejected(desk: Appeals, told: list[Appeal]) -> None:
    desk.appeal(*PLACE, by="manager", reason="r")
    rejected = desk.decide(*PLACE, by="auditor", reason="r", granted=False)
    assert rejected.state is AppealState.REJECTED
    with pytest.raises(NotAppealableError):
        desk.decide(*PLACE, by="auditor", reason="r", granted=True)
    with pytest.raises(NotAppealableError):
        desk.appeal(*PLACE, by="manager", reason="r")
    assert not told


@pytest.mark.parametrize("by", ["manager", "rm_li"])
def test_who_appealed_and_whose_add_it_is_decide_nothing(desk: Appeals, by: str) -> None:
    desk.appeal(*PLACE, by="manager", reason="r")
    with pytest.raises(SamePersonError):
        desk.decide(*PLACE, by=by, reason="r", granted=True)


def test_an_appeal_wants_a_reason_an_excluded_add_and_one_that_exists(desk: Appeals) -> None:
    with pytest.raises(ReasonMissingError):
        desk.appeal(*PLACE, by="manager", reason="  ")
    with pytest.raises(UnknownAddError):
        desk.appeal(ADD.day, "10", "add_unknown", by="manager", reason="r")
    with pytest.raises(NotAppealableError):
        desk.decide(*PLACE, by="auditor", reason="r", granted=True)
