"""What customers said about advertising, as tables that bank people read."""

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import facts, local_time, titled

ANSWERS = {"opted_out": "拒绝营销信息", "consented": "同意接收"}
SOURCES = {
    "link": "客户点击链接",
    "tag": "客户经理打标签",
    "feed": "行内系统",
    "operator": "人工登记",
    "conversation": "客户在会话中表示",
}
RULES = {
    "consent_required": "须客户同意方可发送",
    "exclude_archive_refusals": "拒绝会话存档的客户，其拒绝的成员不再一对一发送",
    "exclude_without_seat": "无会话存档席位的成员不得一对一发送",
    "opt_out_tag_ids": "客户经理打上即表示客户拒绝的企业标签",
}


def consent(found: Row) -> tuple[Table, Table]:
    """What stands for one customer, and his answers."""
    answer = found["answer"]
    head = {
        "客户": found["external_userid"],
        "当前意愿": ANSWERS.get(answer, answer) if answer else "未表示",
        "自": local_time(found["since"]) if found["since"] else "",
    }
    history = titled("历次表示", "意愿", "来源", "表示时间", "登记时间", "经手")
    for row in found["statements"]:
        history.add_row(
            ANSWERS.get(row["answer"], row["answer"]),
            SOURCES.get(row["source"], row["source"]),
            local_time(row["said_at"]),
            local_time(row["recorded_at"]),
            row["by"],
        )
    return facts("客户意愿", head), history


def link(found: Row) -> Table:
    shown = {"客户": found["external_userid"], "链接": found["url"], "有效期至": local_time(found["good_until"])}
    return facts("客户专用链接", shown)


def settings(found: Row) -> Table:
    table = titled(f"客户意愿参数（第 {found['version']} 版）", "参数", "说明", "值", "来源")
    for name, value in found["settings"].items():
        table.add_row(name, RULES.get(name, ""), str(value), "本行设定" if name in found["given"] else "默认")
    return table
