"""Do the numbers of the year hold? What the product says against what was done in WeCom and planted in the bank."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.cli.client import Row, at
from local.demo.checks import Check
from local.demo.planning import BAR, BRANCHES, KPI, KPI_OF_FACTS, PILOT, SECOND, THIRD, TRUE_PERCENT, Planning
from local.demo.stage import HEAD_OFFICE

_Z_OF_95 = 1.96
_SVG_NAMES = "http://www.w3.org/2000/svg"
_TRIES = 2
_SURELY = 3.3
"""Standard errors: chance leaves this once in a thousand runs."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the API says. ``gates``: by branch, as of the last month that is over. ``exit``: of the pilot branch."""

    plan: Row
    progress: Row
    figures: Row
    gates: Mapping[str, Row]
    review: Row
    exit: Row
    report: str


def read(told: Planning, report: Path) -> Measured:
    head_office = told.stage.as_operator(HEAD_OFFICE)
    made = head_office.post(at("kpi-reports"), {"month": told.month})
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("wb") as file:
        head_office.fetch(made["links"]["html"], file)
    return Measured(
        plan=head_office.get(at("targets", told.plan_id, "nodes", "1")),
        progress=head_office.get(at("targets", told.plan_id, "nodes", "1", "progress")),
        figures=head_office.get(at("kpi-figures"), node_id="1", month=told.month),
        gates={node: head_office.get(at("gates", node), month=told.month) for node in BRANCHES},
        review=head_office.get(at("uplift-reviews", told.review["review_id"], "result")),
        exit=head_office.get(
            at("nodes", PILOT, "pilot-exit"), review_id=told.own_review["review_id"], through=told.month
        ),
        report=report.read_text(encoding="utf-8"),
    )


def check_year(told: Planning, found: Measured) -> Iterator[Check]:
    yield Check("编制人不能批准自己的目标", told.refused == 1, f"{told.refused} 次被拒绝")
    yield from _adds_up(told, found.plan)
    yield from _measured(told, found.progress)
    yield from _gates(told, found.gates)
    yield _counted(told, found.figures)
    yield from _is_honest(told, found.review)
    yield from _exit(told, found.exit)
    outside = [word for word in ("<script", "http://", "https://") if word in found.report.replace(_SVG_NAMES, "")]
    yield Check(
        "月报不引用任何外部内容，可以离线打开", not outside and "<svg" in found.report, f"{len(found.report):,} 字"
    )


def _adds_up(told: Planning, plan: Row) -> Iterator[Check]:
    own = {row["metric"]: row["months"] for row in plan["metrics"]}
    below = [{row["metric"]: row["months"] for row in node["metrics"]} for node in plan["below"]]
    sums = {metric: [sum(months) for months in zip(*(node[metric] for node in below), strict=True)] for metric in own}
    yield Check("各分行的目标逐月逐项相加，恰好等于全行", sums == own, f"{len(own)} 项 × 12 个月 × {len(below)} 个分行")
    outcome = sum(own["outcome"])
    yield Check("按目标正推，全年结果不低于要求", outcome >= told.outcome, f"{outcome:,} ≥ {told.outcome:,} 分")


def _measured(told: Planning, progress: Row) -> Iterator[Check]:
    """Over the months in which the programme ran: what the bank's customers gained, and who was added."""
    rows = {row["metric"]: row for row in progress["rows"]}
    outcome, added = rows["outcome"], rows["added"]
    span = f"{told.first_month} ～ {told.month}"
    shown = {f"{row['first_month']} ～ {row['last_month']}" for row in (outcome, added)}
    yield Check("进度只计项目运行且已结的月份", shown == {span}, "、".join(sorted(shown)))
    gained = sum(int(row[KPI_OF_FACTS]) for row in told.bank.month_rows(told.month)) - told.baseline
    yield Check("AUM 增量就是行内月末数与冻结基数之差", outcome["actual_to_date"] == gained, f"{gained:,} 分")
    number = added["actual_to_date"] or 0
    yield Check("试点添加的客户都计入添加进度", number >= len(told.joined), f"{number:,} ≥ {len(told.joined):,}")
    valid, left = rows["valid_added"]["actual_to_date"] or 0, len(told.still_followed())
    yield Check(
        "有效添加不少于仍在的试点客户，也不多于添加数", left <= valid <= number, f"{left:,} ≤ {valid:,} ≤ {number:,}"
    )


