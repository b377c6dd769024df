"""Campaigns as tables that bank people read."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.table import Table

from local.cli import audience_tables
from local.cli.client import Row
from local.cli.content_tables import CHANNELS
from local.cli.tables import facts, local_time, titled
from scrm.spreadsheets import harmless

STATES = {
    "draft": "草稿",
    "approved": "已批准",
    "scheduled": "已排期",
    "planning": "规划中",
    "dispatching": "投放中",
    "reconciling": "对账中",
    "closed": "已结束",
    "paused": "已暂停",
    "recalled": "已撤回",
    "failed": "未能进行",
}
PURPOSES = {"promotion": "营销", "activation": "客群活跃激活", "education": "投资者教育", "service": "服务"}
WEEKDAYS = "一二三四五六日"
RING_STATES = {"waiting": "等待", "planning": "规划中", "dispatching": "投放中", "held": "观察中", "done": "完成"}
TASK_STATES = {
    "planned": "待创建",
    "sending": "创建中",
    "waiting": "待成员确认",
    "cancelling": "取消中",
    "watched": "跟踪结果",
    "settled": "已有结果",
    "cancelled": "未发出",
    "failed": "被企业微信拒绝",
}
RESULTS = {
    "pending": "待确认",
    "moved": "转入另一任务",
    "sent": "已发送",
    "told": "已告知成员",
    "not_friend": "已不是好友",
    "quota_reached": "客户接收已满",
    "not_confirmed": "成员未确认",
    "cancelled": "已取消",
    "failed": "发送失败",
    "not_assigned": "未分配成员",
    "unknown": "无法得知",
    "excluded": "已排除",
}
REASONS = {
    **audience_tables.REASONS,
    "holdout": "留作对照",
    "blast_radius": "超出批次上限",
    "need_too_low": "需求分值不足",
    "not_in_ring": "不在任何批次",
    "product_not_permitted": "成员无产品权限",
    "no_active_owner": "无在职管户人",
    "owner_changed": "已换管户人",
    "content_expired": "内容已过期",
    "content_recalled": "内容已撤回",
    "content_file_refused": "素材缺失或被改动",
    "content_cover_not_taken": "消息链接不支持封面素材",
    "cap_reached": "本周触达已满",
    "already_touched": "本次投放已触达",
    "place_released": "触达名额已释放",
    "invalid_member": "成员不可见或不存在",
    "not_licensed": "成员无接口许可",
    "recalled": "告知后已撤回",
    "answer_lost": "企业微信应答丢失，未分配成员",
    "by_member": "成员自行取消任务",
    "stopped": "投放已撤回",
    "life_over": "到期收回",
    "despite_stopped": "撤回前成员已确认",
    "despite_life_over": "到期收回前成员已确认",
    "despite_recheck": "复核收回前成员已确认",
}
EVERY = {"day": "天", "month": "月"}
RULES = {
    "sending_stopped": "全行停发",
    "moved_percent": "受众变动上限（%）",
    "quiet_from": "静默开始",
    "quiet_until": "静默结束",
    "working_hours": "机构工作时间",
    "reminders": "催办时间",
    "horizon": "结果跟踪期",
    "seeds": "测试人数上限",
}


def campaigns(rows: Sequence[Row]) -> Table:
    table = titled("营销投放", "编号", "名称", "状态", "渠道", "机构", "受众", "开始时间", "制作时间")
    for row in rows:
        wanted, asked = row["definition"], row["submission"]
        audience = str(asked["audience"]["customers"]) if asked else "—"
        channel, starts_at = CHANNELS[wanted["channel"]], local_time(row["starts_at"])
        cells = (row["campaign_id"], wanted["name"], STATES[row["state"]], channel, wanted["node_id"], audience)
        table.add_row(*cells, starts_at, local_time(row["made_at"]))
    return table


def shared(rows: Sequence[Row]) -> Table:
    """Campaigns of the nodes above."""
    table = titled("上级机构的投放", "编号", "名称", "状态", "渠道", "机构", "目标指标", "开始时间", "结束时间")
    for row in rows:
        times = local_time(row["starts_at"]), local_time(row["ended_at"])
        words = STATES[row["state"]], CHANNELS[row["channel"]], row["node_id"], row["target_kpi"]
        table.add_row(row["campaign_id"], row["name"], *words, *times)
    return table


def campaign(found: Row) -> tuple[Table, ...]:
    """What it is, its audience, its rings."""
    wanted, review = found["definition"], found["review"]
    content = wanted["content"]
    head = facts(
        wanted["name"],
        {
            "编号": found["campaign_id"],
            "状态": STATES[found["state"]] + ("（正在冻结受众）" if found["is_freezing"] else ""),
            "渠道": CHANNELS[wanted["channel"]],
            "机构": wanted["node_id"],
            "类型": PURPOSES[wanted["purpose"]],
            "目标指标": wanted["target_kpi"],
            "内容": f"{content['activity_id']} 第 {content['version']} 版",
            "客群": wanted["segment_id"],
            "批次上限": str(wanted["blast_radius"] or "—"),
            "影响评估编号": wanted["impact_assessment_id"] or "—",
            "最低需求分值": str(wanted["least_need"] or "—"),
            "对照比例": f"{wanted['holdout_percent']}%",
            "周期": _recurrence(wanted["recurrence"]),
            "制作人": found["made_by"],
            "审批": _review(review),
            "开始时间": local_time(found["starts_at"]),
            "说明": found["reason"] or "—",
            "版本": str(found["version"]),
        },
    )
    shown = [head]
    if found["submission"]:
        shown.append(_audience(found["submission"]["audience"]))
    if found["rings"]:
        shown.append(_rings(found))
    return tuple(shown)


def _recurrence(found: Row | None) -> str:
    return f"每{EVERY[found['every']]}，至 {local_time(found['until'])}" if found else "一次"


def _review(review: Row | None) -> str:
    if review is None:
        return "—"
    word = "批准" if review["approved"] else "退回"
    return f"{review['by']} {local_time(review['at'])} {word}"


def _audience(audience: Row) -> Table:
    excluded = "、".join(f"{REASONS.get(why, why)} {count}" for why, count in sorted(audience["excluded"].items()))
    return facts(
        "受众",
        {
            "快照": audience["snapshot_id"],
            "候选": str(audience["candidates"]),
            "投放": str(audience["customers"]),
            "成员": str(audience["owners"]),
            "排除": excluded or "—",
            "样例": "、".join(audience["sample"]) or "—",
        },
    )


def _rings(found: Row) -> Table:
    table = titled("批次", "批次", "状态", "客户", "开始规划", "已交成员", "放行人")
    for ring in found["rings"]:
        times = local_time(ring["planned_at"]), local_time(ring["handed_over_at"])
        share = str(ring["share"]["customers"])
        table.add_row(ring["name"], RING_STATES[ring["state"]], share, *times, ring["go_by"] or "—")
    return table


def test_send(found: Row) -> Table:
    return facts("测试发送", {"测试编号": found["campaign_id"], "人数": str(found["customers"])})


def tasks(rows: Sequence[Row]) -> Table:
    table = titled("群发任务", "任务", "成员", "批次", "状态", "客户结果", "不早于")
    for row in rows:
        counts = "、".join(f"{RESULTS[state]} {number}" for state, number in sorted(row["counts"].items()))
        state, not_before = TASK_STATES[row["state"]], local_time(row["not_before"])
        table.add_row(row["task_id"], row["owner_userid"], row["ring"] or "—", state, counts, not_before)
    return table


def recipients(rows: Sequence[Row]) -> Table:
    table = titled("客户结果", *EXPORTED)
    for row in rows:
        table.add_row(*recipient(row))
    return table


EXPORTED = ("客户", "结果", "原因", "成员", "时间", "任务", "推荐理由")


def recipient(row: Row) -> tuple[str, ...]:
    """One line, also of the CSV file."""
    reason = REASONS.get(row["reason"], row["reason"]) or "—"
    return row["target_id"], RESULTS[row["state"]], reason, row["by"], local_time(row["at"]), row["task_id"], why(row)


def why(row: Row) -> str:
    """Why the bank's rules chose him."""
    need = row["need"]
    return f"{need['reason']}（{need['score']}）" if need else "—"


