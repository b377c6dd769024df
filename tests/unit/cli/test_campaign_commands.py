"""Campaigns at the command line, in Chinese."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from local.cli import campaign_tables
from local.cli.client import AdminClient, Row
from scrm import clock
from scrm.campaign.checks import Refusal
from scrm.campaign.model import RingState
from scrm.campaign.task import CancelCause, RecipientState, SendPlan, TaskState
from scrm.campaign.terms import CampaignState, Channel, ContentRef
from scrm.settings.campaigns import CampaignDocument
from tests.admin_api import Api
from tests.fakes.org import member
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture
def draft(api: Api, tmp_path: Path) -> Path:
    """A file with a campaign, on content of this moment."""
    api.campaigns.contents.valid_until = clock.now() + timedelta(days=30)
    found = {
        "name": "十一月产品提升",
        "channel": "one_to_one",
        "target_kpi": "product_holding",
        "activity_id": "act_1",
        "content_version": 1,
        "segment_id": "seg_1",
        "rings": [{"name": "pilot", "node_ids": ["11"], "needs_go": True}, {"name": "rest", "after": "pilot"}],
    }
    path = tmp_path / "campaign.json"
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return path


def made(run: Run, draft: Path) -> str:
    return str(json.loads(run("--as", "branch_10", "--json", "campaigns", "create", str(draft)).output)["campaign_id"])


def submitted(run: Run, api: Api, draft: Path) -> tuple[str, str]:
    campaign_id = made(run, draft)
    run("--as", "branch_10", "campaigns", "submit", campaign_id)
    api.campaigns.run.look(campaign_id, clock.now())
    shown = json.loads(run("--as", "checker_10", "--json", "campaigns", "show", campaign_id).output)
    return campaign_id, shown["submission"]["audience"]["snapshot_id"]


def started(run: Run, api: Api, draft: Path) -> str:
    campaign_id, snapshot = submitted(run, api, draft)
    run("--as", "checker_10", "campaigns", "approve", campaign_id, "--snapshot", snapshot)
    at = clock.now() + timedelta(seconds=20)
    run("--as", "branch_10", "campaigns", "schedule", campaign_id, clock.to_iso(at))
    api.campaigns.run.look(campaign_id, at)
    return campaign_id


def test_a_campaign_is_made_submitted_and_approved_by_another_one(run: Run, api: Api, draft: Path) -> None:
    campaign_id, snapshot = submitted(run, api, draft)

    assert exit_code("--as", "branch_10", "campaigns", "approve", campaign_id, "--snapshot", snapshot) == 1
    shown = run("--as", "checker_10", "campaigns", "approve", campaign_id, "--snapshot", snapshot).output

    for text in ("十一月产品提升", "已批准", "product_holding", snapshot, "候选", "60", "operator:checker_10"):
        assert text in shown
    assert campaign_id in run("campaigns", "list", "--state", "approved").output
    assert exit_code("--as", "branch_12", "campaigns", "create", str(draft)) == 4


def test_rings_are_let_go_a_campaign_is_paused_and_recalled(run: Run, api: Api, draft: Path) -> None:
    campaign_id = started(run, api, draft)

    gone = run("--as", "branch_10", "campaigns", "go", campaign_id, "pilot").output
    paused = run("--as", "branch_10", "campaigns", "pause", campaign_id, "--reason", "核对利率").output
    resumed = run("--as", "branch_10", "campaigns", "resume", campaign_id).output
    recalled = run("--as", "branch_10", "campaigns", "recall", campaign_id, "--reason", "利率有误").output

    for text, shown in (("规划中", gone), ("已暂停", paused), ("规划中", resumed), ("已撤回", recalled)):
        assert text in shown
    assert "利率有误" in recalled
    shown = run("--as", "branch_10", "campaigns", "show", campaign_id).output
    assert "撤回进度" in shown
    assert "成员仍可确认" in shown
    assert exit_code("--as", "branch_10", "campaigns", "close", campaign_id) == 1


def test_a_submission_is_rejected_and_the_draft_edited(run: Run, api: Api, draft: Path) -> None:
    campaign_id, snapshot = submitted(run, api, draft)

    rejected = run(
        "--as", "compliance", "campaigns", "reject", campaign_id, "--snapshot", snapshot, "--reason", "受众过大"
    ).output
    edited = run("--as", "branch_10", "campaigns", "edit", campaign_id, str(draft)).output

    assert "受众过大" in rejected
    assert "草稿" in edited


def test_results_are_shown_and_written_to_a_file(run: Run, api: Api, draft: Path, tmp_path: Path) -> None:
    campaign_id = started(run, api, draft)
    plan = SendPlan(campaign_id, "pilot", Channel.ONE_TO_ONE, ContentRef("act_1", 1), clock.now(), clock.now())
    (task,) = plan.tasks_of("rm_11_0", [f"wm_rm_11_0_{number}" for number in range(10)], "/1/10/11/")
    sent = task.ended_as(RecipientState.SENT, task.target_ids[:8], clock.now())
    api.campaigns.tasks.put_planned(
        [sent.ended_as(RecipientState.EXCLUDED, task.target_ids[8:], clock.now(), "holdout")]
    )
    target = tmp_path / "results.csv"

    shown = run("campaigns", "results", campaign_id, "--csv", str(target)).output

    for text in ("已发送", "8", "已排除", "2", "尚未规划", "50", "合计", "60", "留作对照"):
        assert text in shown
    rows = list(csv.reader(target.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["客户", "结果", "原因", "成员", "时间", "任务", "推荐理由"]
    assert [row[1] for row in rows[1:]] == ["已发送"] * 8 + ["已排除"] * 2
    assert "rm_11_0" in run("campaigns", "tasks", campaign_id).output
    assert "wm_rm_11_0_9" in run("campaigns", "recipients", campaign_id).output


def test_a_branch_sees_and_exports_its_share_of_what_head_office_sends(
    run: Run, api: Api, draft: Path, tmp_path: Path
) -> None:
    campaign_id = started(run, api, draft)
    plan = SendPlan(campaign_id, "pilot", Channel.ONE_TO_ONE, ContentRef("act_1", 1), clock.now(), clock.now())
    for node in ("11", "12"):
        (task,) = plan.tasks_of(f"rm_{node}", [f"wm_{node}_1", f"wm_{node}_2"], f"/1/10/{node}/")
        api.campaigns.tasks.put_planned([task.ended_as(RecipientState.SENT, task.target_ids[:1], clock.now())])
    written = tmp_path / "share.csv"

    listed = run("--as", "branch_12", "campaigns", "shared").output
    share = run("--as", "branch_12", "campaigns", "share", campaign_id, "--csv", str(written)).output
    tasks = run("--as", "branch_12", "campaigns", "share-tasks", campaign_id).output

    assert "十一月产品提升" in listed
    assert "已发送" in share
    assert "rm_12" in tasks
    assert "rm_11" not in tasks
    rows = list(csv.reader(written.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == ["wm_12_1", "wm_12_2"]


def test_a_test_is_sent_and_a_customers_exposure_shown(run: Run, api: Api, draft: Path) -> None:
    api.people.rows["rm_li"] = member("rm_li", "12", "/1/10/12/")
    api.contacts.changes.added("rm_li", "wm_1", clock.now() - timedelta(days=30))
    api.campaigns.owners.owners = {"wm_1": "rm_li"}
    campaign_id, _ = submitted(run, api, draft)

    shown = run("--as", "branch_10", "campaigns", "test", campaign_id, "wm_1").output
    exposed = run("campaigns", "exposure", "wm_1").output

    assert "测试发送" in shown
    assert "待确认" in exposed


def test_the_bank_stops_all_sending_and_goes_on(run: Run, tmp_path: Path) -> None:
    wanted = tmp_path / "settings.json"
    hours = {"10": {"begins": "09:00", "ends": "18:00", "weekdays": [1, 2, 3, 4, 5]}}
    wanted.write_text(json.dumps({"quiet_from": "20:30", "working_hours": hours}), encoding="utf-8")
    run("campaigns", "settings", "set", str(wanted))

    stopped = json.loads(run("--json", "campaigns", "kill").output)
    goes_on = json.loads(run("--json", "campaigns", "kill", "--off").output)

    assert [one["settings"]["sending_stopped"] for one in (stopped, goes_on)] == [True, False]
    assert goes_on["settings"]["quiet_from"] == "20:30:00"
    shown = run("campaigns", "settings", "show").output
    assert "静默开始" in shown
    assert "10 09:00–18:00 周一二三四五" in shown
    assert exit_code("--as", "branch_10", "campaigns", "kill") == 4


def test_kill_switch_takes_back_nothing_that_somebody_set_meanwhile(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "rules.json"
    wanted.write_text('{"quiet_from": "19:30"}', encoding="utf-8")
    read = AdminClient.get

    def read_before_somebody_writes(client: AdminClient, path: str, **query: str | None) -> Row:
        known = read(client, path, **query)
        monkeypatch.setattr(AdminClient, "get", read)
        run("campaigns", "settings", "set", str(wanted))
        return known

    monkeypatch.setattr(AdminClient, "get", read_before_somebody_writes)
    run("campaigns", "kill")

    found = json.loads(run("--json", "campaigns", "settings", "show").output)["settings"]
    assert found["quiet_from"] == "19:30:00"


def test_every_word_of_campaigns_has_a_chinese_one() -> None:
    assert set(CampaignState) == set(campaign_tables.STATES)
    assert set(RingState) == set(campaign_tables.RING_STATES)
    assert set(TaskState) == set(campaign_tables.TASK_STATES)
    assert set(RecipientState) == set(campaign_tables.RESULTS)
    assert set(CampaignDocument.model_fields) == set(campaign_tables.RULES)
    reasons = {*Refusal, *CancelCause, *(f"despite_{cause}" for cause in CancelCause)} - {CancelCause.RECHECK}
    assert reasons <= set(campaign_tables.REASONS)


def test_a_reason_that_a_spreadsheet_takes_for_a_formula_is_exported_as_text() -> None:
    row = {
        "target_id": "wm1",
        "state": "sent",
        "reason": "",
        "by": "rm_li",
        "at": "2027-03-10T03:00:00.000Z",
        "task_id": "t1",
        "need": {"reason": "=HYPERLINK(1)", "score": 7},
    }
    file = io.StringIO()

    campaign_tables.write_csv([row], file)

    assert file.getvalue().splitlines()[1].endswith(",t1,'=HYPERLINK(1)（7）")
