"""KPIs at the command line, in Chinese."""

import json
from pathlib import Path
from typing import BinaryIO

import pytest

from local.cli.client import AdminClient
from scrm.aws.report_documents import BucketReports
from scrm.runtime.wiring import kpi_reports as wiring
from tests.admin_api import Api
from tests.fakes.report import ReportBank
from tests.unit.admin.test_kpi_reports import LinkedFiles
from tests.unit.admin.test_kpis import BEFORE, LAST, measured
from tests.unit.cli.test_commands import Run, api, endpoints, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "measured", "run"]  # fixtures


def test_the_catalogue_is_listed_with_its_formulas(run: Run) -> None:
    shown = run("kpi", "list").output

    for text in ("员工使用率", "active_rms", "roster_rms", "当月去重"):
        assert text in shown


def test_figures_are_shown_with_reasons_and_followed_down(run: Run, measured: Api) -> None:
    figures = run("kpi", "figures", "--node", "10", "--month", BEFORE).output
    usage = run("kpi", "show", "staff_usage_rate", "1", "--month", BEFORE).output
    members = run("kpi", "members", "added", "12", "--month", BEFORE).output
    days = run("kpi", "days", "added", "10", "--from", LAST.isoformat(), "--to", LAST.isoformat()).output

    for text in ("80.0%", "400.00", "总行未填报"):
        assert text in figures
    for text in ("85.0%", "90.0%", "behaviour_statistics"):
        assert text in usage
    assert "rm_hu" in members
    assert LAST.isoformat() in days


def test_settings_are_shown_and_replaced(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kpi.json"
    path.write_text(json.dumps({"hide_below": 20, "last_months": {"card_binding@1": "2027-06"}}), encoding="utf-8")

    before, after = run("kpi", "settings", "show").output, run("kpi", "settings", "set", str(path)).output

    assert "缺省" in before
    assert "card_binding@1 至 2027-06" in after


def test_a_report_is_made_and_downloaded(
    run: Run, measured: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept, asked = LinkedFiles(), []

    def desk(most_nodes: int) -> wiring.ReportDesk:
        return wiring.ReportDesk(ReportBank().reports(most_nodes), BucketReports(kept))

    def fetch(_: AdminClient, url: str, target: BinaryIO) -> None:
        asked.append(url)
        target.write(b"page")

    monkeypatch.setattr(wiring, "desk", desk)
    monkeypatch.setattr(AdminClient, "fetch", fetch)
    path = tmp_path / "march.html"

    shown = run("kpi", "report", BEFORE, "--make", "--out", str(path)).output
    again = run("kpi", "report", BEFORE, "--form", "parquet", "--out", str(path))

    assert "月报已下载" in shown
    assert path.read_bytes() == b"page"
    assert f"reports/kpi/{BEFORE}/1.html" in asked[0]
    assert again.exit_code == 2
    assert "没有 parquet 格式的文件" in again.output