def write_csv(rows: Iterable[Row], target: TextIO) -> None:
    """Every customer with his end, one a line, under Chinese headings."""
    writer = csv.writer(target)
    writer.writerow(EXPORTED)
    writer.writerows(map(harmless, recipient(row)) for row in rows)


def results(found: Row) -> tuple[Table, ...]:
    """Sums that add up to the audience, and the exclusions by reason."""
    sums = titled(f"投放结果 {found['campaign_id']}（{STATES[found['state']]}）", "结果", "客户")
    rows = {"尚未规划": found["not_planned"], RESULTS["pending"]: found["pending"]}
    rows |= {RESULTS[state]: number for state, number in sorted(found["by_state"].items())}
    for name, number in rows.items():
        if number:
            sums.add_row(name, str(number))
    sums.add_row("合计", str(found["audience"]))
    excluded = titled("排除原因", "原因", "客户")
    for reason, number in sorted(found["excluded"].items()):
        excluded.add_row(REASONS.get(reason, reason), str(number))
    progress = facts(
        "进度",
        {
            "任务": str(found["tasks"]),
            "成员仍可确认": str(found["tasks_confirmable"]),
            "待创建": str(found["tasks_left"] - found["tasks_confirmable"]),
            "等待下周": str(found["tasks_deferred"]),
            "一小时内触达": f"{found['reached_hour']} / {found['audience']}",
            "一天内触达": f"{found['reached_day']} / {found['audience']}",
            **_reactions(found),
        },
    )
    return sums, excluded, progress


