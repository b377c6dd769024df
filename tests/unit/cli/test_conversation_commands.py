"""Archived conversations at the command line, in Chinese."""

import pytest

from scrm.archive.exports import ExportState
from tests.admin_api import Api
from tests.fakes.archive_desk import said
from tests.unit.cli.test_commands import Run, api, endpoints, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures
DAY = ("--from", "2026-11-26", "--reason", "投诉核查")


@pytest.fixture
def spoken(api: Api) -> Api:
    api.compliance.spoken.keep(*(said(number, "13812345678") for number in range(3)))
    return api


def test_messages_are_found_shown_and_unmasked(run: Run, spoken: Api) -> None:
    listed = run("--as", "compliance", "archive", "search", *DAY, "--limit", "2").output
    name = next(word for word in listed.split() if word.startswith("2026-11-26."))

    assert listed.count("138****5678") == 2
    shown = run("--as", "compliance", "archive", "show", name, "--reason", "复核").output
    assert "个人信息已遮盖" in shown
    assert "13812345678" in run("--as", "compliance", "archive", "unmask", name, "--reason", "监管要求").output
    accesses = run("--as", "compliance", "archive", "accesses").output
    assert "查看完整内容" in accesses
    assert "投诉核查" in accesses


def test_a_search_without_a_limit_follows_its_pages(run: Run, spoken: Api) -> None:
    assert run("--as", "compliance", "archive", "search", *DAY, "--limit", "0").output.count("138****5678") == 3


def test_a_hold_is_placed_and_kept(run: Run, api: Api) -> None:
    placed = run("--as", "compliance", "archive", "hold", "place", "--customer", "wmA1", "--reason", "立案").output
    (hold_id,) = api.compliance.holds.rows

    assert "保全中" in placed
    assert "待确认解除" in run("--as", "compliance", "archive", "hold", "lift", hold_id, "--reason", "已结").output
    assert "保全中" in run("--as", "compliance", "archive", "hold", "keep", hold_id).output
    assert "立案" in run("--as", "compliance", "archive", "hold", "list").output


def test_a_wish_to_delete_is_recorded_restricted_and_withdrawn(run: Run, api: Api) -> None:
    assert "已登记" in run("archive", "deletion", "record", "wmA1", "--wish", "请删除").output
    (request_id,) = api.compliance.deletions.rows
    restricted = run("--as", "compliance", "archive", "deletion", "restrict", request_id, "--reason", "留存期内").output
    assert "留存义务" in restricted
    assert "客户已撤回" in run("archive", "deletion", "withdraw", request_id, "--reason", "客户撤回").output
    assert "请删除" in run("archive", "deletion", "list").output


def test_retention_is_shown_and_extended(run: Run, api: Api) -> None:
    assert "1827" in run("archive", "retention").output
    assert "3650" in run("archive", "retention", "--chat", "3650").output


def test_an_export_is_asked_approved_and_linked(run: Run, spoken: Api) -> None:
    assert "待审批" in run("--as", "compliance", "archive", "export", "ask", *DAY).output
    (export_id,) = spoken.compliance.exports.rows
    assert "已批准" in run("--as", "checker", "archive", "export", "approve", export_id).output
    assert spoken.compliance.write_exports() == [ExportState.READY]
    assert "messages.jsonl" in run("--as", "compliance", "archive", "export", "show", export_id).output
    link = run("--as", "compliance", "archive", "export", "link", export_id, "manifest.json", "--reason", "检查").output
    assert "bucket.example.com" in link
    assert "可下载" in run("--as", "compliance", "archive", "export", "list").output


def test_an_export_is_refused(run: Run, spoken: Api) -> None:
    run("--as", "compliance", "archive", "export", "ask", *DAY)
    (export_id,) = spoken.compliance.exports.rows
    assert "未批准" in run("--as", "checker", "archive", "export", "refuse", export_id, "--note", "范围太大").output
