"""The archive's intake at the command line, in Chinese."""

from datetime import date
from pathlib import Path

from local.cli.archive_proof import days_asked
from scrm.archive.coverage import Coverage
from scrm.org.model import Member, MemberStatus
from tests.admin_api import AT, NODES, Api
from tests.fakes.archive import certified_day, row
from tests.unit.cli.test_commands import Run, api, endpoints, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


def test_the_intake_is_shown_and_asked(run: Run, api: Api) -> None:
    api.archive.corp.rows = [row(1), row(2, version=7)]
    api.archive.intake().run("one", lambda: True)
    api.archive.open_all()

    shown = run("archive", "status").output
    assert "会话存档拉取状态" in shown
    assert "搁置（密钥版本 7，缺少私钥）" in shown
    assert "未解密的页将重新处理" in run("archive", "sweep").output
    assert "搁置的消息将重新尝试解密" in run("archive", "reopen").output
    assert api.archive_asked == ["sweep", "reopening"]


def test_certified_days_are_listed_and_shown(run: Run, api: Api) -> None:
    api.certified.days = [certified_day(date(2026, 11, 25)), certified_day(date(2026, 11, 26))]

    listed = run("archive", "certificates").output
    shown = run("archive", "certificate", "2026-11-26").output

    assert listed.index("2026-11-26") < listed.index("2026-11-25")
    assert "days/2026-11-26.json" in shown
    assert "出具时仍搁置（密钥版本 2）" in shown


def test_verifying_wants_days_and_one_key(run: Run, tmp_path: Path) -> None:
    no_key = tmp_path / "key.pem"
    no_key.write_text("not a key")
    asked = ("archive", "verify", "--bucket", "evidence")

    assert "请指定 --key-id 或 --public-key 之一" in str(run(*asked, "--day", "2026-11-26").exception)
    assert "指定日期" in str(run(*asked, "--key-id", "k").exception)
    assert "不是公钥文件" in str(run(*asked, "--day", "2026-11-26", "--public-key", str(no_key)).exception)


def test_days_are_those_named_and_those_in_the_span() -> None:
    first, last = date(2026, 11, 29), date(2026, 12, 1)

    assert days_asked([date(2026, 11, 1)], first, last) == [date(2026, 11, 1), first, date(2026, 11, 30), last]
    assert days_asked([], first, None) == [first]


def test_seats_are_shown_and_who_has_none(run: Run, api: Api) -> None:
    for userid in ("rm_one", "rm_two"):
        member = Member(userid, "", "10", "/1/10/", MemberStatus.ACTIVE, serves_customers=True, changed_at=AT)
        api.people.put_member(member)
    for node in NODES.values():
        api.people.put_node(node, None)
    Coverage(api.coverage).take_over(["rm_one"], AT)

    shown = run("archive", "seats", "--node", "10").output

    assert "会话存档席位" in shown
    assert "rm_two" in shown
    assert "rm_one" not in shown
