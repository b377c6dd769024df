"""A member's userid changes while cases name him."""

from dataclasses import replace

import pytest

from scrm.handover.edges import ChunkKind
from scrm.handover.model import CaseState
from scrm.handover.rename import CaseRename
from tests.fakes.handover import LEAVER, TAKER
from tests.unit.handover.conftest import Bank

NEW = "rm_renamed"


@pytest.mark.parametrize("times", [1, 2])
def test_open_case_of_a_renamed_leaver_goes_on_under_the_new_userid(bank: Bank, times: int) -> None:
    case = bank.plan(bank.open(TAKER))

    for _ in range(times):
        CaseRename(bank.cases).rename(LEAVER, NEW)

    assert {chunk.handover_userid for chunk in bank.chunks(case)} == {NEW}
    assert bank.latest(case).handover_userid == NEW
    assert bank.cases.latest_case_of(LEAVER) is None
    found = bank.cases.latest_case_of(NEW)
    assert found is not None
    assert (found[0].case_id, found[1]) == (case.case_id, 1)


def test_case_in_which_a_renamed_member_takes_over_is_found_and_polled_under_the_new_userid(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))
    bank.submit_all(case)

    CaseRename(bank.cases).rename(TAKER, NEW)

    chunks = bank.chunks(case)
    attempts = [attempt for chunk in chunks for edge in chunk.edges for attempt in edge.attempts]
    assert {chunk.takeover_userid for chunk in chunks} == {NEW}
    assert {attempt.takeover_userid for attempt in attempts} == {NEW}
    assert (bank.latest(case).successors, bank.latest(case).requested_successors) == ((NEW,), (NEW,))
    assert list(bank.cases.cases_taken_over_by(NEW)) == [case.case_id]
    assert list(bank.cases.cases_taken_over_by(TAKER)) == []


def test_closed_case_keeps_the_userid_of_its_time_and_is_found_under_the_new_one(bank: Bank) -> None:
    case = bank.open(TAKER)
    closed = bank.cases.by_id[case.case_id] = replace(case, state=CaseState.CLOSED)

    CaseRename(bank.cases).rename(LEAVER, NEW)

    found = bank.cases.latest_case_of(NEW)
    assert found is not None
    assert found[0] == closed


def test_nobody_is_renamed_to_himself(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))
    before = bank.latest(case)

    CaseRename(bank.cases).rename(TAKER, TAKER)

    assert bank.latest(case) == before
    assert [chunk.kind for chunk in bank.chunks(case)] == [ChunkKind.CUSTOMERS, ChunkKind.GROUPS]
