"""A year's targets at the demo bank: planned backward and approved before anything is done, then measured honestly.

Told in two acts around the others: `Planning.begin` registers the plan and a pilot's review before the pilot adds
anybody, `Planning.end` delivers what the bank's core system knows when the review is due. The bank's truth is planted:
whom the pilot adds was wealthier before, and adding does much less than the two groups' difference says.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from local.bank.kpi_feeds import Account, FeedRow, KpiBank, Truth, delivery
from local.cli.client import Row, at
from local.demo.sending import CHECKER
from local.demo.stage import HEAD_OFFICE, Stage

PILOT, SECOND, THIRD = "1000", "2000", "3000"
BRANCHES = (PILOT, SECOND, THIRD)
KPI, KPI_OF_FACTS = "aum", "aum_fen"
TRUE_PERCENT = 8
USAGE_PERCENT, COVERAGE_PERCENT, LEAST_POOL = 80, 40, 500
BAR = 0.2
_PILOT_DAYS, _ADDED_A_DAY = 3, 110
_REVIEWED_AFTER_DAYS = 30
_MONTHS_BEFORE = 6
_GROWTH_PERCENT = 5
_SILENT_OF_TEN = 5
_WRITES_ON_PERCENT = 80
_SEED = 2_027
_RM_REACHES = 60
_ADD_WAY_QR = 1
_WAN = 1_000_000  # fen in ten thousand yuan


@dataclass(slots=True)
class Planning:
    """What the checks need is kept on the way. ``joined``: bank customers whom the pilot added, by customer key.

    ``own_review``: the one over the pilot branch itself, which its exit goes by. ``kept_out``: how often the gate to
    formal held.
    """

    stage: Stage
    bank: KpiBank = field(init=False)
    plan_id: str = ""
    first_month: str = ""
    baseline: int = 0
    outcome: int = 0
    refused: int = 0
    joined: dict[str, str] = field(default_factory=dict)
    silent: Sequence[str] = ()
    review: Row = field(default_factory=dict)
    own_review: Row = field(default_factory=dict)
    month: str = ""
    kept_out: int = 0

    def begin(self) -> None:
        stage = self.stage
        stage.pass_until(9)
        self.bank = KpiBank(
            stage.control.world(),
            truth=Truth(effect_percent=TRUE_PERCENT, from_month=_month(stage.now), of_joined=True),
        )
        self._past_months_come()
        self._the_year_is_planned()
        self._one_branch_does_not_use_it()
        self._the_pilot_is_registered()
        self._the_pilot_adds()

    def end(self) -> None:
        stage, due = self.stage, date.fromisoformat(self.review["due_on"])
        self.month = _month(due - timedelta(days=1))
        stage.tell(f"等待复盘到期日 {due}（窗口结束 30 天后的整月）")
        while stage.now.date() < due:
            stage.pass_midnight(7 * 60)
        stage.stack.fire("kpi_collect.morning")
        for month in self._months(_month(datetime.fromisoformat(self.review["registered_at"])), self.month):
            self._delivered("customer_months", month, self.bank.month_rows(month))
        stage.tell(f"核心系统交付截至 {self.month} 的月度数据")
        for _ in range(2):  # reviews and figures are made in the night after the facts came
            stage.pass_midnight(11 * 60)
        self.review = stage.as_operator(HEAD_OFFICE).get(at("uplift-reviews", self.review["review_id"]))
        stage.tell("复盘到期：按事前登记的口径，对比试点期添加企微与未添加的客户")
        self._the_pilot_wants_to_be_formal()

    def silent_rms(self) -> list[str]:
        """Silent members who may have customers, are still there and indeed wrote nothing."""
        wrote = {row["message"].get("from") for row in self.stage.control.archive.said()}
        members = [row for row in self.stage.control.members() if _branch_of(row) == THIRD and row["contact_service"]]
        return sorted(row["userid"] for row in members if row["userid"] in {*self.silent} - wrote)

    def still_followed(self) -> list[str]:
        """Customers of the pilot's window whom a member still follows."""
        followed = {row["external_userid"] for row in self.stage.control.relations()}
        return sorted(followed.intersection(self.joined.values()))

    def _past_months_come(self) -> None:
        start = _month(self.stage.now)
        for month in self._months(_back(start, _MONTHS_BEFORE), _back(start, 1)):
            self._delivered("customer_months", month, self.bank.month_rows(month))
        self._master_comes()
        accounts = len(self.bank.accounts())
        self.stage.tell(
            f"核心系统交付客户主档（{accounts:,} 户）和前 {_MONTHS_BEFORE} 个月的资产、持有、绑卡与活跃数据"
        )

    def _master_comes(self) -> None:
        self._delivered("bank_customers", self.stage.day(-1), self.bank.master_rows())

    def _the_year_is_planned(self) -> None:
        """Head office drafts, somebody else approves; what counts from which stage on is decided before."""
        stage, head_office = self.stage, self.stage.as_operator(HEAD_OFFICE)
        known = head_office.get(at("settings", "targets"))
        head_office.put(at("settings", "targets"), {"version": known["version"], "settings": _settings()})
        before = _back(_month(stage.now), 1)
        rows = self.bank.month_rows(before)
        self.baseline = sum(int(row[KPI_OF_FACTS]) for row in rows)
        self.outcome = self.baseline * _GROWTH_PERCENT // 100
        year = (stage.now + timedelta(days=_PILOT_DAYS + _REVIEWED_AFTER_DAYS)).year
        self.first_month = max(_month(stage.now), f"{year}-01")
        draft = {
            "kpi": KPI,
            "year": year,
            "outcome": self.outcome,
            "first_month": self.first_month,
            "baseline": {"value": self.baseline, "as_of": _last_day(before).isoformat(), "source": "核心系统月末数"},
            "conversion": {
                "uplift_per_valid_add": {"numerator": self.baseline // len(rows) * TRUE_PERCENT // 100},
                "valid_per_added": {"numerator": 4, "denominator": 5},
                "added_per_reached": {"numerator": 3, "denominator": 10},
                "reached_per_rm": {"numerator": _RM_REACHES},
            },
            "shares": [{"node_id": node, "weight": self._customers_of(node)} for node in BRANCHES],
        }
        made = head_office.post(at("targets"), draft)
        self.plan_id = str(made["plan_id"])
        approval = at("targets", self.plan_id, "versions", str(made["version"]), "approval")
        self.refused += stage.is_refused(lambda: head_office.post(approval, {}))
        stage.as_operator(CHECKER).post(approval, {})
        begins = f"{year} 年（自 {int(self.first_month[-2:])} 月起）"
        stage.tell(f"总行编制 {begins}AUM 目标：净增 {self.outcome // _WAN:,} 万元，倒推到分行、月份；他人批准后冻结")

    def _one_branch_does_not_use_it(self) -> None:
        """Half of the third branch's members write to nobody. The others have the simulator's background of chats."""
        members = [row["userid"] for row in self.stage.control.members() if _branch_of(row) == THIRD]
        self.silent = sorted(members)[: len(members) * _SILENT_OF_TEN // 10]
        everyday = {"background_talk_percent": _WRITES_ON_PERCENT, "silent_members": list(self.silent)}
        self.stage.control.set_knobs(**everyday)
        self.stage.tell(
            f"平日聊天由模拟器抽取（{_WRITES_ON_PERCENT}% 的工作日）；第三家分行 {len(self.silent)} 人不给客户发消息"
        )

    def _the_pilot_is_registered(self) -> None:
        stage = self.stage
        last = stage.day(_PILOT_DAYS)
        asked: Row = {"name": "分行试点", "kind": "added", "node_id": "1", "first": stage.day(1), "last": last}
        asked |= {"kpis": [KPI_OF_FACTS], "strata": ["tier", "age_band"]}  # two branches add nobody: all compare
        head_office = stage.as_operator(HEAD_OFFICE)
        self.review = head_office.post(at("uplift-reviews"), asked)
        self.own_review = head_office.post(at("uplift-reviews"), asked | {"name": "试点分行自身", "node_id": PILOT})
        self._pilot_becomes("pilot")
        stage.tell(f"试点开始前登记复盘：指标、窗口（至 {last}）、20% 门槛即时冻结，{self.review['due_on']} 到期")

    def _pilot_becomes(self, lifecycle: str) -> None:
        head_office = self.stage.as_operator(HEAD_OFFICE)
        node = head_office.get(at("nodes", PILOT))
        kept = {name: node[name] for name in ("mode", "branch_code", "version")}
        head_office.put(at("nodes", PILOT), {"lifecycle": lifecycle, **kept})

    def _the_pilot_wants_to_be_formal(self) -> None:
        """Neither by a record of what is not ready, nor without one."""
        stage, asked = self.stage, {"node_id": PILOT, "review_id": self.own_review["review_id"]}
        self.kept_out += stage.is_refused(lambda: stage.as_operator(HEAD_OFFICE).post(at("pilot-exits"), asked))
        self.kept_out += stage.is_refused(lambda: self._pilot_becomes("formal"))
        stage.tell("试点分行申请转为正式：可持续与业务结果尚未全部达标，推广门槛不开放")

    def _the_pilot_adds(self) -> None:
        """RMs of the pilot branch invite customers whom the bank knows and nobody had added, wealthier ones first."""
        chosen = _chosen([account for account in self.bank.accounts() if self._can_join(account)])
        for day in range(_PILOT_DAYS):
            self.stage.pass_midnight(10 * 60)
            some = chosen[day * _ADDED_A_DAY : (day + 1) * _ADDED_A_DAY]
            self._added(some)
            self.stage.rest()
        self.stage.pass_midnight(7 * 60)
        self.stage.stack.fire("kpi_collect.morning")  # who follows whom at the end of the pilot
        self.bank = replace(self.bank, joined=self.joined)
        self._master_comes()
        self.stage.tell(
            f"试点分行三天内新添加 {len(self.joined)} 位已有账户的客户，多为资产较高者；主档随后带上企微标识"
        )

    def _added(self, accounts: Sequence[Account]) -> None:
        rows, now = [], int(self.stage.now.timestamp())
        for account in accounts:
            external_userid = f"wmPILOT{account.customer_key[:24]}"
            relation: Row = {"userid": account.owner_userid, "external_userid": external_userid}
            relation |= {"add_way": _ADD_WAY_QR, "createtime": now}
            rows.append({"relation": relation, "customer": {"external_userid": external_userid, "name": "试点客户"}})
            self.joined[account.customer_key] = external_userid
        self.stage.control.add_customers(rows)

    def _can_join(self, account: Account) -> bool:
        return not account.external_userid and account.node[:1] == PILOT[:1]

    def _customers_of(self, node: str) -> int:
        return sum(account.node[:1] == node[:1] for account in self.bank.accounts())

    def _months(self, first: str, last: str) -> Sequence[str]:
        months = [first]
        while months[-1] < last:
            months.append(_back(months[-1], -1))
        return months

    def _delivered(self, feed: str, period: str, rows: Sequence[FeedRow]) -> None:
        """Into one folder, the manifest last."""
        made = delivery(feed, period, rows, self.stage.now)
        self.stage.files_come({f"kpi/incoming/{feed}-{period}/{name}": content for name, content in made.items()})


def _chosen(accounts: Sequence[Account]) -> list[Account]:
    """Who is wealthier is invited sooner, not surely."""
    drawn = random.Random(_SEED)  # noqa: S311 - reproducible, not secret
    return sorted(accounts, key=lambda account: -(account.wealth + drawn.gauss(0, 1)))[: _PILOT_DAYS * _ADDED_A_DAY]


def _settings() -> Row:
    """Nobody becomes formal before a pilot has proven itself."""
    return {"stages": _stages(), "rollout_gate": True}


def _stages() -> list[Row]:
    """The bank's own: less coverage than by default, since its pilot has just begun."""
    usage = _criterion("staff_usage_rate", USAGE_PERCENT, 100)
    coverage = _criterion("customer_coverage_rate", COVERAGE_PERCENT, 100)
    return [
        {"name": "usage", "criteria": [usage]},
        {"name": "coverage", "criteria": [coverage, _criterion("pool_size", LEAST_POOL, 1)]},
        {"name": "business", "assesses": [KPI]},
    ]


def _criterion(kpi: str, numerator: int, denominator: int) -> Mapping[str, object]:
    return {"kpi": kpi, "at_least_numerator": numerator, "at_least_denominator": denominator}


def _branch_of(member: Row) -> str:
    return str(member["main_department"] // 1_000 * 1_000)


def _month(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def _back(month: str, by: int) -> str:
    year, number = (int(part) for part in month.split("-"))
    years, left = divmod(year * 12 + number - 1 - by, 12)
    return f"{years:04d}-{left + 1:02d}"


def _last_day(month: str) -> date:
    return date.fromisoformat(f"{_back(month, -1)}-01") - timedelta(days=1)
