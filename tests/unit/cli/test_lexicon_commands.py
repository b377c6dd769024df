"""The lexicon at the command line, in Chinese; a file that is exported can be imported."""

from dataclasses import replace
from pathlib import Path

import pytest

from local.cli import lexicon_tables
from local.cli.errors import InvalidFileError
from scrm.lexicon.replays import EntryDiff, HitPlace, ReplayState
from tests.admin_api import Api
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


def test_a_version_is_exported_edited_and_put_in_force(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lexicon.csv"
    run("lexicon", "standard", "--note", "首版")
    run("lexicon", "export", "1", str(file))
    text = file.read_text(encoding="utf-8").replace("promise:保本,保本,", "promise:保本,保本型,")
    file.write_text(text, encoding="utf-8")

    assert "草稿" in run("lexicon", "import", str(file), "--note", "调整").output
    assert exit_code("lexicon", "approve", "2") != 0  # his own
    assert "保本型" in run("lexicon", "scan", "2", "这是保本型产品", "--direction", "to_customer").output
    rules = run("lexicon", "rules", "2").output
    assert "scrm-严重拦截-" in rules
    assert "客户所发" not in rules  # the standard list only detects what customers write
    assert "新增" in run("lexicon", "changes", "2").output
    run("lexicon", "reject", "1", "--note", "以第二版为准")
    shown = run("lexicon", "list").output
    assert "已驳回" in shown
    assert "员工发给客户" in run("lexicon", "entries", "2", "--limit", "5").output
    assert exit_code("lexicon", "activate", "2") != 0  # nobody approved it


def test_a_version_is_tried_on_the_last_days(run: Run, api: Api) -> None:
    run("lexicon", "standard")

    begun = run("lexicon", "replay", "1", "--days", "3").output
    replay_id = next(iter(api.replays.replays))
    entries = {"promise:保本": EntryDiff(2, 1, (HitPlace(4, 5, 0),), (HitPlace(6, 7, 0),))}
    api.replays.save(replace(api.replays.replays[replay_id], state=ReplayState.DONE, missing=1, entries=entries))
    shown = run("lexicon", "replayed", "1", replay_id).output

    assert "进行中" in begun
    assert "已完成" in shown
    assert "4/5" in shown
    assert "6/7" in shown


def test_it_is_shown_whether_wecom_follows(run: Run) -> None:
    assert "是否一致" in run("lexicon", "status").output
    assert "已同步版本" in run("lexicon", "sync").output


def test_what_wecom_refused_and_somebody_changed_is_named() -> None:
    found = {"in_force": 2, "version": 2, "is_in_sync": False, "checked_at": "2026-11-27T03:00:00.000Z"}
    found |= {"rules": 4, "others": 1, "no_room": 3, "refused": [{"name": "scrm-a", "errcode": 60011}]}
    found |= {"drifted": ["scrm-b"], "drifted_at": "2026-11-27T02:00:00.000Z"}

    cells = [cell for column in lexicon_tables.sync_status(found).columns for cell in column.cells]

    assert "scrm-a（60011）" in cells
    assert any(str(cell).startswith("scrm-b（2026-11-27 10:00") for cell in cells)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "entry_id\n1\n", "entry_id,text\n1,2,3\n"])
def test_a_file_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidFileError):
        lexicon_tables.from_csv(text)


def test_lists_and_allowed_phrases_survive_the_file() -> None:
    row = {"entry_id": "一", "text": "退,款", "kind": "word", "direction": "both", "severity": "notice"}
    row |= {"action": "detect", "check": "none"}
    full = {**row, "scope": ["/1/10/", "/1/12/"], "allowed": ["退,款政策"]}

    assert lexicon_tables.from_csv(lexicon_tables.to_csv([full], ["不保本"])) == {
        "entries": [full],
        "allowed": ["不保本"],
    }
