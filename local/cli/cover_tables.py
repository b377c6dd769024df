"""Leaves and covers as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import CASE_STATES, facts, local_time, titled
from local.cli.work_tables import tasks

LEAVES = {"to_come": "即将休假", "on_leave": "休假中", "over": "已结束"}
_OPEN_END = "至销假"


def covers(rows: Sequence[Row]) -> Table:
    table = titled("休假与代管", "成员", "机构", "代管成员", "状态", "首日", "末日")
    for row in rows:
        table.add_row(
            row["userid"],
            row["node_id"],
            row["cover_userid"] or "—",
            LEAVES[row["state"]],
            row["first_day"],
            row["last_day"] or _OPEN_END,
        )
    return table


def cover(found: Row) -> tuple[Table, Table, Table, Table]:
    """The leave, and what goes to who acts for the member."""
    leave = facts(
        "休假与代管",
        {
            "成员": found["userid"],
            "机构": found["node_id"],
            "状态": LEAVES[found["state"]],
            "首日": found["first_day"],
            "末日": found["last_day"] or _OPEN_END,
            "返岗日": found["returned_on"] or "—",
            "代管成员": found["cover_userid"] or "—",
            "今日由谁处理": found["acting_userid"] or "无人",
            "人事通知时间": local_time(found["told_at"]),
            "以下清单": "完整" if found["is_whole"] else "仅为前 100 项中的部分",
        },
    )
    cases = titled("代管的客户继承（待复核、待人工处理）", "案件", "离任成员", "状态", "开始时间")
    for row in found["cases"]:
        cases.add_row(row["case_id"], row["handover_userid"], CASE_STATES[row["state"]], local_time(row["start_at"]))
    opened, ended = tasks(found["open_tasks"]), tasks(found["ended_tasks"])
    opened.title, ended.title = "代管的待办任务", "休假期间由他人办结的任务"
    return leave, opened, ended, cases
