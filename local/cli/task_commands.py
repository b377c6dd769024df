"""``scrm task``: what members have to do."""

import click

from local.cli import work_tables
from local.cli.session import LIMIT, Session


@click.group("task")
def task() -> None:
    """客户经理的待办任务。"""


@task.command("list")
@click.argument("userid")
@click.option("--state", type=click.Choice(list(work_tables.TASK_STATES)), help="缺省为待办")
@LIMIT
@click.pass_obj
def list_tasks(session: Session, userid: str, state: str | None, limit: int) -> None:
    """列出一位成员的任务，以及他当前代管的成员的任务。"""
    rows = session.client.tasks(userid, limit, state=state)
    session.show(rows, work_tables.tasks(rows))


@task.command("end")
@click.argument("task_id")
@click.option("--by", "by_userid", required=True, help="办理人：任务责任人，或当前代管他的成员")
@click.option("--cancel", is_flag=True, help="任务无需办理，记为已取消")
@click.option("--note", default="", help="一个英文单词，如 greeted、not_reached")
@click.pass_obj
def end_task(
    session: Session,
    task_id: str,
    by_userid: str,
    cancel: bool,  # noqa: FBT001 - click passes it
    note: str,
) -> None:
    """把一项任务记为已办理或已取消。"""
    found = session.client.end_task(task_id, "cancelled" if cancel else "done", by_userid, note)
    session.show(found, work_tables.tasks([found]))
