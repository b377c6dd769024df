"""Exits of pilots as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli import pilot_words as words
from local.cli import uplift_words
from local.cli.client import Row
from local.cli.tables import local_time, titled
from local.cli.target_tables import STAGES


def exit_tables(found: Row) -> tuple[Table, ...]:
    """Why, then each criterion in each month, then what the review says."""
    title = f"{found['node_id']} 试点退出评估（截至 {found['through']}）：{words.VERDICTS[found['verdict']]}"
    why = titled(title, "原因")
    for reason in words.reasons(found["reasons"]) or ["各项标准均已达标"]:
        why.add_row(reason)
    return why, _lasting(found), _results(found)


def records(rows: Sequence[Row]) -> Table:
    table = titled("已登记的试点退出", "编号", "机构", "截至", "复盘", "推广范围", "登记人", "登记时间", "校验值")
    for row in rows:
        table.add_row(
            row["exit_id"],
            row["node_id"],
            row["through"],
            row["review_id"],
            "全行" if row["opens_the_bank"] else "本机构及下级",
            row["recorded_by"],
            local_time(row["recorded_at"]),
            row["sha256"][:12],
        )
    return table


def _lasting(found: Row) -> Table:
    columns = ("阶段", "指标", "月份", "要求", "实际", "数据日期", "来源", "结论")
    table = titled(f"是否可持续（最近 {found['terms']['months']} 个已结月份）", *columns)
    for row in found["lasting"]:
        table.add_row(
            "持续性" if row["stage"] == "sustained" else STAGES.get(row["stage"], row["stage"]),
            words.kpi(row["kpi"]),
            row["month"],
            words.bound(row),
            words.value(row),
            row["figure"]["as_of"] if row["figure"] else uplift_words.NONE,
            row["source"] or uplift_words.NONE,
            words.FINDINGS[row["finding"]],
        )
    return table


def _results(found: Row) -> Table:
    review = found["review"]
    version = f" 第 {review['version']} 版" if review and review["version"] else "，尚无结果"
    name = f"{review['name']}{version}" if review else "未指定复盘"
    table = titled(f"业务结果（{name}）", "指标", "对象", "门槛", "差异", "区间", "结论")
    for row in found["results"]:
        is_told = row["value"] is not None
        table.add_row(
            words.kpi(row["kpi"]) or uplift_words.NONE,
            uplift_words.ARMS.get(row["arm"], uplift_words.NONE),
            uplift_words.percent(row["bar"]) if row["kpi"] else uplift_words.NONE,
            uplift_words.percent(row["value"]),
            uplift_words.interval(row) if is_told else uplift_words.NONE,
            words.FINDINGS[row["finding"]],
        )
    return table
