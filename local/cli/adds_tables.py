"""Judged adds and appeals as tables that bank people read."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

STATES = {"valid": "有效", "provisional": "待定", "excluded": "不计入"}
ANSWERS = {"passes": "通过", "waits": "等待", "fails": "不通过"}
APPEALS = {"requested": "待审批", "approved": "已批准", "rejected": "已驳回"}
RULES = {
    "is_customer": "是本行客户",
    "first_add": "首次添加",
    "not_staff": "非本行员工",
    "kept": "保留足够天数",
    "added_by_many": "多人重复添加",
    "bought_burst": "集中刷量",
    "from_elsewhere": "异地占比过高",
}
LIMITS = {
    "kept_days": "须保留天数",
    "link_days": "等待客户关联天数",
    "staff_tiers": "员工客户等级",
    "many_adders": "重复添加人数",
    "burst_adds": "集中添加：单日人数",
    "burst_times_usual": "集中添加：平日倍数",
    "burst_signals": "刷量：须具备的特征数",
    "burst_unlinked_percent": "刷量特征：非本行客户占比 %",
    "burst_elsewhere_percent": "刷量特征：他行客户占比 %",
    "burst_lost_percent": "刷量特征：很快流失占比 %",
    "burst_shared_percent": "刷量特征：他人也添加占比 %",
    "elsewhere_percent": "异地占比上限 %",
    "elsewhere_adds": "异地占比：最少客户数",
    "appeal_days": "申诉期限（天）",
}


def judged(rows: Sequence[Row]) -> Table:
    table = titled(
        "添加判定", "编号", "添加时间", "客户经理", "机构", "客户", "判定", "计入", "原因", "规则版本", "申诉"
    )
    for row in rows:
        table.add_row(
            row["add_ref"],
            local_time(row["added_at"]),
            row["userid"],
            row["node_id"],
            row["external_userid"],
            STATES[row["state"]],
            "是" if row["counts"] else "否",
            _rules(row["reasons"]),
            str(row["rules_version"]),
            APPEALS[row["appeal"]["state"]] if row["appeal"] else "—",
        )
    return table


def findings(found: Row) -> Table:
    table = titled("各规则的结论", "规则", "结论", "所见数据与限值")
    for row in found["findings"]:
        table.add_row(RULES[row["rule"]], ANSWERS[row["answer"]], _saw(row["saw"]))
    return table


def appeals(rows: Sequence[Row]) -> Table:
    table = titled(
        "申诉", "编号", "客户经理", "针对的规则", "状态", "申请人", "审批人", "理由", "审批意见", "审批期限", "采纳日"
    )
    for row in rows:
        table.add_row(
            row["add_ref"],
            row["userid"],
            _rules(row["rules"]),
            APPEALS[row["state"]],
            row["requested_by"],
            row["decided_by"] or "—",
            row["reason"],
            row["note"] or "—",
            local_time(row["valid_until"]),
            row["counted_on"] or "—",
        )
    return table


def settings(found: Row) -> Table:
    table = titled(f"有效添加规则（版本 {found['version']}）", "项目", "取值", "来源")
    for name, title in LIMITS.items():
        value = found["settings"][name]
        shown = "、".join(sorted(value)) if isinstance(value, list) else str(value)
        table.add_row(title, shown or "—", "本行设定" if name in found["given"] else "缺省")
    return table


def _rules(names: Sequence[str]) -> str:
    return "、".join(RULES[name] for name in names) or "—"


def _saw(figures: Mapping[str, object]) -> str:
    return "，".join(f"{name} {value}" for name, value in figures.items()) or "—"
