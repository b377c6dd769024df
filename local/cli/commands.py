"""Commands of ``scrm``.

Exit codes: 0 done, 1 the API refused or failed, 2 wrong usage, 3 not found, 4 not allowed, 5 unreachable,
6 not configured.
"""

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from local.cli import tables, work_tables
from local.cli.adds_commands import adds
from local.cli.archive_commands import archive
from local.cli.audience_commands import audience
from local.cli.campaign_commands import campaigns
from local.cli.client import AdminClient, Row
from local.cli.consent_commands import consent
from local.cli.content_commands import calendar, content
from local.cli.cover_commands import cover
from local.cli.customer_commands import customer
from local.cli.errors import CommandError
from local.cli.kpi_commands import kpi
from local.cli.lexicon_commands import lexicon
from local.cli.media_commands import media
from local.cli.pilot_commands import pilot
from local.cli.pressure_commands import pressure
from local.cli.product_commands import products
from local.cli.review_commands import review
from local.cli.session import LIMIT, NODE, Session
from local.cli.tag_commands import tags
from local.cli.target_commands import target
from local.cli.task_commands import task
from local.cli.uplift_commands import uplift
from local.cli.way_commands import ways
from local.cli.welcome_commands import welcome


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--as",
    "operator",
    metavar="OPERATOR",
    help="以谁的身份（仅本地运行）：head_office、checker、compliance、auditor，或 branch_10、checker_10、compliance_10",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
