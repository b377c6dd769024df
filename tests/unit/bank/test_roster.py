"""The HR roster of a bank."""

import csv
import io

import pytest

from local.bank import demo_world
from local.bank.roster import COLUMNS, roster_csv, roster_rows

WORLD = demo_world()
RM = next(row["userid"] for row in WORLD["members"] if row["userid"].startswith("rm_"))


def test_everybody_is_on_the_roster_once_in_their_department() -> None:
    rows = roster_rows(WORLD)

    assert [row["userid"] for row in rows] == sorted(member["userid"] for member in WORLD["members"])
    departments = {member["userid"]: str(member["main_department"]) for member in WORLD["members"]}
    assert {row["userid"]: row["node_id"] for row in rows} == departments
    assert {row["status"] for row in rows} == {"active"}
    assert {row["post"] for row in rows} == {"客户经理", "支行行长", "分行行长"}


def test_those_who_serve_customers_have_abilities_and_a_capacity_and_managers_none() -> None:
    rows = roster_rows(WORLD)

    for row in rows:
        serves = row["userid"].startswith("rm_")
        assert bool(row["languages"] and row["qualifications"] and row["capacity"]) == serves
    assert len({row["qualifications"] for row in rows}) > 2
    assert rows == roster_rows(demo_world())


def test_a_change_shows_and_who_is_gone_is_missing() -> None:
    gone = WORLD["members"][0]["userid"]

    rows = roster_rows(WORLD, changes={RM: {"status": "departing", "last_day": "2026-12-31"}}, without={gone})

    (changed,) = (row for row in rows if row["userid"] == RM)
    assert (changed["status"], changed["last_day"]) == ("departing", "2026-12-31")
    assert gone not in {row["userid"] for row in rows}


@pytest.mark.parametrize("changes", [{"nobody": {"status": "departed"}}, {RM: {"salary": "1"}}])
def test_a_change_of_nothing_is_refused(changes: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="no such member or column"):
        roster_rows(WORLD, changes=changes)


def test_the_file_reads_back_as_the_rows() -> None:
    rows = roster_rows(WORLD, changes={RM: {"name": '王"小,敏'}})

    text = roster_csv(rows)

    assert list(csv.DictReader(io.StringIO(text, newline=""))) == rows
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert text.count("\r\n") == len(rows) + 1