def recall(found: Row) -> Table:
    """How far it is that what members have not confirmed is taken back."""
    left, total = found["tasks_confirmable"], found["tasks"]
    return facts("撤回进度", {"任务": str(total), "已收回或已有结果": str(total - left), "成员仍可确认": str(left)})


def _reactions(found: Row) -> dict[str, str]:
    """Only Moments have any."""
    if not found["likes"] and not found["comments"]:
        return {}
    return {"朋友圈点赞 / 评论": f"{found['likes']} / {found['comments']}"}


def exposures(found: Row) -> Table:
    about = f"{found['external_userid']} 的触达记录"
    table = titled(about, "投放", "渠道", "内容", "成员", "结果", "时间", "原因", "推荐理由")
    for row in found["items"]:
        content = f"{row['content']['activity_id']} 第 {row['content']['version']} 版"
        cells = row["campaign_id"], CHANNELS[row["channel"]], content, row["by"], RESULTS[row["state"]]
        table.add_row(*cells, local_time(row["at"]), REASONS.get(row["reason"], row["reason"]) or "—", why(row))
    return table


def _hours(found: Row) -> str:
    """Of each node that has its own."""
    rows = []
    for node_id, hours in sorted(found.items()):
        days = "".join(WEEKDAYS[day - 1] for day in hours["weekdays"])
        rows.append(f"{node_id} {hours['begins'][:5]}–{hours['ends'][:5]} 周{days}")
    return "；".join(rows) or "—"


def rules(found: Row) -> Table:
    """What the bank set for campaigns, and the defaults."""
    settings, given = found["settings"], found["given"]
    table = titled(f"投放规则（版本 {found['version']}）", "项目", "取值", "来源")
    for name, title in RULES.items():
        value = settings[name]
        shown = _hours(value) if isinstance(value, dict) else str(value)
        shown = "、".join(map(str, value)) if isinstance(value, list) else shown
        table.add_row(title, shown, "本行设定" if name in given else "缺省")
    return table