def _gates(told: Planning, gates: Mapping[str, Row]) -> Iterator[Check]:
    states = {node: found["states"][KPI] for node, found in gates.items()}
    expected = {PILOT: "open", SECOND: "locked", THIRD: "locked"}
    shown = "，".join(f"{node} {state}" for node, state in states.items())
    yield Check("业务指标只对试点分行开放", states == expected, shown)
    stages = (gates[SECOND]["stage"], gates[THIRD]["stage"])
    yield Check("第二家分行差在覆盖率，第三家差在使用率", stages == ("coverage", "usage"), "、".join(stages))
    usage = _evidence(gates[THIRD], "staff_usage_rate")
    unused = usage["denominator"] - usage["numerator"]
    yield Check(
        "第三家分行未使用企微的客户经理，正是没有给客户发过消息的人",
        unused == len(told.silent_rms()),
        f"{usage['numerator']}/{usage['denominator']}",
    )


def _evidence(gates: Row, kpi: str) -> Row:
    return next(row for row in gates["evidence"] if row["kpi"] == kpi)


def _counted(told: Planning, figures: Row) -> Check:
    """The months' assets are what the bank delivered, to the fen."""
    aum = next(row for row in figures["items"] if row["kpi"] == KPI)
    delivered = sum(int(row["aum_fen"]) for row in told.bank.month_rows(told.month))
    return Check("全行 AUM 与行内交付的数据分毫不差", aum["numerator"] == delivered, f"{delivered:,} 分")


def _is_honest(told: Planning, review: Row) -> Iterator[Check]:
    finding = _whole(review["findings"])
    yield Check(
        "复盘人数就是试点期新添加的行内客户",
        finding["treated"] == len(told.still_followed()),
        f"{finding['treated']} 位，对照 {finding['untreated']} 位",
    )
    naive = finding["naive"]["value"]
    yield Check("表面差异超过 20%（添加者本来就更富）", naive > BAR, f"{naive:+.1%}")
    adjusted = finding["adjusted"]
    error = (adjusted["high"] - adjusted["low"]) / 2 / _Z_OF_95
    yield Check(
        f"调整后的差异就是埋入的真值 {TRUE_PERCENT}%，误差在抽样范围内",
        abs(adjusted["value"] - TRUE_PERCENT / 100) <= _SURELY * error,
        f"{adjusted['value']:+.1%}（{adjusted['low']:+.1%} ～ {adjusted['high']:+.1%}）",
    )
    yield Check("结论不是“达标”：真值在 20% 的门槛之下", finding["verdict"] in {"failed", "open"}, finding["verdict"])


def _exit(told: Planning, found: Row) -> Iterator[Check]:
    """Adding brings 8 % where 20 % were asked for, and the pilot has not lasted three months."""
    started = str(told.own_review["first"])[:7]
    before = {line["finding"] for line in found["lasting"] if line["month"] < started}
    yield Check("试点开始之前的月份没有数据，不算达标", before == {"absent"}, "、".join(sorted(before)))
    results = [line["finding"] for line in found["results"]]
    yield Check("试点分行的业务结果未获证实，尚不具备推广条件", _is_held_up(found), f"{found['verdict']}，{results[0]}")
    yield Check("不具备条件的试点不能登记退出，也不能转为正式", told.kept_out == _TRIES, f"{told.kept_out} 次被拒绝")


def _is_held_up(found: Row) -> bool:
    return found["verdict"] != "ready" and "met" not in {line["finding"] for line in found["results"]}


def _whole(findings: Sequence[Row]) -> Row:
    return next(row for row in findings if not row["segment"])
