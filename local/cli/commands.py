"""Commands of ``scrm``.

Exit codes: 0 done, 1 the API refused or failed, 2 wrong usage, 3 not found, 4 not allowed, 5 unreachable,
6 not configured.
"""

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click
from rich.table import Table

from local.cli import tables
from local.cli.client import AdminClient, Row
from local.cli.errors import CommandError
from local.cli.sign_in import sign_in

_LIMIT = click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="最多显示的行数，0 为全部")
_NODE = click.option("--node", "node_id", help="只看某个机构（部门编号）及其下级")


@dataclass
class Session:
    """One run of the program: signs in when the first command needs it."""

    operator: str | None
    as_json: bool

    @cached_property
    def client(self) -> AdminClient:
        return AdminClient(sign_in(self.operator))

    def show(self, answer: Any, *shown: Table) -> None:
        """The answer as JSON if asked for, else as tables."""
        if self.as_json:
            click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
            return
        screen = tables.console()
        for table in shown:
            if table.row_count:
                screen.print(table)
            else:
                screen.print(f"{table.title}：没有记录")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--as", "operator", metavar="OPERATOR", help="以谁的身份（仅本地运行）：head_office、auditor、branch_<部门编号>"
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
@click.pass_context
def scrm(context: click.Context, operator: str | None, as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """企业微信客户继承：查询与操作。

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
@_NODE
@_LIMIT
@click.pass_obj
def list_cases(session: Session, state: str | None, node_id: str | None, limit: int) -> None:
    """列出客户继承，最新的在前。"""
    rows = session.client.cases(limit, state=state, node_id=node_id)
    session.show(rows, tables.cases(rows))


@case.command("show")
@click.argument("case_id")
@click.option("--edges", "state", type=click.Choice(["all", *tables.EDGE_STATES]), help="同时列出该状态的客户与客户群")
@_LIMIT
@click.pass_obj
def show_case(session: Session, case_id: str, state: str | None, limit: int) -> None:
    """显示一个客户继承。"""
    found = session.client.case(case_id)
    answer: Row = dict(found)
    shown = [tables.case_facts(found), tables.signals(found["signals"])]
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
    session.show(found, tables.case_facts(found))


@case.command("close")
@click.argument("case_id")
@click.option("--reason", required=True, help="关闭原因，长期保存，请勿填写客户个人信息")
@click.pass_obj
def close(session: Session, case_id: str, reason: str) -> None:
    """线下处理完毕后关闭案件，剩余客户记为已处理。"""
    found = session.client.close(case_id, reason)
    session.show(found, tables.case_facts(found))


@scrm.group("rejection")
def rejection() -> None:
    """无法处理的外部消息。"""


@rejection.command("list")
@_NODE
@click.option("--state", type=click.Choice(["open", "reviewed"]), help="只看待处理（open）或已处理（reviewed）的消息")
@_LIMIT
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
@_LIMIT
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
@_NODE
@_LIMIT
@click.pass_obj
def list_audit(session: Session, node_id: str | None, limit: int) -> None:
    """列出谁在何时做了什么，最新的在前。"""
    rows = session.client.audit(limit, node_id=node_id)
    session.show(rows, tables.audit(rows))


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


def main(arguments: list[str] | None = None) -> None:
    """Run the program; a known error is one line on standard error and its exit code."""
    try:
        scrm.main(args=arguments, prog_name="scrm")
    except CommandError as error:
        click.echo(f"错误：{error}", err=True)
        sys.exit(error.exit_code)
