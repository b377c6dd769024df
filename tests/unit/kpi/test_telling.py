"""A month's figures of every node reach the book of targets and gates."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from scrm.kpi.catalogue import Catalogue
from scrm.kpi.shipped import SHIPPED
from scrm.kpi.telling import FigureTelling, Node, Told
from scrm.runtime.kpi_joins import catalogue_of
from scrm.runtime.target_joins import ladder_of
from scrm.settings.kpi import KpiDocument
from scrm.settings.targets import TargetsDocument
from scrm.targets.figures import FigureBook, MonthFigure
from scrm.targets.stages import Finding
from tests.fakes.kpi import FakeMarks, FakeNodes, MeasuresByHand
from tests.fakes.targets import FakeFigures
from tests.unit.kpi.test_catalogue import CARDS

NOW = datetime(2027, 4, 3, 22, 30, tzinfo=UTC)
LAST = date(2027, 3, 31)
NODES = [
    Node("1", "/1/", ""),
    Node("10", "/1/10/", "1"),
    Node("20", "/1/20/", "1"),
    Node("11", "/1/10/11/", "10"),
    Node("12", "/1/10/12/", "10"),
]
URGENT = frozenset({"staff_usage_rate", "added"})


@dataclass
class Bank:
    measures: MeasuresByHand = field(default_factory=MeasuresByHand)
    figures: FakeFigures = field(default_factory=FakeFigures)
    marks: FakeMarks = field(default_factory=FakeMarks)
    catalogue: Catalogue = field(default_factory=lambda: Catalogue(SHIPPED))
    facts: dict[str, int] = field(default_factory=dict)

    def telling(self, has_time: Callable[[], bool] = lambda: True) -> FigureTelling:
        return FigureTelling(
            measures=self.measures,
            book=FigureBook(self.figures),
            nodes=FakeNodes(NODES),
            marks=self.marks,
            catalogue=lambda: self.catalogue,
            urgent=lambda: URGENT,
            facts_version=self.facts.get,
            root_id="1",
            has_time=has_time,
        )

    def of(self, node_id: str, kpi: str, month: str = "2027-03") -> tuple[int, int | None] | None:
        found = self.figures.latest(node_id, kpi, month, month).get(month)
        figure = found.figure if found else None
        return (figure.numerator, figure.denominator) if figure else None


def test_a_month_that_is_over_is_told_for_every_node_and_again_is_nothing_new() -> None:
    bank = Bank()
    for node_id, active, roster in (("1", 17, 20), ("10", 8, 10), ("20", 9, 10), ("11", 0, 0)):
        bank.measures.put(node_id, LAST, active_rms=active, roster_rms=roster)

    first = bank.telling().tell("2027-03", "march", NOW, LAST)
    bank.marks.marks.clear()
    again = bank.telling().tell("2027-03", "march", NOW, LAST)

    assert bank.of("10", "staff_usage_rate") == (8, 10)
    assert bank.of("11", "staff_usage_rate") is None
    assert (first.nodes, first.is_done) == (5, True)
    assert (again.figures, again.changed) == (first.figures, 0)


def test_a_late_count_makes_a_new_version_and_keeps_the_old_one() -> None:
    bank = Bank()
    bank.measures.put("1", LAST, added=5)
    bank.telling().tell("2027-03", "march", NOW, LAST)
    bank.measures.put("1", LAST, added=6)
    bank.marks.marks.clear()

    bank.telling().tell("2027-03", "march", NOW, LAST)

    versions = bank.figures.stored["1", "added", "2027-03"]
    assert [(one.version, one.figure and one.figure.numerator) for one in versions] == [(1, 5), (2, 6)]


def test_a_month_whose_adds_were_all_excluded_is_told_as_zero() -> None:
    bank = Bank()
    bank.measures.put("1", LAST, added=3, adds_decided=3)

    bank.telling().tell("2027-03", "march", NOW, LAST)

    assert bank.of("1", "valid_added") == (0, None)
    assert bank.of("1", "reached") is None


def test_while_a_month_runs_only_what_targets_go_by_is_told_up_to_yesterday() -> None:
    bank = Bank()
    bank.measures.put("1", date(2027, 4, 8), added=2, lost=1)
    bank.measures.put("1", date(2027, 4, 9), added=100)

    told = bank.telling().run(NOW, date(2027, 4, 9))

    assert bank.of("1", "added", "2027-04") == (2, None)
    assert bank.of("1", "lost", "2027-04") is None
    assert told.is_done


def test_a_month_is_told_until_it_is_settled_and_again_when_the_bank_publishes_its_facts_anew() -> None:
    bank = Bank()

    def told_on(day: date, added: int) -> tuple[int, int | None] | None:
        bank.measures.put("1", LAST, added=added)
        bank.telling().run(NOW, day)
        return bank.of("1", "added")

    days = [told_on(date(2027, 4, day), added) for day, added in ((1, 2), (1, 3), (2, 4), (6, 5), (7, 6), (30, 7))]
    bank.facts["2027-03"] = 2
    corrected = told_on(date(2027, 5, 12), 8)

    assert [day and day[0] for day in days] == [2, 2, 4, 5, 5, 7]
    assert corrected == (8, None)
    assert bank.of("1", "added", "2027-04") is None


def test_what_is_counted_after_a_month_was_settled_is_told_on_a_monday() -> None:
    bank = Bank()

    def told_on(day: date) -> tuple[int, int | None] | None:
        bank.telling().run(NOW, day)
        return bank.of("1", "valid_added")

    bank.measures.put("1", LAST, valid_added=5, adds_decided=6)
    settled = told_on(date(2027, 4, 6))
    bank.measures.put("1", LAST, valid_added=8, adds_decided=9)  # whom the bank's monthly file recognised

    later = [told_on(date(2027, 4, day)) for day in (7, 11, 12, 13)]

    assert settled == (5, None)
    assert later == [(5, None), (5, None), (8, None), (8, None)]
    versions = bank.figures.stored["1", "valid_added", "2027-03"]
    assert [one.version for one in versions] == [1, 2]


def test_a_settled_month_of_which_nothing_changed_is_not_walked_again() -> None:
    bank = Bank()
    bank.measures.put("1", LAST, added=5)
    bank.telling().run(NOW, date(2027, 4, 6))

    again = [bank.telling().run(NOW, date(2027, 4, day)).nodes for day in (12, 19, 26)]

    assert again == [0, 0, 0]


def test_what_changes_while_a_month_is_told_over_two_runs_is_told_the_monday_after() -> None:
    bank = Bank()
    bank.measures.put("1", LAST, added=5)
    bank.measures.put("10", LAST, added=5)
    bank.telling().run(NOW, date(2027, 4, 6))
    bank.measures.put("1", LAST, added=6)
    bank.measures.put("10", LAST, added=6)
    chances = iter([True, True, False])
    assert not bank.telling(lambda: next(chances)).run(NOW, date(2027, 4, 12)).is_done
    bank.measures.put("1", LAST, added=7)
    bank.measures.put("10", LAST, added=7)
    bank.telling().run(NOW, date(2027, 4, 13))
    assert bank.of("10", "added") == (6, None)

    bank.telling().run(NOW, date(2027, 4, 19))

    assert (bank.of("1", "added"), bank.of("10", "added")) == ((7, None), (7, None))


def test_a_run_that_ends_early_is_gone_on_with() -> None:
    bank = Bank()
    bank.measures.put("1", LAST, added=9)
    chances = iter([True, True, False])

    first = bank.telling(lambda: next(chances)).tell("2027-03", "march", NOW, LAST)
    second = bank.telling().tell("2027-03", "march", NOW, LAST)

    assert (first.is_done, bank.of("20", "added")) == (False, (0, None))
    assert second == Told(3, second.figures, second.changed, ("2027-03",), changed_months=("2027-03",))
    assert bank.of("12", "added") == (0, None)


def test_what_is_hidden_at_a_node_is_hidden_below_it() -> None:
    bank = Bank()
    money = {"1": (1000, 26), "10": (150, 23), "20": (850, 3), "11": (100, 12), "12": (50, 11)}
    for node_id, (aum, customers) in money.items():
        bank.measures.put(node_id, LAST, aum_fen=aum, fact_customers=customers)

    bank.telling().tell("2027-03", "march", NOW, LAST)

    assert bank.of("1", "aum") == (1000, None)
    assert [bank.of(node_id, "aum") for node_id in ("10", "20", "11", "12")] == [None] * 4


def test_few_customers_directly_at_a_node_are_not_what_it_has_more_than_those_below() -> None:
    bank = Bank()
    money = {"1": (1000, 103), "10": (600, 63), "20": (400, 40), "11": (300, 30), "12": (250, 30)}
    for node_id, (aum, customers) in money.items():
        bank.measures.put(node_id, LAST, aum_fen=aum, fact_customers=customers)

    bank.telling().tell("2027-03", "march", NOW, LAST)

    assert [bank.of(node_id, "aum") for node_id in ("1", "10", "20", "11", "12")] == [
        (1000, None),
        (600, None),
        (400, None),
        None,
        (250, None),
    ]


def test_what_a_correction_hides_is_hidden_although_it_was_told_before() -> None:
    bank = Bank()

    def tell(*customers: int) -> None:
        for node_id, number in zip(("1", "10", "20", "11", "12"), customers, strict=True):
            bank.measures.put(node_id, LAST, aum_fen=10 * number, fact_customers=number)
        bank.marks.marks.clear()
        bank.telling().tell("2027-03", "march", NOW, LAST)

    tell(100, 60, 40, 30, 30)
    assert bank.of("11", "aum") == (300, None)

    tell(100, 60, 40, 9, 51)
    assert [bank.of(node_id, "aum") for node_id in ("10", "11", "12")] == [(600, None), None, None]
    tell(100, 60, 40, 9, 51)
    tell(100, 91, 9, 40, 51)
    assert [bank.of(node_id, "aum") for node_id in ("10", "20", "11", "12")] == [None] * 4
    tell(100, 60, 40, 30, 30)

    assert bank.of("11", "aum") == (300, None)
    versions = bank.figures.stored["11", "aum", "2027-03"]
    assert [(one.version, one.figure and one.figure.numerator) for one in versions] == [(1, 300), (2, None), (3, 300)]


def test_what_was_never_told_is_not_told_to_be_hidden() -> None:
    bank = Bank()
    for node_id, customers in (("1", 100), ("10", 97), ("20", 3)):
        bank.measures.put(node_id, LAST, aum_fen=10 * customers, fact_customers=customers)

    bank.telling().tell("2027-03", "march", NOW, LAST)

    assert ("20", "aum", "2027-03") not in bank.figures.stored


def test_several_at_once_tell_the_same() -> None:
    def told(telling: FigureTelling, bank: Bank) -> dict[tuple[str, str, str], list[MonthFigure]]:
        telling.tell("2027-03", "march", NOW, LAST)
        return bank.figures.stored

    alone, together = Bank(), Bank()
    for bank in (alone, together):
        for number, node in enumerate(NODES, start=1):
            bank.measures.put(node.node_id, LAST, added=number, aum_fen=100 * number, fact_customers=20 * number)

    with ThreadPoolExecutor(4) as pool:
        found = told(replace(together.telling(), each=pool.map), together)

    assert found == told(alone.telling(), alone)
    assert len(found) > len(NODES)


def test_a_version_beside_the_leading_one_is_told_under_its_own_name() -> None:
    own = CARDS.model_copy(update={"first_month": "2027-03"})
    bank = Bank(catalogue=catalogue_of(KpiDocument(definitions=(own,))))
    bank.measures.put("1", LAST, bound_customers=30, cards_bound=45, fact_customers=100)

    bank.telling().tell("2027-03", "march", NOW, LAST)

    assert bank.of("1", "card_binding") == (30, 100)
    assert bank.of("1", "card_binding@2") == (45, 100)


def test_the_gate_opens_at_80_percent_of_measured_usage_and_stays_shut_at_79_9() -> None:
    bank = Bank()
    bank.measures.put("1", LAST, active_rms=1599, roster_rms=2000)
    bank.measures.put("10", LAST, active_rms=800, roster_rms=1000)
    bank.measures.put("20", LAST, active_rms=799, roster_rms=1000)
    bank.telling().tell("2027-03", "march", NOW, LAST)
    ladder, book = ladder_of(TargetsDocument()), FigureBook(bank.figures)

    stands = {
        node_id: ladder.standing(book.standing_at(node_id, ["staff_usage_rate"], "2027-03")) for node_id in ("10", "20")
    }

    assert [stands[one].evidence[0].finding for one in ("10", "20")] == [Finding.MET, Finding.BELOW]
    figure = stands["20"].evidence[0].figure
    assert figure is not None
    assert figure.value == Fraction(799, 1000)
