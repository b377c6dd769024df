"""Content, products and the calendar as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import facts, local_time, titled

KINDS = {
    "activity": "活动",
    "content": "内容",
    "product": "产品",
    "script": "话术",
    "investor_education": "投资者教育",
}
STATES = {
    "draft": "草稿",
    "in_review": "消保审查中",
    "in_approval": "待审批",
    "approved": "已审批",
    "released": "已发布",
    "rejected": "已退回",
    "recalled": "已撤回",
    "expired": "已过期",
}
CUSTOMER_SCENES = {"one_to_one": "一对一", "moments": "朋友圈", "group": "客户群"}
SCENES = {**CUSTOMER_SCENES, "internal": "内部"}
CHANNELS = {**CUSTOMER_SCENES, "rm_task": "客户经理任务", "application_message": "应用消息"}
ATTACHMENTS = {"image": "图片", "video": "视频", "file": "文件", "link": "链接", "miniprogram": "小程序"}
SOURCES = {"mobile_bank": "手机银行", "official_account": "公众号", "other": "其他"}
ASSET_STATES = {"awaiting_file": "待上传", "ready": "可用"}
RULES = {
    "banned_claims": "禁用表述",
    "allowed_phrases": "允许的提示语",
    "label_in_text": "文案须含合规标识",
    "longest_validity": "最长有效期",
}
REFUSALS = {
    "unknown_product": "产品不存在",
    "product_not_on_sale": "产品不在销售期",
    "not_granted": "未开通",
    "not_yet_effective": "尚未生效",
    "ended": "已终止",
    "not_qualified": "缺少资格",
    "qualification_expired": "资格已过期",
}


def activities(rows: Sequence[Row]) -> Table:
    table = titled("营销活动", "编号", "名称", "类型", "发起机构", "版本数", "最近更新")
    for row in rows:
        kind = KINDS.get(row["kind"], row["kind"])
        changed_at = local_time(row["changed_at"])
        table.add_row(row["activity_id"], row["title"], kind, row["node_id"], str(row["versions"]), changed_at)
    return table


def version(found: Row) -> tuple[Table, Table, Table]:
    """What a version says, its words by scene, and the steps that were taken."""
    draft = found["draft"]
    head = facts(
        f"{draft['title']} 第 {found['version']} 版",
        {
            "编号": found["activity_id"],
            "状态": STATES[found["state"]],
            "类型": KINDS[draft["kind"]],
            "卖点": draft["selling_point"],
            "目标指标": draft["target_kpi"],
            "关联产品": draft["product_id"] or "—",
            "合规标识": draft["compliance_label"],
            "有效期": f"{local_time(draft['valid_from'])} 至 {local_time(draft['valid_until'])}",
            "适用机构": "、".join(draft["scope_node_ids"]) or "发起机构及全部下级",
            "来源": _source(draft["source"]),
        },
    )
    words = titled("各场景文案", "场景", "文案", "附件", "内容校验码")
    for scene, variant in sorted(draft["variants"].items()):
        shown = "、".join(_attachment(each) for each in variant["attachments"]) or "—"
        words.add_row(SCENES[scene], variant["text"] or "—", shown, found["hashes"][scene])
    return head, words, steps(found["steps"])


def steps(rows: Sequence[Row]) -> Table:
    table = titled("审批过程", "状态", "经办人", "时间", "意见")
    for row in rows:
        table.add_row(STATES[row["state"]], row["by"], local_time(row["at"]), row["note"] or "—")
    return table


def versions(rows: Sequence[Row]) -> Table:
    table = titled("版本", "版本", "状态", "制作人", "制作时间", "场景")
    for row in rows:
        made = row["steps"][0]
        scenes = "、".join(SCENES[scene] for scene in sorted(row["hashes"]))
        table.add_row(str(row["version"]), STATES[row["state"]], made["by"], local_time(made["at"]), scenes)
    return table


def asset(found: Row) -> Table:
    """A file of the media library."""
    return facts(
        found["file_name"],
        {
            "编号": found["asset_id"],
            "类型": ATTACHMENTS[found["kind"]],
            "状态": ASSET_STATES[found["state"]],
            "大小（字节）": str(found["size"]),
            "SHA-256": found["sha256"],
            "机构": found["node_id"],
            "登记人": found["made_by"],
            "登记时间": local_time(found["made_at"]),
        },
    )


def _source(found: Row | None) -> str:
    return f"{SOURCES[found['channel']]} {found['reference']}" if found else "—"


def _attachment(found: Row) -> str:
    what = found["title"] or found["asset_id"]
    return f"{ATTACHMENTS.get(found['kind'], found['kind'])} {what}"


def products(rows: Sequence[Row]) -> Table:
    table = titled("产品目录", "编号", "名称", "风险等级", "在售", "起售时间", "停售时间", "所需资格", "版本")
    for row in rows:
        table.add_row(
            row["product_id"],
            row["name"],
            f"R{row['risk']}",
            "是" if row["is_on_sale"] else "否",
            local_time(row["on_sale_from"]),
            local_time(row["on_sale_until"]),
            "、".join(row["qualifications"]) or "—",
            str(row["version"]),
        )
    return table


def permissions(found: Row) -> tuple[Table, Table]:
    """What a member was granted and whether it helps him now, and his certificates."""
    granted = titled(f"{found['userid']} 的产品权限", "产品", "生效时间", "失效时间", "当前可用", "开通人")
    for row in found["grants"]:
        usable = REFUSALS.get(row["refusal"], row["refusal"]) if row["refusal"] else "可用"
        end = local_time(row["effective_until"])
        granted.add_row(row["product_id"], local_time(row["effective_from"]), end, usable, row["granted_by"])
    held = titled("从业资格", "资格", "有效期至", "登记人")
    for row in found["qualifications"]:
        held.add_row(row["code"], local_time(row["valid_until"]), row["recorded_by"])
    return granted, held


def week(found: Row) -> tuple[Table, Table]:
    """The week's entries, and how many work for each KPI."""
    entries = titled(f"内容日历 {found['week']}", "日期", "渠道", "目标指标", "活动", "机构", "备注", "编号")
    for row in found["entries"]:
        channel = CHANNELS[row["channel"]]
        cells = (row["day"], channel, row["target_kpi"], row["activity_id"] or "待制作", row["node_id"])
        entries.add_row(*cells, row["note"] or "—", row["entry_id"])
    mix = titled("本周指标构成", "目标指标", "条数", "合计")
    for row in found["mix"]:
        mix.add_row(row["target_kpi"], str(row["entries"]), str(row["of"]))
    return entries, mix


def rules(found: Row) -> Table:
    """What the bank set for content, and the defaults."""
    settings, given = found["settings"], found["given"]
    table = titled(f"内容规则（版本 {found['version']}）", "项目", "取值", "来源")
    for name, title in RULES.items():
        value = settings[name]
        shown = "、".join(value) if isinstance(value, list) else str(value)
        table.add_row(title, shown, "本行设定" if name in given else "缺省")
    return table
