"""Audiences as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

TYPES = {"word": "单值", "words": "多值", "number": "整数", "flag": "是否", "day": "日期"}
REASONS = {
    "opted_out": "客户已拒绝营销",
    "not_in_facts": "行内无资料或已过期",
    "protected_minor": "未成年人",
    "protected_senior": "老年客户超出风险上限",
    "protected_customer": "受保护客户",
    "age_unknown": "年龄未知",
    "assessment_missing": "无有效风险评估",
    "assessment_expired": "风险评估已过期",
    "risk_above_profile": "产品风险高于承受等级",
    "public_content_risk": "公开渠道不得含该产品",
    "no_ceiling_tag": "无对应的风险上限标签",
    "ceiling_tags_unsynced": "成员客户的风险上限标签未同步",
}
RULES = {
    "assessment_days": "风险评估有效天数",
    "facts_days": "行内资料有效天数",
    "adult_age": "成年年龄",
    "senior_age": "老年客户起始年龄",
    "senior_highest_risk": "老年客户最高产品风险",
    "public_highest_risk": "公开渠道最高产品风险",
    "ceiling_tags": "以企业标签维护产品风险上限",
}


def fields(rows: Sequence[Row]) -> Table:
    """The language of segments."""
    table = titled("客群表达式字段", "字段", "含义", "类型", "运算符", "取值", "敏感信息")
    for row in rows:
        words = "、".join(f"{name}（{text}）" for name, text in row["values"].items())
        table.add_row(
            row["name"],
            row["chinese"],
            TYPES[row["type"]],
            "  ".join(row["operators"]),
            words or "—",
            "是" if row["is_sensitive"] else "—",
        )
    return table


def segments(rows: Sequence[Row]) -> Table:
    """Segments, or the versions of one."""
    table = titled("客群", "编号", "版本", "名称", "机构", "表达式", "含义", "无法识别的行", "制作人", "时间")
    for row in rows:
        table.add_row(
            row["segment_id"],
            str(row["version"]),
            row["name"],
            row["node_id"],
            row["expression"] or "—",
            row["explanation"],
            str(row["unusable"]) if row["kind"] == "list" else "—",
            row["made_by"],
            local_time(row["made_at"]),
        )
    return table


def preview(found: Row) -> tuple[Table, Table]:
    """Counts, and who is left out why."""
    counts = titled("客群试算", "含义", "符合条件", "可触达", "客户经理", "范围", "样例")
    reach = "全部" if found["is_complete"] else f"仅前 {found['members']} 名客户经理"
    counts.add_row(
        found["explanation"],
        str(found["candidates"]),
        str(found["customers"]),
        str(found["owners"]),
        reach,
        "\n".join(found["sample"][:3]) or "—",
    )
    left_out = titled("排除原因", "原因", "人数")
    for reason, number in found["excluded"].items():
        left_out.add_row(REASONS.get(reason, reason), str(number))
    return counts, left_out


def rules(found: Row) -> Table:
    """What is in force, and whether the bank set it."""
    table = titled("适当性与客户保护规则", "规则", "现行值", "来源")
    for name, value in found["settings"].items():
        table.add_row(RULES[name], "—" if value is None else str(value), "总行" if name in found["given"] else "缺省")
    return table


def recommendations(found: Row) -> Table:
    """What fits one customer, and why."""
    table = titled("推荐内容", "分值", "内容", "版本", "标题", "产品", "理由", "依据", "有效至")
    for row in found["items"]:
        table.add_row(*_recommended(row))
    return table


def needy_customers(found: Row) -> Table:
    """Whose needs are most pressing."""
    table = titled("客户需求", "客户", "分值", "内容", "版本", "标题", "产品", "理由", "依据", "有效至")
    for row in found["items"]:
        table.add_row(row["external_userid"], *_recommended(row["best"]))
    return table


def need_rules(found: Row) -> Table:
    """The rules in force."""
    number = found["settings"]["impact_assessment_id"] or "无"
    table = titled(f"需求规则（影响评估编号：{number}）", "规则", "分值", "客户条件", "理由", "对应内容")
    for rule in found["settings"]["rules"]:
        answers = [*rule["activity_ids"], *rule["product_ids"], *rule["kinds"], *rule["target_kpis"]]
        table.add_row(rule["rule_id"], str(rule["score"]), rule["when"], rule["reason"], "、".join(answers))
    return table


def _recommended(row: Row) -> tuple[str, ...]:
    product = f"{row['product_id']}（R{row['product_risk']}）" if row["product_id"] else "—"
    content = row["activity_id"], str(row["version"]), row["title"], product
    return (str(row["score"]), *content, row["reason"], row["because"], local_time(row["valid_until"]))
