"""Audiences at the command line, in Chinese."""

import json
from pathlib import Path

import pytest
import requests

from local.cli import audience_tables
from scrm.audience.fields import FieldType
from scrm.audience.rules import ExclusionReason
from scrm.org.model import MemberDetail
from scrm.settings.audience import AudienceDocument
from tests.admin_api import AT, Api
from tests.fakes.audience import facts
from tests.fakes.content import a_draft
from tests.fakes.org import member
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture(autouse=True)
def known(api: Api) -> None:
    api.people.rows["rm_li"] = member("rm_li", "12", "/1/10/12/")
    api.known.by_owner = {"rm_li": {"wm1": facts("wm1", tier="gold"), "wm2": facts("wm2", tier="gold", risk_class=1)}}


def test_a_segment_is_made_changed_shown_and_tried(run: Run) -> None:
    made = run("--as", "branch_10", "--json", "audience", "create", "黄金客户", "tier=gold").output
    segment_id = json.loads(made)["segment_id"]
    revised = run("--as", "branch_10", "audience", "revise", segment_id, "tier = gold and age >= 18").output
    tried = run("--as", "branch_10", "audience", "preview", segment_id, "--risk", "3").output

    assert "黄金客户" in revised
    for text in ("客群试算", "wm1", "产品风险高于承受等级"):
        assert text in tried
    assert segment_id in run("--as", "branch_10", "audience", "segments").output
    assert "tier = gold" in run("--as", "branch_10", "audience", "show", segment_id).output
    assert exit_code("--as", "branch_10", "audience", "preview", "teir = gold") == 1


def test_the_language_and_the_rules_are_shown(run: Run, tmp_path: Path) -> None:
    assert "风险承受等级" in run("audience", "fields").output
    wanted = tmp_path / "rules.json"
    wanted.write_text('{"senior_highest_risk": 1}', encoding="utf-8")

    assert "总行" in run("audience", "settings", "set", str(wanted)).output
    assert "老年客户最高产品风险" in run("audience", "settings", "show").output


def test_recommendations_are_shown_with_their_reason(run: Run, api: Api, tmp_path: Path) -> None:
    api.contacts.changes.added("rm_li", "wm1", AT)
    api.org.people.append(MemberDetail(member("rm_li", "12", "/1/10/12/")))
    api.library.released(a_draft(product_id=""))
    rule = {
        "rule_id": "gold",
        "when": "tier = gold",
        "score": 70,
        "reason": "黄金客户",
        "target_kpis": ["card_binding"],
    }
    wanted = tmp_path / "needs.json"
    wanted.write_text(json.dumps({"impact_assessment_id": "PIA-1", "rules": [rule]}), encoding="utf-8")

    assert "黄金客户" in run("audience", "needs", "set", str(wanted)).output

    assert "影响评估编号：PIA-1" in run("audience", "needs", "show").output
    assert "黄金客户" in run("--as", "branch_10", "audience", "recommend", "wm1").output
    assert "wm2" in run("--as", "branch_10", "audience", "needs-of", "rm_li").output


def test_a_list_is_brought_and_brought_again(
    run: Run, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "名单.csv"
    path.write_text("external_userid\nwm1\nwm2\n", encoding="utf-8")

    class Reply:
        ok = True

    def put(url: str, data: bytes, timeout: float) -> Reply:
        del timeout
        api.lists.files[url.rsplit("/", 1)[-1]] = data
        return Reply()

    monkeypatch.setattr(requests, "put", put)

    made = json.loads(run("--as", "branch_10", "--json", "audience", "import", "回访名单", str(path)).output)
    change = "--segment", made["segment_id"]
    again = run("--as", "branch_10", "audience", "import", "回访名单", str(path), *change).output

    assert (made["kind"], made["listed"]) == ("list", 2)
    assert "名单，共 2 位客户" in again
    assert "wm1" in run("--as", "branch_10", "audience", "preview", made["segment_id"]).output


def test_every_word_has_its_chinese() -> None:
    here_only = {ExclusionReason.OPTED_OUT}
    assert set(audience_tables.REASONS) == {reason.value for reason in ExclusionReason} | here_only
    assert set(audience_tables.TYPES) == {kind.value for kind in FieldType}
    assert set(audience_tables.RULES) == set(AudienceDocument.model_fields)
