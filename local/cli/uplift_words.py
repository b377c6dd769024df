"""Words of reviews in Chinese, and figures as bank people read them."""

from typing import Any

from local.cli.client import Row

KPIS = {
    "aum_fen": "AUM（元）",
    "holdings": "持有产品数",
    "cards_bound": "三方绑卡数",
    "active": "参与率（动账）",
    "mobile_active": "手机银行月活",
}
KINDS = {"added": "添加企微与未添加对比", "holdout": "活动与随机留白对比", "channel": "渠道效果对比"}
STATES = {"registered": "已登记，待到期", "done": "已完成"}
WAITS = {
    "window": "窗口尚未结束",
    "month_after": "用于对比的月份尚未结束",
    "customers": "客户主档尚未发布",
    "month": "该月客户数据尚未发布",
    "last_run": "上次检查的结论",
    "next_run": "条件已齐，等待下次检查",
}
VERDICTS = {
    "passed": "达标",
    "failed": "未达标",
    "open": "尚不能判断",
    "not_comparable": "不可比",
    "insufficient": "样本不足",
}
ARMS = {
    "added": "添加企微",
    "not_added": "未添加",
    "assigned": "活动对象",
    "holdout": "随机留白",
    "one_to_one": "1v1 群发",
    "rm_task": "客户经理任务",
    "group": "客户群",
    "moments": "朋友圈",
    "not_reached": "未触达",
}
LEFT_OUT = {
    "before": "窗口期之前已添加",
    "later": "窗口期之后才添加",
    "lost": "添加后又流失",
    "several": "多个渠道均触达",
}
NOTES = {
    "holdings_up_aum_down": "持有产品数上升而 AUM 下降：请核查是否为拆分持有或搬家，而非真实增长。",
    "identity_links_poor": "客户身份匹配率偏低：未能识别的企微客户比例超过容许值，请先补齐客户与企微的匹配关系。",
    "unlinked_may_hide_it": "未能识别的企微客户可能掩盖了达标的效果，因此不判定为“未达标”；补齐匹配关系后可得出结论。",
    "sample_ratio_mismatch": "留白比例与计划不符（SRM）：分组或统计有误，本次结果不作为效果依据。",
}
NOTES_OF_UNLINKED = ("identity_links_poor", "unlinked_may_hide_it")
_SINCE = {"before": "窗口期之前", "in_window": "窗口期内", "later": "窗口期之后"}
STRATA = {"branch": "机构", "tier": "客户层级", "age_band": "年龄段"}
COVARIATES = {"level": "前期水平", "trend": "前期趋势"}
NONE = "—"
_NOT_TOLD = ("not_comparable", "insufficient")
_FEN = "aum_fen"


def percent(value: float | None) -> str:
    return NONE if value is None else f"{value * 100:+.1f}%"


def interval(estimate: Row | None) -> str:
    return NONE if not estimate else f"{estimate['low'] * 100:+.1f}% ~ {estimate['high'] * 100:+.1f}%"


def value_of(estimate: Row | None) -> float | None:
    return None if not estimate else float(estimate["value"])


def is_told(finding: Row) -> bool:
    """Whether a percentage is shown: of too few, or of groups that cannot be compared, none is to be believed."""
    return finding["verdict"] not in _NOT_TOLD


def figure(finding: Row) -> Row | None:
    """The one that the verdict goes by."""
    found: Row | None = finding["holdout"] or finding["adjusted"]
    return found if is_told(finding) else None


def naive(finding: Row) -> Row | None:
    """The difference of the averages."""
    found: Row | None = finding["naive"]
    return found if is_told(finding) else None


def gain(finding: Row) -> str:
    """By treated customer."""
    return amount(finding["kpi"], finding["gain"] if is_told(finding) else None)


def amount(kpi: str, value: float | None) -> str:
    """AUM is told in yuan."""
    if value is None:
        return NONE
    return f"{value / 100:,.0f}" if kpi == _FEN else f"{value:,.3f}"


def changed_kpi(row: Row) -> str:
    kpi = str(row["kpi"])
    return f"产品 {row['product']}（元）" if kpi == "product" else KPIS.get(kpi, kpi)


def change(row: Row) -> str:
    """Fen are told in yuan."""
    return f"{row['change'] / 100:+,.0f}" if row["kpi"] in (_FEN, "product") else f"{row['change']:+,}"


def probability(p: float | None) -> str:
    if p is None:
        return NONE
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"  # noqa: PLR2004 - four decimals are shown


def yuan(fen: int | None) -> str:
    return NONE if fen is None else f"{fen / 100:,.0f}"


def segment(name: str) -> str:
    stratum, _, value = name.partition("=")
    return f"{STRATA.get(stratum, stratum)} {value or '（空）'}"


def covariate(name: str) -> str:
    stratum, is_share, value = name.partition("=")
    return f"{STRATA.get(stratum, stratum)}：{value or '（空）'}" if is_share else COVARIATES[name]


def is_causal(result: Row) -> bool:
    """Only chance makes groups that differ in nothing else."""
    return bool(result["review"]["kind"] == "holdout")


def honesty(result: Row) -> str:
    kind = result["review"]["kind"]
    if kind == "holdout":
        return "随机留白：两组由随机分配产生，差异即活动效果（因果结论）。"
    if kind == "channel":
        return "描述性对比：渠道由人选择，并非随机分配；仅供提出假设，不能据此断言哪一渠道更有效。"
    return "观察性对比：添加与否由客户和客户经理决定。调整后数字只在“同层、同水平客户添加与否近似随机”时成立。"


def unlinked(result: Row) -> str:
    """For who reads no statistics; empty where nobody is unknown, or nobody was looked for."""
    found = result["in_wecom"]
    if not found or not found["unlinked"]:
        return ""
    since = "，".join(f"{_SINCE[when]} {count:,} 人" for when, count in found["unlinked_since"].items())
    return (
        f"本机构的企微客户共 {found['people']:,} 人，其中 {found['unlinked']:,} 人（{found['share']:.1%}）银行未能识别"
        f"（首次添加：{since}）。“未添加”的客户中最多可能有 {found['unlinked']:,} 人其实已经添加；"
        "若如此，表中的提升被低估。"
    )


def possible(finding: Row) -> str:
    """How far the interval may reach at worst, with those who were not recognised."""
    found = finding["diluted"] if is_told(finding) else None
    if not found:
        return NONE
    high = "上限无法确定" if found["high"] is None else f"{found['high'] * 100:+.1f}%"
    return f"{found['low'] * 100:+.1f}% ~ {high}"


def is_diluted(rows: list[Row]) -> bool:
    """Whether people who were not recognised widen what is possible."""
    return any(row["diluted"] and row["diluted"]["share"] > 0 for row in rows)


def any_of(rows: list[Row], **wanted: Any) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]
