"""Review cases as tables that bank people read."""

import csv
import io
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
    "handed_up": "逾期自动上报总行",
}
_BAD: Final = ("violation", "upheld")
_MOST_COUNTED: Final = 1_000
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
        "原文（scrm archive show）": found["message"].rsplit("/", 1)[-1],
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


def report(found: Row) -> tuple[Table, Table]:
    """Closed cases by branch and kind; samples and what is open."""
    desks = titled(
        f"已结案件（{found['first_day']} 至 {found['last_day']}）",
        "机构",
        "类型",
        "结案",
        "违规或成立",
        "误报",
        "平均时长（小时）",
        "逾期结案",
        "双人复核",
    )
    for row in found["desks"]:
        ended, minutes = row["ended"], row["average_minutes"]
        desks.add_row(
            row["branch_path"],
            KINDS[row["kind"]],
            str(row["closed"]),
            str(sum(ended.get(name, 0) for name in _BAD)),
            str(ended.get("false_positive", 0)),
            "—" if minutes is None else f"{minutes / 60:.1f}",
            str(row["late"]),
            str(row["two"]),
        )
    pairs = {
        "抽样检查": str(found["sampling"]["whole"]),
        "其中词库漏检": _share(found["sampling"]),
        "未结案件": _bounded(found["open"]),
        "其中已逾期": _bounded(found["overdue"]),
    }
    return desks, facts("抽样与未结", pairs)


def precision(found: Row) -> Table:
    table = titled(f"词库第 {found['lexicon_version']} 版的准确率", "敏感词编号", "命中属实", "其中违规或成立")
    for row in found["items"]:
        table.add_row(row["entry_id"], _share(row["right"]), str(row["violations"]))
    table.add_row("合计", _share(found["whole"]), str(sum(row["violations"] for row in found["items"])))
    return table


def report_csv(found: Row) -> str:
    """With a byte order mark, so that a spreadsheet reads UTF-8; one row for each branch and kind."""
    rows = [
        {
            **{name: row[name] for name in ("branch_path", "kind", "closed", "average_minutes", "late", "two")},
            **{name: row["ended"].get(name, 0) for name in DISPOSITIONS},
        }
        for row in found["desks"]
    ]
    return _csv(("branch_path", "kind", "closed", *DISPOSITIONS, "average_minutes", "late", "two"), rows)


def precision_csv(found: Row) -> str:
    rows = [
        {"lexicon_version": found["lexicon_version"], "entry_id": row["entry_id"], "violations": row["violations"]}
        | {"decided": row["right"]["whole"], "right": row["right"]["part"]}
        | {name: row["right"][name] for name in ("share", "low", "high")}
        for row in found["items"]
    ]
    columns = ("lexicon_version", "entry_id", "decided", "right", "violations", "share", "low", "high")
    return _csv(columns, rows)


def settings(found: Row) -> Table:
    table = titled("审查规则", "项目", "现值", "来源")
    for name, title in _SETTINGS.items():
        value = found["settings"][name]
        if name == "second_for":
            value = "、".join(SEVERITIES[each] for each in sorted(value)) or "无"
        shown = "从不" if value is None else str(value)
        table.add_row(f"{title}（{name}）", shown, "总行设定" if name in found["given"] else "缺省")
    return table


def _share(found: Row) -> str:
    if found["share"] is None:
        return "尚无数据"
    bounds = f"{found['low']:.1%}—{found['high']:.1%}"
    return f"{found['part']}/{found['whole']}，{found['share']:.1%}（95% 区间 {bounds}）"


def _bounded(number: int) -> str:
    return f"{number}{' 以上' if number >= _MOST_COUNTED else ''}"


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + out.getvalue()


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