@click.pass_context
def scrm(context: click.Context, operator: str | None, as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """企业微信客户经营：查询与操作。

    本地运行（make up）无需配置；正式环境请设置 SCRM_API_URL 和 SCRM_TOKEN。
    """
    context.obj = Session(operator, as_json)


@scrm.command("me")
@click.pass_obj
def me(session: Session) -> None:
    """我的身份与可见范围。"""
    found = session.client.me()
    node = found["node"]
    pairs = {
        "操作者": found["subject"],
        "机构": f"{node['name']}（{node['node_id']}）",
        "机构路径": node["path"],
        "角色": "、".join(found["roles"]),
    }
    session.show(found, tables.facts("我的身份", pairs))


@scrm.group("case")
def case() -> None:
    """客户继承（离职交接）。"""


@case.command("list")
@click.option("--state", type=click.Choice(list(tables.CASE_STATES)), help="只看某个状态")
@click.option("--member", help="只看某位成员的，账号改过的用新旧账号都能查到")
@NODE
@LIMIT
@click.pass_obj
def list_cases(session: Session, state: str | None, member: str | None, node_id: str | None, limit: int) -> None:
    """列出客户继承，最新的在前。"""
    rows = session.client.cases(limit, state=state, member=member, node_id=node_id)
    session.show(rows, tables.cases(rows))


@case.command("show")
@click.argument("case_id")
@click.option("--edges", "state", type=click.Choice(["all", *tables.EDGE_STATES]), help="同时列出该状态的客户与客户群")
@LIMIT
@click.pass_obj
def show_case(session: Session, case_id: str, state: str | None, limit: int) -> None:
    """显示一个客户继承。"""
    found = session.client.case(case_id)
    answer: Row = dict(found)
    shown = [tables.case_facts(found), *work_tables.followed(found), tables.signals(found["signals"])]
    if state:
        wanted = None if state == "all" else state
        answer["edges"] = session.client.edges(case_id, limit, state=wanted)
        answer["groups"] = session.client.groups(case_id, limit, state=wanted)
        shown += [tables.edges("客户", answer["edges"]), tables.edges("客户群", answer["groups"])]
    session.show(answer, *shown)


@case.command("reassign")
@click.argument("case_id")
@click.argument("target_ids", nargs=-1, required=True)
@click.option("--to", "takeover_userid", required=True, help="接替成员的账号")
@click.option("--groups", is_flag=True, help="编号是客户群，不是客户")
@click.pass_obj
def reassign(
    session: Session,
    case_id: str,
    target_ids: tuple[str, ...],
    takeover_userid: str,
    groups: bool,  # noqa: FBT001 - click passes it
) -> None:
    """把待人工处理的客户或客户群改派给指定成员，一次最多 100 个。"""
    found = session.client.reassign(case_id, "groups" if groups else "customers", target_ids, takeover_userid)
    session.show(found, _decided(found))


@case.command("close")
@click.argument("case_id")
@click.option("--reason", required=True, help="关闭原因，长期保存，请勿填写客户个人信息")
@click.pass_obj
def close(session: Session, case_id: str, reason: str) -> None:
    """线下处理完毕后关闭案件，剩余客户记为已处理。"""
    found = session.client.close(case_id, reason)
    session.show(found, _decided(found))


def _decided(found: Row) -> Table:
    """The case after the decision, or the decision that waits for a second person."""
    return tables.decision(found) if "decision_id" in found else tables.case_facts(found)


@case.command("preview")
@click.argument("case_id", required=False)
@click.option("--member", "userid", help="没有案件时：假如该成员离职")
@click.option("--to", "successors", multiple=True, help="与 --member 同用：接替成员，可重复，按优先顺序")
@click.option("--last-day", default="", help="与 --member 同用：最后工作日，如 2026-12-31")
@click.pass_obj
def preview(
    session: Session, case_id: str | None, userid: str | None, successors: tuple[str, ...], last_day: str
) -> None:
    """预览交接方案：接替成员、理由、不能转接的客户；只看不改。"""
    if bool(case_id) is bool(userid):
        raise click.UsageError("请给出案件编号，或用 --member 指定成员，二者选一。")
    if case_id:
        found = session.client.preview(case_id)
    else:
        found = session.client.preview_departure(str(userid), successors, last_day)
    session.show(found, *tables.preview(found))


_CHECKSUM = click.option("--checksum", required=True, help="预览中的方案校验码：只对所看到的方案有效")


@case.command("approve")
@click.argument("case_id")
@_CHECKSUM
@click.pass_obj
def approve(session: Session, case_id: str, checksum: str) -> None:
    """复核通过方案；制定方案的人不能复核。"""
    found = session.client.approve(case_id, checksum)
    session.show(found, tables.case_facts(found))


@case.command("reject")
@click.argument("case_id")
@_CHECKSUM
@click.option("--reason", required=True, help="退回原因，长期保存，请勿填写客户个人信息")
@click.pass_obj
def reject(session: Session, case_id: str, checksum: str, reason: str) -> None:
    """退回方案，客户转人工处理，等待新的方案。"""
    found = session.client.reject(case_id, checksum, reason)
    session.show(found, tables.case_facts(found))


@case.command("plan")
@click.argument("case_id")
@click.option("--to", "successors", multiple=True, help="接替成员，可重复，按优先顺序；不填则按规则选择")
@click.pass_obj
def plan(session: Session, case_id: str, successors: tuple[str, ...]) -> None:
    """转接开始前重新制定方案；此后须由他人复核。"""
    found = session.client.replan(case_id, successors)
    session.show(found, tables.case_facts(found))


@case.command("certificate")
@click.argument("case_id")
@click.option("--verify", is_flag=True, help="重新读取文件，核对 SHA-256 与合计")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@click.option("--number", type=click.IntRange(1), help="第几份证明，缺省为最新")
@click.option("--out", "target", type=click.Path(dir_okay=False, path_type=Path), help="下载到该文件")
@click.pass_obj
def certificate(
    session: Session,
    case_id: str,
    verify: bool,  # noqa: FBT001 - click passes it
    form: str,
    number: int | None,
    target: Path | None,
) -> None:
    """查看一个案件的交接证明；加 --out 则下载并核对 SHA-256。"""
    if target is None:
        found = session.client.certificate(case_id, verify=verify)
        session.show(found, tables.certificates(found["items"]))
        return
    found = _downloaded(session.client, case_id, form, number, target)
    facts = {"案件": case_id, "证明": str(found["number"]), "文件": str(target), "SHA-256": found["sha256"]}
    session.show(found, tables.facts("交接证明已下载，SHA-256 一致", facts))


def _downloaded(client: AdminClient, case_id: str, form: str, number: int | None, target: Path) -> Row:
    """The file is there only when it is whole."""
    unchecked = target.with_name(f"{target.name}.part")
    try:
        with unchecked.open("wb") as file:
            found = client.download(case_id, form, number, file)
        unchecked.replace(target)
    finally:
        unchecked.unlink(missing_ok=True)
    return found


@scrm.group("decision")
def decision() -> None:
    """须双人复核的决定。"""


@decision.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_decisions(session: Session, node_id: str | None, limit: int) -> None:
    """列出等待他人复核的决定。"""
    rows = session.client.decisions(limit, node_id=node_id)
    session.show(rows, tables.decisions(rows))


@decision.command("confirm")
@click.argument("decision_id")
@click.pass_obj
def confirm(session: Session, decision_id: str) -> None:
    """复核通过他人的决定并执行；作出决定的人不能复核。"""
    found = session.client.confirm(decision_id)
    session.show(found, tables.decision(found))


@decision.command("refuse")
@click.argument("decision_id")
@click.option("--reason", required=True, help="拒绝原因，长期保存，请勿填写客户个人信息")
@click.pass_obj
def refuse(session: Session, decision_id: str, reason: str) -> None:
    """拒绝他人的决定，或撤回自己的决定。"""
    found = session.client.refuse(decision_id, reason)
    session.show(found, tables.decision(found))


@scrm.group("rejection")
def rejection() -> None:
    """无法处理的外部消息。"""


@rejection.command("list")
@NODE
@click.option("--state", type=click.Choice(["open", "reviewed"]), help="只看待处理（open）或已处理（reviewed）的消息")
@LIMIT
@click.pass_obj
def list_rejections(session: Session, node_id: str | None, state: str | None, limit: int) -> None:
    """列出被拒绝、等待人工查看的消息。"""
    rows = session.client.rejections(limit, node_id=node_id, state=state)
    session.show(rows, tables.rejections(rows))


@rejection.command("review")
@click.argument("rejection_id")
@click.option("--note", default="", help="处理说明，不含个人信息")
@click.pass_obj
def review_rejection(session: Session, rejection_id: str, note: str) -> None:
    """标记一条消息为已处理。"""
    found = session.client.review_rejection(rejection_id, note)
    session.show(found, tables.rejections([found]))


@scrm.group("nodes")
def nodes() -> None:
    """机构：推广阶段、运营模式、机构号。"""


@nodes.command("list")
@click.argument("node_id", default="1")
@LIMIT
@click.pass_obj
def list_nodes(session: Session, node_id: str, limit: int) -> None:
    """列出某个机构的直接下级，默认总行。"""
    rows = session.client.nodes_below(node_id, limit)
    session.show(rows, tables.nodes(rows))


@nodes.command("show")
@click.argument("node_id")
@click.pass_obj
def show_node(session: Session, node_id: str) -> None:
    """显示一个机构的设定与实际生效的设定。"""
    found = session.client.node(node_id)
    session.show(found, tables.node_facts(found))


@nodes.command("set")
@click.argument("node_id")
@click.option("--lifecycle", type=click.Choice([*tables.LIFECYCLES, "inherit"]), help="推广阶段；inherit 为沿用上级")
@click.option("--mode", type=click.Choice([*tables.MODES, "inherit"]), help="运营模式；inherit 为沿用上级")
@click.option("--code", "branch_code", help="机构号；空字符串为取消")
@click.pass_obj
def set_node(session: Session, node_id: str, lifecycle: str | None, mode: str | None, branch_code: str | None) -> None:
    """修改一个机构的设定，未给出的保持不变。"""
    known = session.client.node(node_id)
    setting = {
        "lifecycle": _inherited(lifecycle or known["lifecycle"]),
        "mode": _inherited(mode or known["mode"]),
        "branch_code": known["branch_code"] if branch_code is None else branch_code,
        "version": known["version"],
    }
    found = session.client.change_node(node_id, setting)
    session.show(found, tables.node_facts(found))


def _inherited(word: str | None) -> str | None:
    return None if word == "inherit" else word


@scrm.group("audit")
def audit() -> None:
    """审计日志。"""


@audit.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_audit(session: Session, node_id: str | None, limit: int) -> None:
    """列出谁在何时做了什么，最新的在前。"""
    rows = session.client.audit(limit, node_id=node_id)
    session.show(rows, tables.audit(rows))


@audit.command("orphans")
@click.option("--unresolved", is_flag=True, help="只看尚未确认解决的")
@NODE
@LIMIT
@click.pass_obj
def list_orphans(
    session: Session,
    unresolved: bool,  # noqa: FBT001 - click passes it
    node_id: str | None,
    limit: int,
) -> None:
    """每夜巡检发现的无人负责的客户与客户群，最新的在前。"""
    run = session.client.latest_audit()
    rows = session.client.orphans(limit, node_id=node_id, unresolved="true" if unresolved else None)
    shown = [tables.audit_run(run)] if run else []
    session.show({"latest_audit": run, "items": rows}, *shown, tables.orphans(rows))


@scrm.group("settings")
def settings() -> None:
    """客户继承参数。"""


@settings.command("show")
@click.pass_obj
def show_settings(session: Session) -> None:
    """显示当前参数与版本。"""
    found = session.client.settings()
    session.show(found, tables.settings(found))


@settings.command("set")
@click.argument("pairs", nargs=-1, metavar="NAME=VALUE...")
@click.option("--default", "defaults", multiple=True, metavar="NAME", help="恢复为默认值")
@click.pass_obj
def set_settings(session: Session, pairs: tuple[str, ...], defaults: tuple[str, ...]) -> None:
    """修改参数（仅总行），如 approval_above=500；值为 JSON，时长如 PT24H，一分钟内生效。"""
    known = session.client.settings()
    wanted = {name: known["settings"][name] for name in known["given"] if known["is_valid"] and name not in defaults}
    found = session.client.change_settings(known["version"], wanted | dict(map(_setting, pairs)))
    session.show(found, tables.settings(found))


def _setting(pair: str) -> tuple[str, Any]:
    """``name=value``; what is no JSON is text, so that a duration needs no quotes."""
    name, is_pair, value = pair.partition("=")
    if not is_pair:
        raise click.BadParameter(f"应为 NAME=VALUE：{pair}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@scrm.group("sync")
def sync() -> None:
    """与企业微信核对客户关系。"""


@sync.command("start")
@click.option("--key", default="", help="幂等键：用同一个键重复执行，只启动一次")
@click.pass_obj
def start_sync(session: Session, key: str) -> None:
    """立即开始一次全量核对。"""
    found = session.client.start_sync(key)
    session.show(found, tables.facts("已开始全量核对", {"编号": found["run_id"], "请求时间": found["requested_at"]}))


scrm.add_command(task)
scrm.add_command(cover)
scrm.add_command(customer)
scrm.add_command(consent)
scrm.add_command(content)
scrm.add_command(calendar)
scrm.add_command(products)
scrm.add_command(pressure)
scrm.add_command(audience)
scrm.add_command(media)
scrm.add_command(campaigns)
scrm.add_command(welcome)
scrm.add_command(ways)
scrm.add_command(tags)
scrm.add_command(lexicon)
scrm.add_command(review)
scrm.add_command(target)
scrm.add_command(pilot)
scrm.add_command(kpi)
scrm.add_command(adds)
scrm.add_command(uplift)
scrm.add_command(archive)


def main(arguments: list[str] | None = None) -> None:
    """Run the program; a known error is one line on standard error and its exit code."""
    try:
        scrm.main(args=arguments, prog_name="scrm")
    except CommandError as error:
        click.echo(f"错误：{error}", err=True)
        sys.exit(error.exit_code)
