"""``scrm archive``: how the intake of conversations stands, what a person may ask of it, and its certificates."""

from datetime import datetime
from pathlib import Path

import click

from local.cli import archive_tables, conversation_commands
from local.cli.client import at
from local.cli.errors import NotConfiguredError
from local.cli.session import LIMIT, Session

_INTAKE = at("archive", "intake")


@click.group("archive")
def archive() -> None:
    """会话存档：拉取与解密，每日完整性证明，查找与查看，保全与删除请求。"""


@archive.command("status")
@click.pass_obj
def status(session: Session) -> None:
    """查看拉取进度、最新消息时间和搁置的消息。"""
    found = session.client.get(_INTAKE)
    session.show(found, archive_tables.status(found))


@archive.command("seats")
@click.option("--node", "node_id", default=None, help="机构编号；不填为本人所在机构。")
@click.pass_obj
def seats(session: Session, node_id: str | None) -> None:
    """查看会话存档席位：哪些服务客户的成员没有席位。"""
    query = {} if node_id is None else {"node_id": node_id}
    found = session.client.get(at("archive", "seats"), **query)
    session.show(found, *archive_tables.seats(found))


@archive.command("sweep")
@click.pass_obj
def sweep(session: Session) -> None:
    """重新处理超过 15 分钟仍未解密的页（总行运营人员）。"""
    found = session.client.post(at("archive", "intake", "sweep"), {})
    session.show(found, archive_tables.requested("未解密的页将重新处理", found))


@archive.command("reopen")
@click.pass_obj
def reopen(session: Session) -> None:
    """重新尝试解密所有搁置的消息，例如更换错误的私钥之后（总行运营人员）。"""
    found = session.client.post(at("archive", "intake", "reopening"), {})
    session.show(found, archive_tables.requested("搁置的消息将重新尝试解密", found))


@archive.command("media")
@click.pass_obj
def media(session: Session) -> None:
    """查看消息附件的下载进度与最近的失效时间。"""
    found = session.client.get(at("archive", "media", "status"))
    session.show(found, archive_tables.media(found))


@archive.command("certificates")
@LIMIT
@click.pass_obj
def certificates(session: Session, limit: int) -> None:
    """查看已出具完整性证明的日期，最近的在前。"""
    found = session.client.rows(at("archive", "certificates"), limit)
    session.show(found, archive_tables.certificates(found))


@archive.command("certificate")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.pass_obj
def certificate(session: Session, day: datetime) -> None:
    """查看某日的完整性证明（YYYY-MM-DD）。"""
    found = session.client.get(at("archive", "certificates", day.date().isoformat()))
    session.show(found, archive_tables.certificate(found))


@archive.command("verify")
@click.option("--day", "days", type=click.DateTime(["%Y-%m-%d"]), multiple=True, help="要核验的日期，可重复")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="起始日期")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="结束日期（含）")
@click.option("--bucket", required=True, help="存档桶名称（部署输出 ArchiveBucketName）")
@click.option("--key-id", help="签名密钥（部署输出 CertificateKeyArn），在线读取其公钥")
@click.option("--public-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="公钥文件，PEM 或 DER")
@click.pass_obj
def verify(
    session: Session,
    days: tuple[datetime, ...],
    first: datetime | None,
    last: datetime | None,
    bucket: str,
    key_id: str | None,
    public_key: Path | None,
) -> None:
    """由审计人员用自己的 AWS 凭证直接读取存档桶，重新核验每日证明；发现问题时逐个列出对象，退出码为 1。"""
    from local.cli import archive_proof  # noqa: PLC0415 - the other commands use the API alone

    if (key_id is None) == (public_key is None):
        raise NotConfiguredError("请指定 --key-id 或 --public-key 之一")
    asked = archive_proof.days_asked([each.date() for each in days], first and first.date(), last and last.date())
    if not asked:
        raise NotConfiguredError("请用 --day，或 --from 和 --to 指定日期")
    found = archive_proof.verified(asked, bucket, archive_proof.read_key(key_id, public_key))
    session.show([each.as_json() for each in found], archive_tables.verified(found))
    if any(each.faults for each in found):
        raise SystemExit(1)


@archive.command("public-key")
@click.option("--key-id", required=True, help="签名密钥（部署输出 CertificateKeyArn）")
def public_key(key_id: str) -> None:
    """输出签名密钥的公钥（PEM）；妥善保存后，不依赖 AWS 也能核验。"""
    from local.cli import archive_proof  # noqa: PLC0415 - as above

    click.echo(archive_proof.pem_of(archive_proof.read_key(key_id, None)()), nl=False)


for _command in (
    conversation_commands.search,
    conversation_commands.show,
    conversation_commands.unmask,
    conversation_commands.accesses,
    conversation_commands.hold,
    conversation_commands.deletion,
    conversation_commands.export,
    conversation_commands.retention,
):
    archive.add_command(_command)
