"""The archive's intake at the command line, in Chinese."""

from tests.admin_api import Api
from tests.fakes.archive import row
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
