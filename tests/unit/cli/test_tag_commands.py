"""Rules of automatic tags at the command line, in Chinese."""

from scrm.tagging.model import MissingTag, Newcomer, RuleState
from tests.admin_api import AT, Api
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


def test_a_rule_is_drafted_edited_released_by_another_and_retired(run: Run, api: Api) -> None:
    words = ("--group", "来源", "--tag", "网点大堂")
    run("--as", "branch_10", "tags", "draft", "大堂客户", *words, "--way", "*", "--tier", "gold")
    ((rule_id, rule),) = api.tag_rules.rows.items()
    assert (rule.wish.came_by, rule.wish.tiers) == (("*",), ("gold",))

    run("--as", "branch_10", "tags", "edit", rule_id, "大堂客户", *words, "--missing", "skip")
    assert exit_code("--as", "branch_10", "tags", "release", rule_id) != 0
    run("--as", "checker_10", "tags", "release", rule_id)
    released = api.tag_rules.rows[rule_id]
    assert (released.state, released.wish.missing) == (RuleState.RELEASED, MissingTag.SKIP)

    api.tag_rules.count(released, Newcomer("rm_a", "wm1", "", AT))
    assert "已发布" in run("--as", "branch_10", "tags", "list").output
    assert "共 1 位" in run("--as", "branch_10", "tags", "show", rule_id).output
    run("--as", "branch_10", "tags", "retire", rule_id)
    assert api.tag_rules.rows[rule_id].state is RuleState.RETIRED
