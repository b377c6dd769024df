"""Review cases at the command line, in Chinese."""

import json
from pathlib import Path

from local.cli import review_tables
from scrm.review.desk import Suspicion
from scrm.review.model import Disposition, Hit, ReviewKind, ReviewState, Severity, case_id_of
from tests.admin_api import Api
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


def opened(api: Api, msgid: str, kind: ReviewKind = ReviewKind.COMPLIANCE) -> str:
    hit = Hit("promise:保本", "保本", 0, 2, 4, Severity.SERIOUS, "pinyin")
    hits = () if kind is ReviewKind.SAMPLE else (hit,)
    api.review_desk().open_cases(
        [Suspicion(kind, msgid, "2026-11-26.07.1000.1003", "conv_1", "rm_li", "/1/10/12/", hits, 7)]
    )
    return case_id_of(kind, msgid)


def test_a_case_is_claimed_decided_and_confirmed_by_another_person(run: Run, api: Api) -> None:
    case_id = opened(api, "m1")
    other = opened(api, "m2", ReviewKind.COMPLAINT)

    listed = run("--as", "compliance_10", "review", "list").output
    shown = run("--as", "compliance_10", "review", "claim", case_id).output
    decided = run("--as", "compliance_10", "review", "decide", case_id, "violation", "--note", "承诺保本").output

    assert case_id in listed
    assert "待领取" in listed
    assert "2026-11-26.07.1000.1003" in shown
    assert "拼音" in shown
    assert "待复核" in decided
    assert exit_code("--as", "compliance_10", "review", "confirm", case_id) == 1
    closed = run("--as", "compliance", "review", "confirm", case_id).output
    assert "已结案" in closed
    assert "认定：违规" in closed
    complaints = json.loads(run("--json", "--as", "compliance_10", "review", "list", "--kind", "complaint").output)
    assert [row["case_id"] for row in complaints] == [other]


def test_a_case_is_given_back_sent_back_escalated_and_given_to_somebody(run: Run, api: Api) -> None:
    case_id = opened(api, "m1")
    mine, head = ("--as", "compliance_10", "review"), ("--as", "compliance", "review")
    run(*mine, "claim", case_id)

    assert "退回待领" in run(*mine, "release", case_id).output
    run(*mine, "claim", case_id)
    run(*mine, "decide", case_id, "false_positive", "--note", "误报")
    assert "复核不同意" in run(*head, "send-back", case_id, "--note", "不是误报").output
    assert "改派给" in run(*head, "reassign", case_id, "--to", "local-compliance_10", "--note", "继续").output
    run(*head, "reassign", case_id, "--to", "compliance_10", "--note", "继续")
    escalated = run(*mine, "escalate", case_id, "--note", "涉及支行负责人")
    assert "总行处理" in escalated.output
    assert exit_code(*mine, "show", case_id) == 3
    assert exit_code("--as", "branch_10", "review", "list") == 4


def test_the_rules_are_shown_and_replaced_by_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "review.json"
    file.write_text(json.dumps({"serious_due": "PT12H", "escalate_after": None}), encoding="utf-8")

    assert "P15D" in run("review", "settings", "show").output
    shown = run("review", "settings", "set", str(file)).output

    assert "PT12H" in shown
    assert "从不" in shown


def test_reports_are_shown_with_their_bounds_and_exported(run: Run, api: Api, tmp_path: Path) -> None:
    case_id, sample = opened(api, "m1"), opened(api, "m2", ReviewKind.SAMPLE)
    mine, head = ("--as", "compliance_10", "review"), ("--as", "compliance", "review")
    for each, end in ((case_id, "violation"), (sample, "clean")):
        run(*mine, "claim", each)
        run(*mine, "decide", each, end, "--note", "看过")
        run(*head, "confirm", each)
    load, entries = tmp_path / "load.csv", tmp_path / "entries.csv"

    shown = run(*head, "report", "--csv", str(load)).output
    precise = run(*head, "precision", "7", "--csv", str(entries)).output

    assert "0/1，0.0%（95% 区间 0.0%—79.3%）" in shown
    assert "1/1，100.0%（95% 区间 20.7%—100.0%）" in precise
    assert "/1/10/,compliance,1,1,0,0,0,0,0,0,0,0,1" in load.read_text(encoding="utf-8")
    assert entries.read_text(encoding="utf-8").splitlines()[1].startswith("7,promise:保本,1,1,1,1.0,0.20")
    assert exit_code(*head, "report", "--from", "2026-12-01", "--until", "2026-11-01") == 1


def test_every_word_of_a_case_has_a_name_in_chinese() -> None:
    assert set(review_tables.KINDS) == set(ReviewKind)
    assert set(review_tables.STATES) == set(ReviewState)
    assert set(review_tables.DISPOSITIONS) == set(Disposition)
