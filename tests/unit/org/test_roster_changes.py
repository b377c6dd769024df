from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.org.roster import RejectedRow, RosterRow, RosterStatus
from scrm.org.roster_changes import RosterEntry, compared
from scrm.org.roster_order import RosterSpool, from_json, to_json

LAST_DAY = date(2026, 11, 30)
ACTIVE = RosterRow("rm_a", "王敏", "11", "理财经理", RosterStatus.ACTIVE, languages=frozenset({"粤语"}), capacity=300)
DEPARTING = replace(ACTIVE, status=RosterStatus.DEPARTING, last_day=LAST_DAY)
DEPARTED = replace(ACTIVE, status=RosterStatus.DEPARTED)
ON_LEAVE = replace(ACTIVE, status=RosterStatus.ON_LEAVE, last_day=LAST_DAY, successor_userid="rm_b")


def kinds(before: RosterRow | None, after: RosterRow | None) -> list[str]:
    last = [before] if before else []
    entries = [RosterEntry("rm_a", after)] if after else []
    return [change.kind.value for step in compared(last, entries) for change in step.changes()]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ACTIVE, ACTIVE, []),
        (ACTIVE, replace(ACTIVE, name="王明"), []),
        (ACTIVE, None, ["departed"]),
        (DEPARTING, None, ["departed"]),
        (DEPARTED, None, []),
        (ACTIVE, DEPARTED, ["departed"]),
        (DEPARTING, DEPARTED, ["departed"]),
        (ACTIVE, DEPARTING, ["departing"]),
        (DEPARTING, replace(DEPARTING, last_day=date(2026, 12, 31)), ["departing"]),
        (DEPARTING, replace(DEPARTING, successor_userid="rm_c"), ["departing"]),
        (DEPARTING, ACTIVE, ["corrected"]),
        (DEPARTED, ACTIVE, ["corrected"]),
        (DEPARTING, ON_LEAVE, ["corrected", "on_leave"]),
        (ACTIVE, ON_LEAVE, ["on_leave"]),
        (ON_LEAVE, replace(ON_LEAVE, last_day=None), ["on_leave"]),
        (ON_LEAVE, ACTIVE, ["returned"]),
        (ON_LEAVE, DEPARTED, ["departed"]),
        (ACTIVE, replace(ACTIVE, node_id="20"), ["transferred"]),
        (ACTIVE, replace(ACTIVE, post="支行行长"), ["transferred", "attributes"]),
        (DEPARTING, replace(DEPARTING, node_id="20"), []),
        (ACTIVE, replace(ACTIVE, capacity=None), ["attributes"]),
        (ACTIVE, replace(ACTIVE, languages=frozenset()), ["attributes"]),
        (None, ACTIVE, ["attributes"]),
        (None, DEPARTING, ["departing", "attributes"]),
        (None, DEPARTED, ["departed"]),
        (None, ON_LEAVE, ["on_leave", "attributes"]),
    ],
)
def test_change_from_one_roster_to_the_next(
    before: RosterRow | None, after: RosterRow | None, expected: list[str]
) -> None:
    assert kinds(before, after) == expected


def test_row_that_cannot_be_used_leaves_the_last_one_in_force() -> None:
    (step,) = compared([ACTIVE], [RosterEntry("rm_a", None)])

    assert (list(step.changes()), step.after, step.is_missing) == ([], ACTIVE, False)


userids = st.lists(st.sampled_from([f"rm_{letter}" for letter in "abcdefg"]), unique=True)


@given(userids, userids)
def test_every_userid_of_either_roster_is_seen_once(old: list[str], new: list[str]) -> None:
    last = [replace(ACTIVE, userid=userid) for userid in sorted(old)]
    entries = [RosterEntry(userid, replace(ACTIVE, userid=userid)) for userid in sorted(new)]

    steps = list(compared(last, entries))

    assert [step.userid for step in steps] == sorted({*old, *new})
    assert {step.userid for step in steps if step.is_missing} == {*old} - {*new}
    assert {step.userid for step in steps if step.after} == {*new}


@pytest.mark.parametrize("rows_in_memory", [1, 3, 100])
def test_rows_come_back_by_userid_however_few_fit_into_memory(rows_in_memory: int) -> None:
    rows = [replace(ON_LEAVE, userid=f"rm_{place * 7 % 10}") for place in range(10)]
    with RosterSpool(rows_in_memory) as roster:
        for line, row in enumerate(rows, start=2):
            roster.add((line, row))
        roster.seal()

        read_twice = [list(roster.entries()) for _ in range(2)]

    expected = [RosterEntry(row.userid, row) for row in sorted(rows, key=lambda row: row.userid)]
    assert read_twice == [expected, expected]


def test_every_row_of_a_doubled_userid_is_rejected_and_he_is_still_there() -> None:
    with RosterSpool(2) as roster:
        for line in (2, 5):
            roster.add((line, ACTIVE))
        roster.add((3, replace(ACTIVE, userid="rm_b")))
        roster.add(RejectedRow(4, "capacity: wrong", "rm_b"))
        roster.add(RejectedRow(6, "capacity: wrong", "rm_c"))
        roster.add(RejectedRow(7, "userid: empty"))

        count = roster.seal()

        entries, doubled = list(roster.entries()), list(roster.doubled())

    assert entries == [RosterEntry("rm_a", None), RosterEntry("rm_b", None), RosterEntry("rm_c", None)]
    assert (count, [row.line for row in doubled]) == (3, [2, 5, 3])


@pytest.mark.parametrize("row", [ACTIVE, DEPARTING, ON_LEAVE, replace(ACTIVE, capacity=None, languages=frozenset())])
def test_row_survives_being_written_down(row: RosterRow) -> None:
    assert from_json(to_json(row)) == row
