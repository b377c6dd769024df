"""Tasks and customers as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, several, titled

TASK_STATES = {"open": "待办", "done": "已办理", "cancelled": "已取消"}
TASK_KINDS = {
    "greet_customer": "问候客户",
    "follow_up": "跟进客户",
    "call_back": "回电客户",
    "prepare_meeting": "准备面谈",
}


def tasks(rows: Sequence[Row]) -> Table:
    table = titled("任务", "编号", "责任人", "事项", "客户数", "客户", "状态", "办理期限", "办理人", "说明")
    for row in rows:
        table.add_row(
            row["task_id"],
            row["owner_userid"],
            TASK_KINDS.get(row["kind"], row["kind"]),
            str(len(row["subject_ids"])),
            several(row["subject_ids"], "位"),
            TASK_STATES.get(row["state"], row["state"]),
            local_time(row["due_at"]),
            row["done_by"] or "—",
            row["note"] or "—",
        )
    return table
