"""A branch is merged into another in mid-month: every event counts once, where it happened, and rates stay right."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from scrm.kpi.catalogue import Catalogue
from scrm.kpi.shipped import SHIPPED
from scrm.kpi.telling import FigureTelling, Node
from scrm.org.model import OrgNode
from scrm.runtime.kpi_joins import OrgNodesOfMonth
from scrm.targets.figures import FigureBook
from tests.fakes.kpi import FakeMarks
from tests.fakes.targets import FakeFigures
from tests.unit.kpi.test_rollup import World, fact

MERGED_AT = datetime(2027, 3, 15, 1, tzinfo=UTC)
NODES = [
    OrgNode("1", "总行", "/1/", "0"),
    OrgNode("10", "上海分行", "/1/10/", "1"),
    OrgNode("12", "浦东支行", "/1/10/12/", "10"),
    OrgNode("20", "浦东分行", "/1/20/", "1", closed_at=MERGED_AT),
    OrgNode("21", "陆家嘴支行", "/1/20/21/", "20", closed_at=MERGED_AT),
]


class Organisation:
    def all_nodes(self) -> Iterator[OrgNode]:
        return iter(NODES)


def added(event: str, day: int, path: str, userid: str, month: int = 3) -> dict[str, object]:
    return fact(event, datetime(2027, month, day, 4, tzinfo=UTC), path, userid)


@pytest.fixture
def world() -> World:
    """One add a week: rm_old of the branch that goes, who sits in the other one from the 15th on, and rm_stays."""
    found = World()
    for day, path in ((3, "/1/20/21/"), (10, "/1/20/21/"), (17, "/1/10/12/"), (24, "/1/10/12/")):
        found.now = datetime(2027, 3, day, 6, tzinfo=UTC)
        found.tell("contact_added", added(f"old-{day}", day, path, "rm_old"))
        found.tell("contact_added", added(f"stays-{day}", day, "/1/10/12/", "rm_stays"))
        found.run()
    found.now = datetime(2027, 3, 25, 6, tzinfo=UTC)
    found.tell("contact_added", added("old-10", 10, "/1/20/21/", "rm_old"))  # told again after the merger
    found.run()
    standing = {"active_rms": 2, "roster_rms": 2, "covered_customers": 6, "bank_customers": 10}
    before = {
        "20": {**standing, "active_rms": 1, "roster_rms": 1},
        "10": {**standing, "active_rms": 1, "roster_rms": 1},
    }
    found.stores.measures.stand(date(2027, 3, 14), "usage", 1, {"1": standing, **before})
    found.stores.measures.stand(date(2027, 3, 31), "usage", 1, {"1": standing, "10": standing, "12": standing})
    return found


def told(world: World, month: str) -> FakeFigures:
    figures = FakeFigures()
    telling = FigureTelling(
        world.stores.measures,
        FigureBook(figures),
        OrgNodesOfMonth(Organisation()),
        FakeMarks(),
        lambda: Catalogue(SHIPPED),
        frozenset,
        lambda _: None,
        "1",
    )
    telling.tell(month, month, datetime(2027, 5, 6, tzinfo=UTC), date(2027, 5, 5))
    return figures


def numerator(figures: FakeFigures, node_id: str, kpi: str, month: str = "2027-03") -> int | None:
    found = figures.latest(node_id, kpi, month, month).get(month)
    return found.figure.numerator if found and found.figure else None


def test_what_happened_before_the_merger_stays_with_the_branch_that_went(world: World) -> None:
    figures = told(world, "2027-03")

    added = {node_id: numerator(figures, node_id, "added") for node_id in ("1", "10", "12", "20", "21")}

    assert added == {"1": 8, "10": 6, "12": 6, "20": 2, "21": 2}
    assert world.stores.measures.of_members("21", date(2027, 3, 1), date(2027, 3, 31)).keys() == {"rm_old"}


def test_where_it_stands_is_told_of_the_branch_that_is_left(world: World) -> None:
    figures = told(world, "2027-03")

    usage = figures.latest("10", "staff_usage_rate", "2027-03", "2027-03")["2027-03"].figure
    assert usage is not None
    assert (usage.numerator, usage.denominator) == (2, 2)
    assert numerator(figures, "20", "staff_usage_rate") is None
    assert numerator(figures, "1", "staff_usage_rate") == 2


def test_the_branch_that_went_has_no_figure_of_later_months(world: World) -> None:
    world.now = datetime(2027, 4, 7, 6, tzinfo=UTC)
    world.tell("contact_added", added("april", 7, "/1/10/12/", "rm_old", month=4))
    world.run()

    figures = told(world, "2027-04")

    assert numerator(figures, "10", "added", "2027-04") == 1
    assert numerator(figures, "20", "added", "2027-04") is None


def test_a_node_that_was_closed_belongs_to_the_month_it_was_closed_in() -> None:
    def of(first: date) -> list[Node]:
        return list(OrgNodesOfMonth(Organisation()).of_month(first))

    assert "20" in {node.node_id for node in of(date(2027, 3, 1))}
    assert "20" not in {node.node_id for node in of(date(2027, 4, 1))}
    assert replace(of(date(2027, 4, 1))[1], path="") == Node("10", "", "1")
