"""``scrm campaigns``: who gets what, approved by a second person, sent ring by ring, reconciled to the last one."""

from typing import TextIO

import click

from local.cli import campaign_tables
from local.cli.client import Row, at
from local.cli.files import parsed
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import given_in, settings_of, written

_REASON = click.option("--reason", required=True, help="原因，长期保存，请勿填写客户个人信息")
_FILE = click.argument("file", type=click.File("r", encoding="utf-8"))
_ID = click.argument("campaign_id")
_CSV = click.option("--csv", "target", type=click.File("w", encoding="utf-8-sig"), help="把全部客户的结果写入 CSV 文件")


@click.group("campaigns")
def campaigns() -> None:
    """营销投放：制作、审批、分批投放、暂停、撤回、结果。"""


@campaigns.command("list")
@click.option("--state", type=click.Choice(list(campaign_tables.STATES)), help="只看某一状态")
@click.option("--purpose", type=click.Choice(list(campaign_tables.PURPOSES)), help="只看某一类型")
@NODE
@LIMIT
@click.pass_obj
def list_campaigns(session: Session, state: str | None, purpose: str | None, node_id: str | None, limit: int) -> None:
    """列出投放，最新的在前。"""
    rows = session.client.rows(at("campaigns"), limit, state=state, purpose=purpose, node_id=node_id)
    session.show(rows, campaign_tables.campaigns(rows))


@campaigns.command("show")
@_ID
@click.pass_obj
def show(session: Session, campaign_id: str) -> None:
    """显示一个投放：定义、受众、审批、各批次进度；撤回后显示撤回进度。"""
    found = session.client.get(at("campaigns", campaign_id))
    tables = [*campaign_tables.campaign(found)]
    if found["state"] == "recalled":
        tables.append(campaign_tables.recall(session.client.get(at("campaigns", campaign_id, "results"))))
    session.show(found, *tables)


@campaigns.command("create")
@_FILE
@click.pass_obj
def create(session: Session, file: TextIO) -> None:
    """按 JSON 文件制作一个投放草稿；文件内容见 docs/campaigns.md。"""
    _show(session, session.client.post(at("campaigns"), parsed(file.read())))


@campaigns.command("edit")
@_ID
@_FILE
@click.pass_obj
def edit(session: Session, campaign_id: str, file: TextIO) -> None:
    """用 JSON 文件替换草稿；已提交的须重新提交。"""
    version = session.client.get(at("campaigns", campaign_id))["version"]
    asked = {"version": version, "campaign": parsed(file.read())}
    _show(session, session.client.put(at("campaigns", campaign_id), asked))


@campaigns.command("submit")
@_ID
@click.pass_obj
def submit(session: Session, campaign_id: str) -> None:
    """提交审批；系统随即冻结受众，稍后用 show 查看。"""
    _step(session, campaign_id, "submit")


@campaigns.command("approve")
@_ID
@click.option("--snapshot", "snapshot_id", required=True, help="您所看到的受众快照编号")
@click.pass_obj
def approve(session: Session, campaign_id: str, snapshot_id: str) -> None:
    """批准所看到的受众与内容（须为制作人、提交人以外的第三人）。"""
    _step(session, campaign_id, "approve", {"snapshot_id": snapshot_id})


@campaigns.command("reject")
@_ID
@_REASON
@click.option("--snapshot", "snapshot_id", default="", help="您所看到的受众快照编号；收回批准时可不填")
@click.pass_obj
def reject(session: Session, campaign_id: str, reason: str, snapshot_id: str) -> None:
    """退回提交，或在开始前收回批准。"""
    _step(session, campaign_id, "reject", {"snapshot_id": snapshot_id, "reason": reason})


@campaigns.command("schedule")
@_ID
@click.argument("starts_at", metavar="YYYY-MM-DDThh:mm:ss+08:00")
@click.pass_obj
def schedule(session: Session, campaign_id: str, starts_at: str) -> None:
    """确定已批准投放的开始时间。"""
    _step(session, campaign_id, "schedule", {"starts_at": starts_at})


@campaigns.command("go")
@_ID
@click.argument("ring")
@click.pass_obj
def go(session: Session, campaign_id: str, ring: str) -> None:
    """放行某批次之后的下一批次。"""
    _show(session, session.client.post(at("campaigns", campaign_id, "rings", ring, "go"), {}))


@campaigns.command("pause")
@_ID
@_REASON
@click.pass_obj
def pause(session: Session, campaign_id: str, reason: str) -> None:
    """暂停：不再发出新任务，已到成员手中的不动。"""
    _step(session, campaign_id, "pause", {"reason": reason})


@campaigns.command("resume")
@_ID
@click.pass_obj
def resume(session: Session, campaign_id: str) -> None:
    """从暂停处继续。"""
    _step(session, campaign_id, "resume")


