"""Rules of welcome messages, as tables that bank people read."""

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled


def rules(found: list[Row]) -> Table:
    table = titled("欢迎语规则（先列者优先）", "机构", "渠道标识", "活动", "版本", "设置人", "设置时间", "修订")
    for row in found:
        table.add_row(
            row["node_id"],
            row["state"] or "（不限）",
            row["activity_id"],
            str(row["version"]),
            row["set_by"],
            local_time(row["set_at"]),
            str(row["revision"]),
        )
    return table
