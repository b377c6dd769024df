"""Review cases as tables that bank people read."""

from collections.abc import Sequence
from typing import Final

from rich.table import Table

from local.cli.client import Row
from local.cli.lexicon_tables import EVASIONS, SEVERITIES
from local.cli.tables import facts, local_time, titled

KINDS: Final = {"compliance": "合规", "complaint": "投诉", "secret": "口令泄露", "sample": "抽样"}
STATES: Final = {"open": "待领取", "claimed": "处理中", "decided": "待复核", "closed": "已结案"}
DISPOSITIONS: Final = {
    "violation": "违规",
    "justified": "有正当理由",
    "false_positive": "误报",
    "upheld": "投诉成立",
    "not_upheld": "投诉不成立",
    "clean": "无问题",
    "missed": "词库漏检",
}
ONLY: Final = {"overdue": "已逾期", "mine": "本人处理", "head_office": "总行处理"}
ACTIONS: Final = {
    "claimed": "领取",
    "released": "退回待领",
    "reassigned": "改派给",
    "escalated": "上报总行",
    "decided": "认定",
    "confirmed": "复核同意",
    "sent_back": "复核不同意，退回",
}
_SETTINGS: Final = {
    "serious_due": "严重案件时限",
    "warning_due": "警示案件时限",
    "notice_due": "提示与抽样案件时限",
    "complaint_due": "投诉案件时限",
    "escalate_after": "逾期多久自动上报总行",
    "second_for": "必须复核的级别",
    "second_share": "其余案件的复核比例",
    "sample_share": "无命中消息的抽样比例",
}


def cases(rows: Sequence[Row]) -> Table:
    table = titled("审查案件", "编号", "类型", "状态", "级别", "成员", "机构", "命中", "期限", "处理人", "认定")
    for row in rows:
        table.add_row(
            row["case_id"],
            KINDS[row["kind"]],
            STATES[row["state"]],
            SEVERITIES[row["severity"]],
            row["member"] or "—",
            _desk(row),
            "、".join(row["entry_ids"]) or "—",
            f"{local_time(row['due_at'])}{'（已逾期）' if row['overdue'] else ''}",
            row["claimed_by"] or "—",
            DISPOSITIONS.get(row["disposition"] or "", "—"),
        )
    return table


def case(found: Row) -> tuple[Table, Table, Table]:
    """What a case is, what hit, and what people did."""
    pairs = {
        "编号": found["case_id"],
        "类型": KINDS[found["kind"]],
        "状态": STATES[found["state"]],
        "级别": SEVERITIES[found["severity"]],
        "成员": found["member"] or "—",
        "机构": _desk(found),
        "原文": found["message"],
        "会话": found["conversation_id"],
        "词库版本": str(found["lexicon_version"]),
        "立案时间": local_time(found["opened_at"]),
        "期限": f"{local_time(found['due_at'])}{'（已逾期）' if found['overdue'] else ''}",
        "处理人": found["claimed_by"] or "—",
        "认定": DISPOSITIONS.get(found["disposition"] or "", "—"),
        "认定人": found["decided_by"] or "—",
        "结案时间": local_time(found["closed_at"]) if found["closed_at"] else "—",
    }
    return facts("审查案件", pairs), _hits(found["hits"]), _steps(found["steps"])


def settings(found: Row) -> Table:
    table = titled("审查规则", "项目", "现值", "来源")
    for name, title in _SETTINGS.items():
        value = found["settings"][name]
        if name == "second_for":
            value = "、".join(SEVERITIES[each] for each in sorted(value)) or "无"
        shown = "从不" if value is None else str(value)
        table.add_row(f"{title}（{name}）", shown, "总行设定" if name in found["given"] else "缺省")
    return table


def _desk(row: Row) -> str:
    return f"{row['node_path']}{'（总行处理）' if row['at_head_office'] else ''}"


def _hits(hits: Sequence[Row]) -> Table:
    table = titled("命中", "敏感词编号", "词语", "级别", "写法", "第几段", "起止位置")
    for hit in hits:
        written = EVASIONS.get(hit["evasion"], "原样")
        place = f"{hit['start']}—{hit['end']}"
        table.add_row(
            hit["entry_id"], hit["word"] or "—", SEVERITIES[hit["severity"]], written, str(hit["text"] + 1), place
        )
    return table


def _steps(steps: Sequence[Row]) -> Table:
    table = titled("处理过程", "时间", "操作人", "操作", "说明")
    for step in steps:
        name, _, about = step["action"].partition(":")
        action = f"{ACTIONS.get(name, name)}{f'：{DISPOSITIONS.get(about, about)}' if about else ''}"
        table.add_row(local_time(step["at"]), step["actor"], action, step["note"] or "—")
    return table
