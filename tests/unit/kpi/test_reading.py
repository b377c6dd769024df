"""What is hidden at a node is not read by another way down."""

from datetime import date

from scrm.kpi.figures import Absence
from scrm.kpi.reading import FigureReader
from scrm.runtime.kpi_joins import catalogue_of
from scrm.settings.kpi import DefinitionDocument, KpiDocument
from scrm.targets.figures import FigureBook
from tests.fakes.kpi import MeasuresByHand
from tests.fakes.targets import FakeFigures

OWN = DefinitionDocument(
    kpi="likes_each",
    version=1,
    title="客户人均点赞",
    unit="rate",
    aggregation="ratio_of_sums",
    numerator=("moment_likes",),
    denominator=("customers_came",),
    source="contacts",
    as_of="event_day",
    owner_level="branch",
    cell="customers_came",
)


def test_a_figure_about_customers_own_affairs_is_not_read_by_member() -> None:
    measures, day = MeasuresByHand(), date(2027, 3, 10)
    measures.put("1", day, moment_likes=40, customers_came=90)
    measures.members["12"] = {"rm_li": {day: {"moment_likes": 3, "customers_came": 1}}}
    catalogue = catalogue_of(KpiDocument(definitions=(OWN,)))
    book, today = FigureBook(FakeFigures()), date(2027, 4, 6)
    reader = FigureReader(measures, book, lambda: catalogue, "1", lambda: today, lambda _name, _month: None)

    found = reader.of_members("likes_each", "12", "2027-03")["rm_li"]

    assert (found.figure, found.absent) == (None, Absence.TOO_FEW)
