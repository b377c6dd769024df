"""Tasks and customers as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import facts, local_time, several, titled

TASK_STATES = {"open": "待办", "done": "已办理", "cancelled": "已取消"}
TASK_KINDS = {
    "greet_customer": "问候客户",
    "follow_up": "跟进客户",
    "call_back": "回电客户",
    "prepare_meeting": "准备面谈",
}
RELATIONS = {
    "active": "正常",
    "half_added": "未完成添加",
    "deleted_by_customer": "客户已删除成员",
    "ended": "已结束",
}
BASES = {"master": "客户主数据", "longest_standing": "跟进时间最长", "handover": "客户继承", "assigned": "人工指定"}
HOLDS = {"complaint": "投诉", "investigation": "调查"}
FINDINGS = {"gap": "主办客户经理未添加客户", "disagreement": "与主办客户经理不一致"}
CARDS = {"sent": "已送达", "not_reached": "未能送达", "given_up": "已放弃发送"}
PACKAGE = {
    "relation.held": "有备注或标签的客户",
    "relation.checked": "已核对备注与标签",
    "relation.differing": "备注或标签有差异",
    "relation.written": "备注与标签已补写",
    "relation.failed": "备注或标签未能补写",
    "relation.not_carried": "无法转来的个人标签",
    "tasks.held": "有待办任务的客户",
    "tasks.checked": "已核对任务",
    "tasks.differing": "须转交任务",
    "tasks.written": "已转交任务",
    "tasks.failed": "未能转交任务",
    "tasks.not_carried": "无法转来的任务",
    "greetings": "待问候客户",
    "given_up": "资料未能转交的客户",
}


def followed(case: Row) -> tuple[Table, Table]:
    """What followed the customers, to whom, and what the manager was told."""
    in_all = facts(
        "资料转交与提醒",
        {
            "合计": _counts(case["package"]),
            "资料校验码": case["package_checksum"] or "—",
            "已不存在的标签": "、".join(case["lost_tag_ids"]) or "—",
            "人工事项已告知主管至": local_time(case["escalated_until"]),
            "最近一次逾期提醒": local_time(case["reminded_at"]),
        },
    )
    takers = titled("接替成员收到的资料", "接替成员", "通知卡片", "资料")
    for row in case["takers"]:
        takers.add_row(row["takeover_userid"], CARDS.get(row["card"], "未发送"), _counts(row["counts"]))
    return in_all, takers


def _counts(counts: Row) -> str:
    return "，".join(f"{PACKAGE.get(name, name)} {number}" for name, number in sorted(counts.items())) or "—"


def customers(rows: Sequence[Row]) -> Table:
    table = titled("主数据不一致的客户", "客户", "责任客户经理", "依据", "主办客户经理", "不一致", "冻结")
    for row in rows:
        table.add_row(
            row["external_userid"],
            row["owner_userid"] or "—",
            BASES.get(row["basis"], "—"),
            row["managing_userid"] or "—",
            FINDINGS.get(row["finding"], "—"),
            _hold(row["hold"]),
        )
    return table


def customer(found: Row) -> tuple[Table, Table]:
    """The customer, and who follows him."""
    who = facts(
        "客户",
        {
            "编号": found["external_userid"],
            "责任客户经理": found["owner_userid"] or "—",
            "依据": f"{BASES[found['basis']]}，{local_time(found['owner_since'])}" if found["basis"] else "—",
            "主办客户经理": found["managing_userid"] or "—",
            "不一致": FINDINGS.get(found["finding"], "—"),
            "冻结": _hold(found["hold"]),
            "90 天内在职转接": "、".join(map(local_time, found["onjob_transfers"])) or "—",
            "转接次数用完": local_time(found["quota_full_at"]),
        },
    )
    followers = titled("跟进人", "成员", "状态", "开始时间")
    for row in found["followers"]:
        followers.add_row(row["userid"], RELATIONS.get(row["state"], row["state"]), local_time(row["since"]))
    return who, followers


def _hold(hold: Row | None) -> str:
    return f"{HOLDS[hold['reason']]}，{local_time(hold['since'])}，{hold['by']}" if hold else "—"


def tasks(rows: Sequence[Row]) -> Table:
    names = "编号", "责任人", "事项", "营销活动", "客户数", "客户", "状态", "办理期限", "办理人", "说明", "理由"
    table = titled("任务", *names)
    for row in rows:
        table.add_row(
            row["task_id"],
            row["owner_userid"],
            TASK_KINDS.get(row["kind"], row["kind"]),
            row["campaign_id"] or "—",
            str(len(row["subject_ids"])),
            several(row["subject_ids"], "位"),
            TASK_STATES.get(row["state"], row["state"]),
            local_time(row["due_at"]),
            row["done_by"] or "—",
            row["note"] or "—",
            "\n".join(f"{one} {why}" for one, why in row["reasons"].items()) or "—",
        )
    return table
