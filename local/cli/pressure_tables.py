"""Contact pressure as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

CLASSES = {"push": "一对一群发", "moments": "朋友圈", "group": "客户群", "service": "服务消息"}
SCOPES = {"customer": "客户", "campaign": "营销活动"}
STATES = {"requested": "待审批", "approved": "已批准", "rejected": "已驳回", "revoked": "已撤销"}
RULES = {
    "pushes_per_week": "一对一群发每周上限",
    "moments_per_week": "朋友圈每周上限",
    "group_posts_per_week": "客户群每周上限",
    "most_by_exception": "特批后的最高上限",
    "longest_exception": "特批最长期限",
}


def customer(found: Row) -> tuple[Table, Table]:
    """What holds for a customer now, and how often he was and may be touched."""
    caps = titled(f"{found['external_userid']} 的每周触达上限", "渠道", "每周上限", "责任客户经理")
    for name, cap in found["caps"].items():
        caps.add_row(CLASSES[name], str(cap), found["owner_userid"] or "—")
    weeks = titled("触达情况", "ISO 周", "渠道", "占用中", "已触达")
    for row in found["weeks"]:
        weeks.add_row(row["week"], CLASSES[row["pressure_class"]], str(row["held"]), str(row["settled"]))
    return caps, weeks


def exceptions(rows: Sequence[Row]) -> Table:
    table = titled(
        "触达上限特批", "编号", "对象", "渠道", "每周上限", "有效期至", "状态", "申请人", "审批人", "理由", "审批意见"
    )
    for row in rows:
        table.add_row(
            row["exception_id"],
            f"{SCOPES[row['scope']]} {row['subject_id']}",
            CLASSES[row["pressure_class"]],
            str(row["weekly_cap"]),
            local_time(row["valid_until"]),
            STATES[row["state"]],
            row["requested_by"],
            row["decided_by"] or "—",
            row["reason"],
            row["note"] or "—",
        )
    return table


def rules(found: Row) -> Table:
    """What the bank set for contact pressure, and the defaults."""
    table = titled(f"触达上限规则（版本 {found['version']}）", "项目", "取值", "来源")
    for name, title in RULES.items():
        table.add_row(title, str(found["settings"][name]), "本行设定" if name in found["given"] else "缺省")
    return table
