"""Reviews of uplift as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli import uplift_words as words
from local.cli.client import Row
from local.cli.tables import local_time, titled


def reviews(rows: Sequence[Row]) -> Table:
    table = titled("效果复盘", "编号", "名称", "类型", "机构", "窗口开始", "到期日", "状态", "结果版本", "登记", "备注")
    for row in rows:
        late = "登记晚于结果可知日，非事前登记" if row["is_late"] else ""
        table.add_row(
            row["review_id"],
            row["name"],
            words.KINDS[row["kind"]],
            row["node_id"],
            row["first"],
            row["due_on"],
            words.STATES[row["state"]],
            str(row["versions"] or "—"),
            f"{row['registered_by']} {local_time(row['registered_at'])}",
            "；".join(note for note in (late, row["waits_for"]) if note) or "—",
        )
    return table


def waits(found: Row) -> Table:
    """Why there is no result yet, and who has to do what."""
    review = found["review"]
    table = titled(
        f"{review['name']} 在等待什么（{review['due_on']} 到期，系统每小时检查一次）", "事项", "对象", "何时"
    )
    for row in found["waits"]:
        when = row["until"] or ("—" if row["reason"] == "last_run" else "待行内交付")
        table.add_row(words.WAITS[row["reason"]], row["subject"], when)
    if not found["waits"]:
        table.add_row("已有结果", f"第 {review['versions']} 版", "—")
    return table


def result(found: Row) -> tuple[Table, ...]:
    """Both figures side by side; then how many customers are where, and who was not recognised."""
    review = found["review"]
    title = f"{review['name']}（第 {found['version']} 版，门槛 {words.percent(found['bar'])}）"
    tables = (findings(title, found["findings"]), _customers(found))
    return (*tables, _unlinked(found)) if words.unlinked(found) else tables


def findings(title: str, rows: Sequence[Row]) -> Table:
    columns = ("对象", "指标", "人数", "对照人数", "表面差异", "调整后差异", "95% 区间", "结论")
    table = titled(title, "范围", *columns)
    for row in rows:
        figure = words.figure(row)
        table.add_row(
            words.segment(row["segment"]) if row["segment"] else "全部",
            words.ARMS[row["arm"]],
            words.KPIS[row["kpi"]],
            f"{row['treated']:,}",
            f"{row['untreated']:,}",
            words.percent(words.value_of(words.naive(row))),
            words.percent(words.value_of(figure)),
            words.interval(figure),
            words.VERDICTS[row["verdict"]],
        )
    return table


def returns(found: Row) -> Table:
    table = titled("投入产出（按年）", "对象", "指标", "人数", "增量", "折合金额（元）", "区间（元）")
    for row in found["rows"]:
        low, high = words.yuan(row["worth_fen_low"]), words.yuan(row["worth_fen_high"])
        table.add_row(
            words.ARMS[row["arm"]],
            words.KPIS[row["kpi"]],
            f"{row['treated']:,}",
            words.amount(row["kpi"], row["gain"]),
            words.yuan(row["worth_fen"]),
            words.NONE if row["worth_fen"] is None else f"{low} ~ {high}",
        )
    table.add_row("合计成本", "", "", "", words.yuan(-found["cost_fen"]), "")
    net = (words.yuan(found["net_fen_low"]), words.yuan(found["net_fen_high"]))
    spread = words.NONE if found["net_fen"] is None else f"{net[0]} ~ {net[1]}"
    table.add_row("净收益", "", "", "", words.yuan(found["net_fen"]), spread)
    return table


def settings(found: Row) -> Table:
    document = found["settings"]
    table = titled(f"归因窗口与收益口径（版本 {found['version']}）", "项目", "取值")
    table.add_row("归因窗口（缺省）", f"{document['window_days']} 天")
    for kpi, days in document["kpi_window_days"].items():
        table.add_row(f"归因窗口 · {words.KPIS.get(kpi, kpi)}", f"{days} 天")
    for product, days in document["product_window_days"].items():
        table.add_row(f"归因窗口 · 产品 {product}", f"{days} 天")
    for kpi, worth in document["worth"].items():
        label = f"每单位年收益 · {words.KPIS.get(kpi, kpi)}"
        table.add_row(label, f"{worth['numerator_fen']}/{worth['denominator']} 分")
    for item in document["yearly_costs"]:
        table.add_row(f"年成本 · {item['name']}", f"{words.yuan(item['fen'])} 元")
    return table


def ledger(found: Row, by: str) -> Table:
    names = {"campaign": "活动", "content": "内容", "channel": "渠道", "branch": "机构"}
    title = f"{found['month']} 归因台账（第 {found['version']} 版，窗口 {found['window_days']} 天）"
    table = titled(title, names[by], "指标", "客户数", "变化")
    for row in found["items"]:
        if not row["is_credited"]:
            name = "（无触点可归因）"
        elif by == "content":
            name = f"{row['activity_id']} 第 {row['content_version']} 版"
        elif by == "channel":
            name = words.ARMS.get(row["channel"], row["channel"])
        else:
            name = row["campaign_id"] or row["node"] or "总行"
        table.add_row(name, words.changed_kpi(row), f"{row['customers']:,}", words.change(row))
    return table


def ledger_members(rows: Sequence[Row]) -> Table:
    table = titled("归因台账（客户经理）", "客户经理", "机构路径", "指标", "客户数", "变化")
    for row in rows:
        table.add_row(row["userid"], row["node"], words.changed_kpi(row), f"{row['customers']:,}", words.change(row))
    return table


def ledger_customers(rows: Sequence[Row]) -> Table:
    table = titled("归因台账（客户）", "客户", "指标", "变化", "内容", "渠道", "客户经理", "任务", "触达时间")
    for row in rows:
        table.add_row(
            row["external_userid"],
            words.changed_kpi(row),
            words.change(row),
            f"{row['activity_id']} 第 {row['content_version']} 版",
            words.ARMS.get(row["channel"], row["channel"]),
            row["userid"],
            row["task_id"],
            local_time(row["touched_at"]),
        )
    return table


def _customers(found: Row) -> Table:
    table = titled("客户构成", "类别", "人数")
    for arm, count in found["customers"].items():
        table.add_row(words.ARMS[arm], f"{count:,}")
    for why, count in found["left_out"].items():
        table.add_row(f"不计入：{words.LEFT_OUT.get(why, why)}", f"{count:,}")
    return table


def _unlinked(found: Row) -> Table:
    table = titled("企微中未能识别的客户", "指标", "对照组中可能已添加的比例（最多）", "真实效果的可能范围")
    for row in found["findings"]:
        share = f"{row['diluted']['share']:.1%}" if row["diluted"] and words.is_told(row) else words.NONE
        table.add_row(words.KPIS[row["kpi"]], share, words.possible(row))
    notes = [words.NOTES[note] for note in found["notes"] if note in words.NOTES_OF_UNLINKED]
    table.caption_justify = "left"
    table.caption = "\n".join([words.unlinked(found), *notes])
    return table
