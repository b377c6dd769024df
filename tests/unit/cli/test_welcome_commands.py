"""Rules of welcome messages at the command line, in Chinese."""

from scrm.content.model import Scene, Variant
from tests.admin_api import Api
from tests.fakes.content import HEAD_OFFICE_MAKER, LABEL, a_draft
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


def test_a_rule_is_set_changed_listed_and_removed(run: Run, api: Api) -> None:
    draft = a_draft(variants=((Scene.ONE_TO_ONE, Variant(f"{LABEL} 欢迎")),), product_id="")
    activity_id = api.library.released(draft, "welcome", HEAD_OFFICE_MAKER).activity_id

    run("welcome", "set", "1", activity_id, "1")
    run("--as", "branch_10", "welcome", "set", "10", activity_id, "1", "--state", "qr")
    run("--as", "branch_10", "welcome", "set", "10", activity_id, "1", "--state", "qr")
    shown = run("--as", "branch_10", "welcome", "list").output

    assert "欢迎语规则" in shown
    assert "（不限）" in shown
    assert [rule.revision for rule in api.welcome.rows.values()] == [1, 2]
    run("--as", "branch_10", "welcome", "remove", "10", "--state", "qr")
    assert exit_code("--as", "branch_10", "welcome", "remove", "10", "--state", "qr") != 0
    assert set(api.welcome.rows) == {("1", "")}