@campaigns.command("recall")
@_ID
@_REASON
@click.pass_obj
def recall(session: Session, campaign_id: str, reason: str) -> None:
    """撤回：不再发出新任务，成员尚未确认的全部取消；进度用 results 查看。"""
    _step(session, campaign_id, "recall", {"reason": reason})


@campaigns.command("close")
@_ID
@click.pass_obj
def close(session: Session, campaign_id: str) -> None:
    """所有客户都有结果后立即结束；否则到时自动结束。"""
    _step(session, campaign_id, "close")


@campaigns.command("test")
@_ID
@click.argument("external_userids", nargs=-1, required=True)
@click.pass_obj
def test(session: Session, campaign_id: str, external_userids: tuple[str, ...]) -> None:
    """把已提交的内容发给几位本行人员（不占触达次数，不计入结果）。"""
    asked = {"external_userids": list(external_userids)}
    found = session.client.post(at("campaigns", campaign_id, "test-send"), asked)
    session.show(found, campaign_tables.test_send(found))


@campaigns.command("tasks")
@_ID
@LIMIT
@click.pass_obj
def tasks(session: Session, campaign_id: str, limit: int) -> None:
    """列出各成员的群发任务。"""
    rows = session.client.rows(at("campaigns", campaign_id, "tasks"), limit)
    session.show(rows, campaign_tables.tasks(rows))


@campaigns.command("recipients")
@_ID
@LIMIT
@click.pass_obj
def recipients(session: Session, campaign_id: str, limit: int) -> None:
    """列出客户及其结果。"""
    rows = session.client.rows(at("campaigns", campaign_id, "recipients"), limit)
    session.show(rows, campaign_tables.recipients(rows))


@campaigns.command("results")
@_ID
@_CSV
@click.pass_obj
def results(session: Session, campaign_id: str, target: TextIO | None) -> None:
    """显示投放结果汇总；可导出每位客户的结果。"""
    found = session.client.get(at("campaigns", campaign_id, "results"))
    session.show(found, *campaign_tables.results(found))
    if target is not None:
        _export(session, "campaigns", campaign_id, target)


@campaigns.command("exposure")
@click.argument("external_userid")
@click.pass_obj
def exposure(session: Session, external_userid: str) -> None:
    """显示一个客户历次收到的投放。"""
    found = session.client.get(at("customers", external_userid, "exposure"))
    session.show(found, campaign_tables.exposures(found))


@campaigns.command("shared")
@LIMIT
@click.pass_obj
def list_shared(session: Session, limit: int) -> None:
    """列出上级机构已开始的投放。"""
    rows = session.client.rows(at("shared-campaigns"), limit)
    session.show(rows, campaign_tables.shared(rows))


@campaigns.command("share")
@_ID
@_CSV
@click.pass_obj
def show_share(session: Session, campaign_id: str, target: TextIO | None) -> None:
    """显示上级机构的投放在本机构的结果（仅本机构及下级成员）；可导出每位客户的结果。"""
    found = session.client.get(at("shared-campaigns", campaign_id, "results"))
    session.show(found, *campaign_tables.results(found))
    if target is not None:
        _export(session, "shared-campaigns", campaign_id, target)


@campaigns.command("share-tasks")
@_ID
@LIMIT
@click.pass_obj
def list_shared_tasks(session: Session, campaign_id: str, limit: int) -> None:
    """列出上级机构的投放在本机构各成员的任务。"""
    rows = session.client.rows(at("shared-campaigns", campaign_id, "tasks"), limit)
    session.show(rows, campaign_tables.tasks(rows))


campaigns.add_command(settings_of("campaigns", "全行停发开关、静默时段等规则。", campaign_tables.rules))


@campaigns.command("kill")
@click.option("--off", is_flag=True, help="恢复发送")
@click.pass_obj
def kill(
    session: Session,
    off: bool,  # noqa: FBT001 - click passes it
) -> None:
    """全行停发（仅限总行）：一分钟后不再发出新任务，成员未确认的陆续收回；恢复后重新创建。"""
    known = session.client.get(at("settings", "campaigns"))
    written(session, "campaigns", known, given_in(known) | {"sending_stopped": not off}, campaign_tables.rules)


def _export(session: Session, place: str, campaign_id: str, target: TextIO) -> None:
    rows = session.client.rows(at(place, campaign_id, "recipients"), 0)
    campaign_tables.write_csv(rows, target)
    click.echo(f"已写入 {len(rows)} 行", err=True)


def _step(session: Session, campaign_id: str, step: str, asked: Row | None = None) -> None:
    _show(session, session.client.post(at("campaigns", campaign_id, step), asked or {}))


def _show(session: Session, found: Row) -> None:
    session.show(found, *campaign_tables.campaign(found))
