"""A bank with three months of figures, for the monthly report: two branches are open, one is not, one has too few."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from scrm.audit.log import AuditLog
from scrm.kpi.catalogue import Catalogue
from scrm.kpi.reading import FigureReader
from scrm.kpi.report import MonthlyReports, Place, UpliftRow, UpliftTable
from scrm.kpi.shipped import SHIPPED
from scrm.targets.figures import FigureBook, MonthFigure
from scrm.targets.planner import BranchShare, Conversion
from scrm.targets.plans import PlanTerms
from scrm.targets.stages import Figure
from tests.fakes.audit import FakeAuditStore
from tests.fakes.kpi import MeasuresByHand
from tests.fakes.targets import TERMS, TargetsOverMemory

MADE_AT = datetime(2027, 4, 6, 23, 40, tzinfo=UTC)
BRANCHES = ("上海分行", "江苏分行", "浙江分行", "广东分行", "四川分行", "=cmd|'/c calc'!A1<b>分行</b>")
_YI = 100_000_000_00


@dataclass
class FakePlaces:
    """Implements `scrm.kpi.report.Places`: head office and its branches."""

    names: Sequence[str] = BRANCHES

    def place(self, node_id: str) -> Place | None:
        if node_id == "1":
            return Place("1", "示例银行总行", "/1/")
        known = {f"{number}0": name for number, name in enumerate(self.names, start=1)}
        return Place(node_id, known[node_id], f"/1/{node_id}/") if node_id in known else None

    def below(self, node_id: str, month: str) -> Sequence[Place]:
        del month
        found = [self.place(f"{number}0") for number in range(1, len(self.names) + 1)] if node_id == "1" else []
        return [place for place in found if place]


@dataclass
class FakeUplift:
    """Implements `scrm.kpi.report.UpliftSource`."""

    table: UpliftTable | None = None

    def latest(self, node_id: str, month: str) -> UpliftTable | None:
        del node_id, month
        return self.table


REVIEWED = UpliftTable(
    "review_aaaa",
    "一季度试点",
    is_late=False,
    rows=[
        UpliftRow("aum_fen", "客户资产（AUM）", 0.312, 0.084, 0.021, 0.147, "failed"),
        UpliftRow("holdings", "户均持有产品数", 0.405, 0.262, 0.218, 0.306, "passed"),
        UpliftRow("active", "参活率", 0.28, 0.19, 0.11, 0.27, "open"),
        UpliftRow("mobile_active", "手机银行月活率", 0.333, 0.277, 0.244, 0.311, "not_comparable"),
        UpliftRow("cards_bound", "户均三方绑卡数", None, None, None, None, "insufficient"),
    ],
    in_wecom=40_350,
    unlinked=5_200,
)


@dataclass
class ReportBank:
    targets: TargetsOverMemory = field(default_factory=lambda: TargetsOverMemory(AuditLog(FakeAuditStore())))
    measures: MeasuresByHand = field(default_factory=MeasuresByHand)
    places: FakePlaces = field(default_factory=FakePlaces)
    uplift: FakeUplift = field(default_factory=lambda: FakeUplift(REVIEWED))
    gain_of_aum_per_10000: int = 60
    catalogue: Catalogue = field(default_factory=lambda: Catalogue(SHIPPED))

    def reports(self, most_nodes: int = 40) -> MonthlyReports:
        joined = self.targets.joined()
        reader = FigureReader(
            self.measures,
            joined.figures,
            lambda: self.catalogue,
            "1",
            lambda: date(2027, 4, 6),
            lambda _name, _month: None,
        )
        return MonthlyReports(
            reader,
            joined.figures,
            joined.gates,
            joined.views,
            joined.progress,
            self.places,
            self.uplift,
            joined.confidence,
            lambda: self.gain_of_aum_per_10000,
            most_nodes,
        )

    def tell(self, node_id: str, kpi: str, month: str, numerator: int, denominator: int | None = None) -> None:
        as_of = date(2027, int(month[-2:]), 28) if month[:4] == "2027" else date(2026, 12, 31)
        figure = Figure(numerator, denominator, as_of)
        FigureBook(self.targets.figures).tell([MonthFigure(node_id, kpi, month, figure, "measured", "kpi", MADE_AT)])

    def plan(self, terms: PlanTerms) -> None:
        plans = self.targets.joined().plans
        drafted = plans.draft(terms, "operator:a", MADE_AT)
        plans.approve(drafted.plan_id, drafted.version, "operator:b", MADE_AT)

    def fill(self) -> "ReportBank":
        """Figures from December on and a plan over the six branches."""
        shares = tuple(BranchShare(f"{number}0", 7 - number) for number in range(1, 7))
        conversion = Conversion(Fraction(50_000_00), Fraction(4, 5), Fraction(1, 4), Fraction(300))
        self.plan(replace(TERMS, outcome=60 * _YI, shares=shares, conversion=conversion))
        for place in (Place("1", "", "/1/"), *self.places.below("1", "")):
            self._fill(place.node_id)
        return self

    def _fill(self, node_id: str) -> None:
        number = int(node_id[0]) if node_id != "1" else 0
        part = 21 if node_id == "1" else 7 - number
        for place, month in enumerate(("2026-12", "2027-01", "2027-02", "2027-03")):
            fall = number == 3 and place == 3
            self.tell(node_id, "aum", month, part * (40 * _YI + place * 21_000_000_00 - fall * 60_000_000_00))
            self.tell(node_id, "product_holding", month, part * (21_000 + 300 * place), part * 10_000)
            self.tell(node_id, "card_binding", month, part * (3_100 + 120 * place), part * 10_000)
            self.tell(node_id, "active_rate", month, part * (4_800 + 60 * place), part * 10_000)
            self.tell(node_id, "mobile_bank_mau", month, part * (4_100 + 35 * place))
            usage = (820, 845, 812, 799, 640, 0)[number - 1] if number else 818
            self.tell(node_id, "staff_usage_rate", month, usage - 4 * (3 - place), 0 if number == 6 else 1000)
            self.tell(node_id, "customer_coverage_rate", month, part * (5_900 - 350 * number), part * 10_000)
            self.tell(node_id, "pool_size", month, part * 1_900 + 150 * place)
            if place:
                self.tell(node_id, "programme_cost", month, part * 85_000_00)
                self.tell(node_id, "reached", month, part * (3_400 + 160 * place - 90 * number))
                self.tell(node_id, "added", month, part * (760 + 25 * place - 60 * number))
                self.tell(node_id, "valid_added", month, part * (610 + 18 * place - 50 * number))
                self.tell(node_id, "active_rms", month, part * (12 - number))
                self.tell(node_id, "reply_rate", month, part * 870, part * 1000)
                self.tell(node_id, "first_response", month, part * 268_000, part * 870)
                self.tell(node_id, "task_completion", month, part * 412, part * 480)
