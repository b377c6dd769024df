"""The calendar of a node: its own plans and those from above, by week, with the KPI mix (S29)."""

from datetime import date

import pytest

from scrm.content.calendar import CalendarChannel, Planned
from tests.fakes.content import Library

MONDAY = date(2026, 12, 28)  # of ISO week 53


def planned(node_id: str, day: date, kpi: str = "card_binding") -> Planned:
    return Planned(node_id, day, CalendarChannel.MOMENTS, kpi)


def test_a_week_holds_what_customers_of_a_node_hear() -> None:
    calendar = Library().calendar
    sunday = date(2027, 1, 3)
    for number, (node_id, day, kpi) in enumerate(
        [
            ("10", sunday, "card_binding"),
            ("1", MONDAY, "aum_growth"),
            ("12", MONDAY, "card_binding"),
            ("20", MONDAY, "another_branch"),
            ("10", date(2027, 1, 4), "next_week"),
            ("10", date(2026, 12, 27), "last_week"),
        ]
    ):
        calendar.plan(planned(node_id, day, kpi), "operator:branch", str(number))

    week = calendar.week("/1/10/12/", 2026, 53)

    assert [(each.planned.node_id, each.planned.day) for each in week.entries if each.planned.day > MONDAY] == [
        ("10", sunday)
    ]
    assert {each.planned.node_id for each in week.entries} == {"1", "10", "12"}
    assert week.mix == {"aum_growth": 1, "card_binding": 2}
    assert (week.monday, calendar.week("/1/10/", 2026, 53).mix) == (MONDAY, {"aum_growth": 1, "card_binding": 1})


def test_the_same_key_is_the_same_entry_and_it_can_be_dropped() -> None:
    calendar = Library().calendar
    first = calendar.plan(planned("10", MONDAY), "operator:branch", "key")

    again = calendar.plan(planned("10", MONDAY), "operator:branch", "key")

    assert again == first
    assert calendar.drop("10", MONDAY, first.entry_id)
    assert not calendar.drop("10", MONDAY, first.entry_id)
    assert calendar.week("/1/10/", 2026, 53).entries == ()


def test_a_year_without_that_week_is_refused() -> None:
    with pytest.raises(ValueError, match="week"):
        Library().calendar.week("/1/", 2027, 53)
