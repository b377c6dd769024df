"""Contact ways at the command line, in Chinese."""

from dataclasses import replace

from scrm.org.model import Member, MemberStatus
from scrm.ways.model import Arrival, AtWecom, WayProblem
from tests.admin_api import AT, Api
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


def test_a_way_is_made_shown_edited_and_ended(run: Run, api: Api) -> None:
    for userid in ("rm_a", "rm_b"):
        api.people.put_member(
            Member(userid, "", "10", "/1/10/", MemberStatus.ACTIVE, serves_customers=True, changed_at=AT)
        )

    run("--as", "branch_10", "ways", "create", "网点大堂", "--member", "rm_a", "--last-day", "2030-01-31")
    ((way_id, way),) = api.ways.rows.items()
    at = AtWecom("config", "https://qr.example/1", 1, ("rm_a",), problem=WayProblem.REFUSED, errcode=41045)
    api.ways.rows[way_id] = replace(way, at_wecom=replace(at, drift=("name",)))
    api.ways.count(Arrival(way_id, "rm_a", "wm1", AT), way)

    listed = run("--as", "branch_10", "ways", "list").output
    assert "企微拒绝" in listed
    shown = run("--as", "branch_10", "ways", "show", way_id).output
    assert "https://qr.example/1" in shown
    assert "每日新增客户" in shown

    run("--as", "branch_10", "ways", "edit", way_id, "--member", "rm_a", "--verify", "--name", "新名称")
    wish = api.ways.rows[way_id].wish
    assert (wish.name, wish.skip_verify, str(wish.last_day)) == ("新名称", False, "2030-01-31")
    run("--as", "branch_10", "ways", "edit", way_id, "--name", "再改")
    assert api.ways.rows[way_id].wish.skip_verify is False

    assert "已停用" in run("--as", "branch_10", "ways", "end", way_id).output
    assert exit_code("--as", "branch_10", "ways", "show", "way_unknown") != 0
