"""Feeds of the bank as tables that bank people read."""

from collections.abc import Iterable

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import facts, local_time, titled

FEEDS = {
    "bank_customers": "客户主档",
    "customer_months": "客户月度数据",
    "customer_days": "客户每日数据",
    "product_holdings": "产品持有",
}
OUTCOMES = {"published": "已发布", "unchanged": "内容未变", "outdated": "已有更新的报送", "refused": "整批退回"}
LINKS = {
    "by_external_userid": "按外部联系人编号匹配",
    "by_unionid": "按 unionid 匹配",
    "conflicting": "相互冲突",
    "told_but_unknown": "已提供编号但无人添加",
    "not_told": "未提供编号",
}
_DELIVERY = ("编号", "收到时间", "数据", "期间", "结果", "版本", "行数", "未采用", "说明")


def states(found: Row) -> Table:
    table = titled("行内数据", "数据", "期间", "版本", "行数", "未采用", "重复", "发布时间")
    for row in found["items"]:
        latest = row["latest"]
        if latest is None:
            table.add_row(FEEDS[row["feed"]], "尚未发布")
            continue
        counts = (str(latest[name]) for name in ("version", "rows", "quarantined", "repeated"))
        table.add_row(FEEDS[row["feed"]], latest["period"], *counts, local_time(latest["published_at"]))
    return table


def links(found: Row) -> Table:
    """Of the customer master."""
    table = titled("客户身份匹配", "方式", "户数", "占比")
    told = [row["latest"]["links"] for row in found["items"] if row["latest"] and row["latest"]["links"]]
    for counts in told:
        whole = sum(counts.values())
        for way, customers in counts.items():
            table.add_row(LINKS[way], str(customers), f"{100 * customers / whole:.1f}%" if whole else "")
    return table


def deliveries(rows: Iterable[Row], month: str) -> Table:
    table = titled(f"报送记录（{month}）", *_DELIVERY)
    for row in rows:
        rules = "；".join(f"{count} 行 {rule}" for rule, count in row["rules"].items())
        table.add_row(
            row["entry_id"],
            local_time(row["received_at"]),
            FEEDS.get(row["feed"], ""),
            row["period"],
            OUTCOMES[row["outcome"]],
            str(row["version"] or ""),
            str(row["rows"]),
            str(row["quarantined"]),
            row["reason"] or rules,
        )
    return table


def report(found: Row) -> Table:
    return facts("问题行报告", {"链接": found["url"], "有效（秒）": str(found["valid_for_s"])})
