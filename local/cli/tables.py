"""Answers of the API as tables that bank people read. Times are Shanghai's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from local.cli.client import Row

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_PIPED_WIDTH = 200
_TITLE_WIDTH = 80

_NAMED_IN_A_LIST = 2
CASE_STATES = {
    "unconfirmed": "待人事确认",
    "planning": "规划中",
    "awaiting_approval": "待复核",
    "scheduled": "已排期",
    "waiting_for_account": "等待账号停用",
    "transferring": "转接中",
    "attention": "待人工处理",
    "closed": "已完成",
}
CHANGES = {"departure": "离职", "transfer": "调动"}
EDGE_STATES = {
    "planned": "已计划",
    "waiting": "等待接替",
    "done": "已接替",
    "manual": "人工处理",
    "fallback": "改派中",
    "ineligible": "无法转接",
    "kept": "保留",
    "resolved": "已人工处理",
}
EDGE_CAUSES = {
    "customer_refused": "客户拒绝",
    "takeover_full": "接替成员客户已满",
    "quota_used": "转接次数已用完",
    "no_successor": "没有接替成员",
    "rejected_by_wecom": "企业微信拒绝",
    "undecided": "客户未作决定",
    "half_added": "未完成添加",
    "on_hold": "投诉或调查中",
    "deleted_by_customer": "客户已删除成员",
    "not_following": "已无客户关系",
    "takeover_unusable": "接替成员不可用",
    "account_deleted": "账号已停用",
    "in_another_transfer": "正由另一位成员转接",
    "stays_by_policy": "按规定保留",
    "cancelled": "变动已取消",
    "chosen_again": "重新指定",
    "plan_rejected": "方案被退回",
}
OPERATIONS = {"reassign": "改派", "close": "关闭案件", "certificate_download": "下载交接证明"}
DECISION_STATES = {"pending": "待复核", "confirmed": "已通过", "refused": "已拒绝", "outdated": "已不适用"}
REASONS = {
    "already_follows": "已是客户的跟进人",
    "named": "人事指定",
    "same_team": "同一团队",
    "nearest_node": "最近机构",
    "same_branch": "同一分行",
    "chosen_by_operator": "人工指定",
}
KINDS = {"customers": "客户", "groups": "客户群"}
SIGNAL_SOURCES = {"hr": "人事系统", "roster": "人员名册", "callback": "企业微信回调", "sweep": "每夜巡检"}
ORPHAN_KINDS = {
    "unassigned_customer": "待分配客户",
    "ownerless_group": "无群主的客户群",
    "uncovered_relation": "离职成员名下的客户",
}
LIFECYCLES = {"preparation": "筹备期", "pilot": "试点期", "formal": "正式期"}
MODES = {
    "hq_direct": "总行直营",
    "branch_planned_rm_served": "分行统筹、客户经理服务",
    "branch_direct_center": "分行直营中心",
}
REVIEWS = {"open": "待处理", "reviewed": "已处理"}
SETTINGS = {
    "leave_cover_days": "休假多少天以内只代管",
    "leave_ahead_days": "休假开始前多少天起不接替客户",
    "roster_departing_percent": "名册离职比例上限（%）",
    "tier_tags": "客户层级标签",
    "language_tags": "客户语言标签",
    "tier_qualifications": "各层级接替资质",
    "confirmation_wait": "账号删除后等待人事确认",
    "start_days_before": "最后工作日前几天开始",
    "rounds": "每位客户最多询问次数",
    "default_capacity": "成员客户上限",
    "most_per_successor": "每位接替成员最多接收",
    "refusals_use_quota": "拒绝计入转接次数",
    "quota_believed_for": "次数用完的有效期",
    "account_check_interval": "账号检查间隔",
    "account_ageing_after": "账号未停用告警时间",
    "retry_interval": "重试间隔",
    "poll_times": "结果查询时间",
    "late_poll_interval": "之后的查询间隔",
    "attention_interval": "人工事项查看间隔",
    "undecided_after": "客户未决定转人工时间",
    "manual_due_business_days": "人工处理期限（工作日）",
    "approval_above": "超过多少客户须复核",
    "approval_growth_percent": "复核后允许增长（%）",
    "greetings": "转接问候语",
    "delivery_patience": "资料转交最长等待",
    "approval_near": "临近开始未复核告警",
    "four_eyes": "须双人复核的操作",
    "decision_valid_for": "待复核决定有效期",
}
OUTCOMES = {
    "done": "完成",
    "invalid": "请求无效",
    "not_allowed": "无权限",
    "not_found": "未找到",
    "refused": "不能执行",
    "failed": "失败",
}


def console() -> Console:
    """On a terminal as wide as it is; in a file or pipe wide enough that no id is cut."""
    found = Console()
    return found if found.is_terminal else Console(width=_PIPED_WIDTH)


def cases(rows: Sequence[Row]) -> Table:
    table = titled(
        "客户继承", "编号", "成员", "变动", "机构", "状态", "客户（已接替/总数）", "客户群", "接替成员", "开始时间"
    )
    for row in rows:
        table.add_row(
            row["case_id"],
            _person(row["handover_name"], row["handover_userid"]),
            CHANGES.get(row["change"], row["change"]),
            row["node_name"],
            CASE_STATES.get(row["state"], row["state"]),
            _progress(row["customers"]),
            _progress(row["groups"]),
            several(row["successor_userids"]),
            local_time(row["opened_at"]),
        )
    return table


def case_facts(case: Row) -> Table:
    summary = case["summary"]
    table = titled("客户继承详情", "项目", "内容")
    for name, value in (
        ("编号", summary["case_id"]),
        ("成员", _person(summary["handover_name"], summary["handover_userid"])),
        ("机构", f"{summary['node_name']}（{summary['node_id']}）"),
        ("状态", CASE_STATES.get(summary["state"], summary["state"])),
        ("接替成员", "、".join(summary["successor_userids"]) or "—"),
        ("变动", CHANGES.get(summary["change"], summary["change"])),
        ("最后工作日", summary["last_day"] or "—"),
        ("最早转接时间", local_time(summary["start_at"])),
        ("客户", _by_state(summary["customers"])),
        ("客户群", _by_state(summary["groups"])),
        ("方案制定", case["plan_made_by"]),
        ("方案复核", _review(case["review"])),
        ("关闭原因", case["close_reason"] or "—"),
        ("开始时间", local_time(summary["opened_at"])),
        ("完成时间", local_time(summary["closed_at"])),
    ):
        table.add_row(name, value)
    return table


def decisions(rows: Sequence[Row]) -> Table:
    table = titled("等待复核的决定", "编号", "操作", "案件", "作出人", "作出时间", "有效期至")
    for row in rows:
        operation = OPERATIONS.get(row["operation"], row["operation"])
        made_at, expires_at = local_time(row["made_at"]), local_time(row["expires_at"])
        table.add_row(row["decision_id"], operation, row["case_id"], row["made_by"], made_at, expires_at)
    return table


def decision(found: Row) -> Table:
    parameters = "，".join(f"{name}={value}" for name, value in found["parameters"].items() if name != "open_work")
    return facts(
        "决定",
        {
            "编号": found["decision_id"],
            "操作": str(OPERATIONS.get(found["operation"], found["operation"])),
            "案件": found["case_id"],
            "内容": parameters or "—",
            "状态": DECISION_STATES[found["state"]],
            "作出": f"{found['made_by']}，{local_time(found['made_at'])}",
            "有效期至": local_time(found["expires_at"]),
            "复核": f"{found['decided_by']}，{local_time(found['decided_at'])}" if found["decided_by"] else "—",
            "原因": found["reason"] or "—",
            "执行时间": local_time(found["done_at"]),
        },
    )


def preview(found: Row) -> tuple[Table, Table, Table]:
    """The plan, who takes over, and what becomes of the customers and groups."""
    plan = facts(
        "交接方案",
        {
            "案件": found["case_id"] or "尚无案件",
            "成员": _person(found["handover_name"], found["handover_userid"]),
            "状态": f"{CASE_STATES[found['state']]}{'' if found['is_stored'] else '（试算）'}",
            "须复核": "是" if found["needs_approval"] else "否",
            "方案制定": found["plan_made_by"],
            "方案复核": _review(found["review"]),
            "最早转接时间": local_time(found["start_at"]),
            "最后工作日": found["last_day"] or "—",
            "接口调用": f"{found['calls']} 次，至少 {found['days']} 天",
            "方案校验码": found["checksum"],
        },
    )
    takers = titled("接替成员", "成员", "客户", "客户群", "调用次数", "选择理由")
    for row in found["takers"]:
        reasons = "，".join(f"{REASONS.get(word, word)} {number}" for word, number in row["reasons"].items())
        who = _person(row["takeover_name"], row["takeover_userid"])
        takers.add_row(who, str(row["customers"]), str(row["groups"]), str(row["calls"]), reasons)
    counted = titled("客户与客户群", "种类", "状态", "原因", "错误码", "数量")
    for row in found["edges"]:
        state, cause = EDGE_STATES.get(row["state"], row["state"]), EDGE_CAUSES.get(row["cause"], row["cause"])
        counted.add_row(KINDS[row["kind"]], state, cause or "—", str(row["errcode"] or "—"), str(row["count"]))
    return plan, takers, counted


def _review(review: Row | None) -> str:
    if review is None:
        return "—"
    word = "通过" if review["approved"] else f"退回：{review['reason']}"
    return f"{review['by']}，{local_time(review['at'])}，{word}"


def signals(rows: Sequence[Row]) -> Table:
    table = titled("变动信号", "来源", "类型", "发生时间", "事件编号", "说明")
    for row in rows:
        source = SIGNAL_SOURCES.get(row["source"], row["source"])
        table.add_row(source, row["kind"], local_time(row["occurred_at"]), row["event_id"], row["note"] or "—")
    return table


def edges(title: str, rows: Sequence[Row]) -> Table:
    table = titled(title, "编号", "状态", "原因", "接替成员", "次数", "责任人", "处理期限", "更新时间")
    for row in rows:
        table.add_row(
            row["target_id"],
            EDGE_STATES.get(row["state"], row["state"]),
            EDGE_CAUSES.get(row["cause"], row["cause"]) or "—",
            row["takeover_userid"] or "—",
            str(len(row["attempts"])),
            row["owner_userid"] or "—",
            local_time(row["due_at"]),
            local_time(row["updated_at"]),
        )
    return table


def certificates(rows: Sequence[Row]) -> Table:
    table = titled("交接证明", "序号", "出具时间", "客户", "客户群", "JSON 的 SHA-256", "CSV 的 SHA-256", "核对结果")
    for row in rows:
        checked = "未核对" if row["problems"] is None else "；".join(row["problems"]) or "一致"
        table.add_row(
            str(row["number"]),
            local_time(row["issued_at"]),
            str(row["customers"]),
            str(row["groups"]),
            row["json_sha256"],
            row["csv_sha256"],
            checked,
        )
    return table


def audit_run(run: Row) -> Table:
    counts = run["counts"]
    return facts(
        "最近一次巡检",
        {
            "编号": run["run_id"],
            "开始时间": local_time(run["started_at"]),
            "完成时间": local_time(run["finished_at"]),
            "企业微信待分配": str(counts["listed"]),
            "已有案件负责": str(counts["answered"]),
            "核对的离职成员": str(counts["departed"]),
            "发现无人负责": str(run["orphans"]),
            "新开案件": str(counts["opened"]),
        },
    )


def orphans(rows: Sequence[Row]) -> Table:
    table = titled("无人负责的客户与客户群", "类别", "离职成员", "数量", "编号", "现由案件负责", "发现时间", "确认解决")
    for row in rows:
        table.add_row(
            ORPHAN_KINDS.get(row["kind"], row["kind"]),
            row["leaver_userid"],
            str(len(row["target_ids"])),
            several(row["target_ids"], "个"),
            row["case_id"],
            local_time(row["found_at"]),
            local_time(row["resolved_at"]),
        )
    return table


def rejections(rows: Sequence[Row]) -> Table:
    table = titled("被拒绝的消息", "编号", "来源", "收到时间", "原因", "事件编号", "状态", "处理人", "说明")
    for row in rows:
        table.add_row(
            row["rejection_id"],
            row["source"],
            local_time(row["received_at"]),
            row["reason"],
            row["event_id"] or "—",
            REVIEWS.get(row["state"], row["state"]),
            row["reviewed_by"] or "—",
            row["note"] or "—",
        )
    return table


def nodes(rows: Sequence[Row]) -> Table:
    table = titled("机构", "编号", "名称", "负责人", "推广阶段", "运营模式", "机构号", "撤销时间")
    for row in rows:
        table.add_row(
            row["node_id"],
            row["name"],
            row["manager_userid"] or "—",
            _set(LIFECYCLES, row["lifecycle"]),
            _set(MODES, row["mode"]),
            row["branch_code"] or "—",
            local_time(row["closed_at"]),
        )
    return table


def node_facts(node: Row) -> Table:
    pairs = {
        "编号": node["node_id"],
        "名称": node["name"],
        "路径": node["path"],
        "负责人": node["manager_userid"] or "—",
        "推广阶段": f"{_set(LIFECYCLES, node['lifecycle'])}（生效：{LIFECYCLES[node['effective_lifecycle']]}）",
        "运营模式": f"{_set(MODES, node['mode'])}（生效：{MODES[node['effective_mode']]}）",
        "机构号": node["branch_code"] or "—",
        "撤销时间": local_time(node["closed_at"]),
    }
    return facts("机构详情", pairs)


def _set(words: Mapping[str, str], word: str | None) -> str:
    return words.get(word, word) if word else "沿用上级"


def audit(rows: Sequence[Row]) -> Table:
    table = titled("审计日志", "时间", "操作者", "操作", "对象", "结果", "机构路径", "链/序号")
    for row in rows:
        table.add_row(
            local_time(row["at"]),
            row["actor"],
            row["action"],
            row["subject"],
            OUTCOMES.get(row["outcome"], row["outcome"]),
            row["node_path"],
            f"{row['chain_id']}/{row['sequence']}",
        )
    return table


def settings(found: Row) -> Table:
    table = titled(f"客户继承参数（版本 {found['version']}）", "参数", "说明", "当前值", "来源")
    for name, value in found["settings"].items():
        shown = "、".join(map(str, value)) if isinstance(value, list) else value
        source = "本行设定" if name in found["given"] else "默认"
        table.add_row(name, SETTINGS.get(name, "—"), "—" if shown in (None, "") else str(shown), source)
    return table


def facts(title: str, pairs: Mapping[str, str]) -> Table:
    table = titled(title, "项目", "内容")
    for name, value in pairs.items():
        table.add_row(name, value)
    return table


def titled(title: str, *columns: str) -> Table:
    # as wide as its title, which would be broken into lines else
    table = Table(title=title, title_justify="left", title_style="bold", min_width=min(cell_len(title), _TITLE_WIDTH))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _person(name: str, userid: str) -> str:
    return f"{name}（{userid}）" if name else userid


def _progress(totals: Row) -> str:
    return f"{totals['by_state'].get('done', 0)}/{totals['total']}"


def _by_state(totals: Row) -> str:
    counted: Iterable[str] = (
        f"{EDGE_STATES.get(state, state)} {number}" for state, number in totals["by_state"].items()
    )
    return f"共 {totals['total']}：" + "，".join(counted) if totals["total"] else "无"


def several(ids: Sequence[str], unit: str = "人") -> str:
    """A list's cell: whoever comes first, and how many they are; a case of its own names all."""
    if len(ids) <= _NAMED_IN_A_LIST:
        return "、".join(ids) or "—"
    return f"{'、'.join(ids[:_NAMED_IN_A_LIST])} 等 {len(ids)} {unit}"


def local_time(text: str | None) -> str:
    return f"{datetime.fromisoformat(text).astimezone(_SHANGHAI):%Y-%m-%d %H:%M:%S}" if text else "—"
