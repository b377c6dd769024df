"""Content, products and the calendar at the command line, in Chinese."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from local.cli import content_tables
from scrm import clock
from scrm.content.calendar import CalendarChannel
from scrm.content.model import AttachmentKind, ContentKind, ContentState, Scene, SourceChannel
from scrm.content.permissions import PermissionRefusal
from scrm.settings.content import ContentDocument
from tests.admin_api import Api
from tests.fakes.media import PNG
from tests.fakes.org import member
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture
def draft(api: Api, tmp_path: Path) -> Path:
    """A file with a draft, on a library of this moment."""
    api.library.moment = clock.now()
    found: dict[str, Any] = {
        "title": "秋季财富节",
        "kind": "activity",
        "selling_point": "绑卡即享开户礼",
        "target_kpi": "card_binding",
        "compliance_label": "营销信息",
        "valid_from": clock.to_iso(clock.now()),
        "valid_until": clock.to_iso(clock.now() + timedelta(days=14)),
        "variants": {"moments": {"text": "营销信息：秋季财富节", "attachments": []}},
        "source": {"channel": "mobile_bank", "reference": "ACT-118"},
    }
    path = tmp_path / "draft.json"
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return path


def test_content_is_made_checked_released_and_recalled(run: Run, draft: Path) -> None:
    made = json.loads(run("--as", "branch_10", "--json", "content", "create", str(draft)).output)
    activity_id = made["activity_id"]

    run("--as", "branch_10", "content", "submit", activity_id)
    run("--as", "compliance", "content", "review", activity_id, "--note", "无异议")
    run("--as", "checker_10", "content", "approve", activity_id)
    shown = run("--as", "branch_10", "content", "release", activity_id).output
    recalled = run("--as", "compliance", "content", "recall", activity_id, "--note", "活动提前结束").output

    for text in ("秋季财富节 第 1 版", "已发布", "绑卡即享开户礼", "朋友圈", "手机银行 ACT-118", "无异议"):
        assert text in shown
    assert made["hashes"]["moments"] in shown
    assert "活动提前结束" in recalled
    assert "已撤回" in run("content", "show", activity_id).output
    assert "已撤回" in run("content", "show", activity_id, "--version", "1").output
    assert activity_id in run("content", "list").output
    assert "没有记录" in run("content", "list", "--issued").output


def test_content_is_rejected_and_made_anew(run: Run, draft: Path) -> None:
    activity_id = json.loads(run("--json", "content", "create", str(draft)).output)["activity_id"]
    run("content", "submit", activity_id)

    rejected = run("--as", "compliance", "content", "reject", activity_id, "--note", "缺少风险提示").output
    revised = run("content", "revise", activity_id, str(draft), "--base", "1").output

    assert "已退回" in rejected
    assert "第 2 版" in revised


def test_the_maker_cannot_approve(run: Run, draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    activity_id = json.loads(run("--json", "content", "create", str(draft)).output)["activity_id"]
    run("content", "submit", activity_id)
    run("--as", "compliance", "content", "review", activity_id, "--note", "无异议")

    assert exit_code("content", "approve", activity_id) == 1
    assert exit_code("--as", "branch_12", "content", "create", str(draft)) == 4
    assert "错误" in capsys.readouterr().err


def test_activities_are_imported_from_the_banks_own_channels(run: Run, draft: Path, tmp_path: Path) -> None:
    lines = tmp_path / "export.jsonl"
    lines.write_text(f"{draft.read_text(encoding='utf-8')}\n\n{draft.read_text(encoding='utf-8')}\n", encoding="utf-8")

    imported = json.loads(run("--json", "content", "import", str(lines)).output)

    assert [row["draft"]["source"]["reference"] for row in imported] == ["ACT-118", "ACT-118"]
    assert run("content", "import", str(lines)).output.count("秋季财富节") == 2


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_draft_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")

    assert exit_code("content", "create", str(path)) == 2


def test_the_lexicon_is_shown_and_replaced(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text('{"banned_claims": ["稳赚"]}', encoding="utf-8")

    before = run("content", "settings", "show").output
    after = run("content", "settings", "set", str(path)).output

    assert "保本" in before
    for text in ("版本 1", "稳赚", "本行设定", "缺省"):
        assert text in after


def test_the_calendar_is_planned_and_shown(run: Run) -> None:
    planned = json.loads(
        run("--json", "calendar", "plan", "2026-11-24", "moments", "card_binding", "--note", "每日推荐").output
    )

    shown = run("--as", "branch_10", "calendar", "show", "--week", "2026-W48").output
    dropped = run("calendar", "drop", "2026-11-24", planned["entry_id"]).output

    for text in ("内容日历 2026-W48", "朋友圈", "待制作", "每日推荐", "本周指标构成", planned["entry_id"]):
        assert text in shown
    assert "没有记录" in dropped
    assert "2026-11-25" in run("calendar", "plan", "2026-11-25", "group", "aum_growth", "--node", "10").output


def test_products_are_set_and_offered_by_permission(run: Run, api: Api) -> None:
    api.library.moment = clock.now()
    api.people.rows["rm_li"] = member("rm_li", "10", "/1/10/")
    start = "2026-11-01T00:00:00+08:00"

    put = run(
        "products", "set", "gold_01", "--name", "积存金", "--risk", "3", "--from", start, "--needs", "gold"
    ).output
    granted = run("products", "grant", "gold_01", "rm_li", "--from", start).output
    qualified = run("products", "qualify", "rm_li", "gold", "--until", "2099-06-30T23:59:59+08:00").output
    api.library.moment = clock.now()
    withdrawn = run("products", "withdraw", "gold_01", "rm_li").output

    for text in ("gold_01", "积存金", "R3", "是"):
        assert text in put
    assert "缺少资格" in granted
    assert "可用" in qualified
    assert "已终止" in withdrawn
    assert "从业资格" in run("products", "member", "rm_li").output
    assert "gold_01" in run("products", "list").output


def test_a_file_is_announced_put_and_checked(
    run: Run, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "海报.png"
    path.write_bytes(PNG)

    class Reply:
        ok = True

    def put(url: str, data: bytes, timeout: float) -> Reply:
        del timeout
        api.shelf.files.files[url.rsplit("/", 1)[-1]] = data
        return Reply()

    monkeypatch.setattr(requests, "put", put)

    added = run("--as", "branch_10", "media", "add", str(path)).output
    again = json.loads(run("--as", "branch_10", "--json", "media", "add", str(path)).output)

    for text in ("海报.png", "图片", "可用", again["sha256"]):
        assert text in added
    assert "可用" in run("media", "show", again["asset_id"]).output


def test_every_value_has_a_chinese_name() -> None:
    assert set(content_tables.KINDS) == set(ContentKind)
    assert set(content_tables.STATES) == set(ContentState)
    assert set(content_tables.SCENES) == set(Scene)
    assert set(content_tables.CHANNELS) == set(CalendarChannel)
    assert set(content_tables.ATTACHMENTS) == set(AttachmentKind)
    assert set(content_tables.SOURCES) == set(SourceChannel)
    assert set(content_tables.REFUSALS) == set(PermissionRefusal)
    assert set(content_tables.RULES) == set(ContentDocument.model_fields)
