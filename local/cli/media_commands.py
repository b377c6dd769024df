"""``scrm media``: files that content shows."""

import hashlib
from pathlib import Path

import click

from local.cli import content_tables
from local.cli.client import at
from local.cli.session import Session

_KINDS = ["image", "video", "file"]


@click.group("media")
def media() -> None:
    """内容素材：图片、视频、文件。"""


@media.command("add")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(_KINDS), default="image", show_default=True, help="素材类型")
@click.option("--name", default="", help="客户看到的文件名；缺省为原文件名")
@click.pass_obj
def add(session: Session, path: Path, kind: str, name: str) -> None:
    """登记、上传并校验一个文件；同一机构的同一文件只有一份。"""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    asked = {"kind": kind, "file_name": name or path.name, "size": len(content), "sha256": digest}
    found = session.client.post(at("media"), asked)
    if found["upload_url"]:
        session.client.put_file(found["upload_url"], content)
        found = session.client.post(at("media", found["asset_id"], "check"), {})
    session.show(found, content_tables.asset(found))


@media.command("show")
@click.argument("asset_id")
@click.pass_obj
def show(session: Session, asset_id: str) -> None:
    """显示一个文件。"""
    found = session.client.get(at("media", asset_id))
    session.show(found, content_tables.asset(found))
