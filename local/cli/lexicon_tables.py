"""The lexicon as tables that bank people read, and as a CSV file that a spreadsheet opens."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from rich.table import Table

from local.cli.client import Row
from local.cli.errors import InvalidFileError
from local.cli.tables import local_time, titled

STATES = {"draft": "草稿", "approved": "已批准", "rejected": "已驳回", "in_force": "生效中", "retired": "已停用"}
DIRECTIONS = {"to_customer": "员工发给客户", "to_staff": "客户发给员工", "both": "双向"}
SEVERITIES = {"notice": "提示", "warning": "警示", "serious": "严重"}
ACTIONS = {
    "block": "拦截",
    "warn": "提醒",
    "detect": "检出",
    "complaint": "投诉",
    "opt_out": "退订",
    "need_signal": "需求线索",
}
EVASIONS = {
    "full_width": "全角",
    "zero_width": "零宽字符",
    "split": "拆字分隔",
    "pinyin": "拼音",
    "traditional": "繁体",
    "homoglyph": "形近字",
}
CAUSES = {
    "detected_only": "不要求拦截",
    "pattern": "规则表达式",
    "words_of_customers": "客户所发",
    "too_many_places": "适用部门过多",
    "no_room": "规则数已满",
}
KINDS = {"word": "词语", "pattern": "规则表达式"}
COLUMNS: Final = ("entry_id", "text", "kind", "direction", "severity", "action", "scope", "allowed", "check")
_LISTS: Final = frozenset({"scope", "allowed"})
ALLOWED_ROW: Final = "#allowed"
"""The first cell of a row whose second one is a phrase allowed for the whole lexicon."""


def versions(rows: Sequence[Row]) -> Table:
    table = titled(
        "敏感词库版本", "版本", "状态", "条数", "起草人", "起草时间", "审批人", "生效时间", "说明", "审批意见"
    )
    for row in rows:
        table.add_row(
            str(row["number"]),
            STATES[row["state"]],
            str(row["entries"]),
            row["made_by"],
            local_time(row["made_at"]),
            row["decided_by"] or "—",
            local_time(row["in_force_at"]) if row["in_force_at"] else "—",
            row["note"] or "—",
            row["decision_note"] or "—",
        )
    return table


def entries(rows: Sequence[Row]) -> Table:
    table = titled("敏感词", "编号", "内容", "类型", "方向", "级别", "处置", "适用机构", "例外短语")
    for row in rows:
        table.add_row(
            row["entry_id"],
            row["text"],
            KINDS[row["kind"]],
            DIRECTIONS[row["direction"]],
            SEVERITIES[row["severity"]],
            ACTIONS[row["action"]],
            "、".join(row["scope"]),
            "、".join(row["allowed"]) or "—",
        )
    return table


def changes(found: Row) -> Table:
    table = titled("与生效版本相比", "变化", "编号")
    for name, title in (("added", "新增"), ("removed", "删除"), ("changed", "修改")):
        for entry_id in found[name]:
            table.add_row(title, entry_id)
    return table


def intercept_plan(found: Row) -> tuple[Table, Table]:
    rules = titled("企业微信敏感词规则", "名称", "级别", "处置", "词数", "部门")
    for rule in found["rules"]:
        departments = "、".join(map(str, rule["department_ids"]))
        rules.add_row(
            rule["name"], SEVERITIES[rule["severity"]], ACTIONS[rule["action"]], str(len(rule["words"])), departments
        )
    rest = titled("只能由存档检出", "编号", "原因")
    for row in found["detect_only"]:
        rest.add_row(row["entry_id"], CAUSES[row["cause"]])
    return rules, rest


def sync_status(found: Row) -> Table:
    table = titled("企业微信敏感词规则", "项目", "内容")
    refused = "、".join(f"{each['name']}（{each['errcode']}）" for each in found["refused"])
    drifted = "、".join(found["drifted"])
    table.add_row("生效版本", str(found["in_force"]) if found["in_force"] else "—")
    table.add_row("已同步版本", str(found["version"]) if found["version"] else "—")
    table.add_row("是否一致", "是" if found["is_in_sync"] else "否")
    table.add_row("上次核对", local_time(found["checked_at"]) if found["checked_at"] else "—")
    table.add_row("本系统规则数", str(found["rules"]))
    table.add_row("其他规则数", str(found["others"]))
    table.add_row("因规则数已满未放入的条目", str(found["no_room"]))
    table.add_row("企业微信拒绝的规则", refused or "—")
    table.add_row("曾被人工改动的规则", f"{drifted}（{local_time(found['drifted_at'])}）" if drifted else "—")
    return table


def replay(found: Row) -> tuple[Table, Table]:
    whole = titled("重检", "项目", "内容")
    whole.add_row("重检编号", found["replay_id"])
    whole.add_row("版本", f"{found['version']}，与版本 {found['against'] or '—'} 比较")
    whole.add_row("状态", "已完成" if found["state"] == "done" else f"进行中，已到 {found['day']}")
    whole.add_row("范围", f"{found['first_day']} 至 {found['last_day']}")
    whole.add_row("消息数", str(found["messages"]))
    whole.add_row("结果有变的消息", str(found["changed"]))
    whole.add_row("两版都命中", str(found["kept"]))
    if found["missing"]:
        whole.add_row("存档中已缺失的分段", str(found["missing"]))
    entries = titled("命中变化", "编号", "新增", "消失", "新增位置（前几处）", "消失位置（前几处）")
    for row in found["entries"]:
        added, vanished = (_places(row[name]) for name in ("added_at", "vanished_at"))
        entries.add_row(row["entry_id"], str(row["added"]), str(row["vanished"]), added, vanished)
    return whole, entries


def _places(rows: Sequence[Row], most: int = 3) -> str:
    return "、".join(f"{row['page']}/{row['seq']}" for row in rows[:most]) or "—"


def hits(text: str, found: Row) -> Table:
    table = titled("检出结果", "编号", "词语", "原文", "写法")
    for hit in found["hits"]:
        written = text[hit["start"] : hit["end"]]
        table.add_row(hit["entry_id"], hit["word"] or "—", written, EVASIONS.get(hit["evasion"] or "", "原样"))
    return table


def to_csv(rows: Sequence[Row], allowed: Sequence[str]) -> str:
    """With a byte order mark, so that a spreadsheet reads UTF-8; lists stand in one cell, between bars."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(["|".join(row[name]) if name in _LISTS else row[name] for name in COLUMNS])
    writer.writerows([ALLOWED_ROW, phrase] for phrase in allowed)
    return "\ufeff" + out.getvalue()


def from_csv(text: str) -> Row:
    """``entries`` and ``allowed`` as the API takes them; an empty cell is the default. Raises InvalidFileError."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    given = set(reader.fieldnames or ())
    if not {"entry_id", "text"} <= given <= set(COLUMNS):
        raise InvalidFileError(f"表头应为 {'、'.join(COLUMNS)}，前两列必填")
    found: list[Row] = []
    allowed: list[str] = []
    for row in reader:
        if row["entry_id"] == ALLOWED_ROW:
            allowed.append(row["text"])
            continue
        if None in row:
            raise InvalidFileError(f"第 {reader.line_num} 行的列数多于表头")
        filled = {name: value.strip() for name, value in row.items() if value and value.strip()}
        found.append({name: value.split("|") if name in _LISTS else value for name, value in filled.items()})
    return {"entries": found, "allowed": allowed}
