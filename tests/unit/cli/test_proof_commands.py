"""Certificates and findings at the command line: what is downloaded is whole, or is not there."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scrm.handover.certificate import digest_of
from scrm.handover.model import CaseState, Certificate
from scrm.handover.orphans import AuditCounts, AuditRun, OrphanFinding, OrphanKind
from tests.admin_api import AT, Api, case
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures

CLOSED = case(2).summary.case_id
KEY = "handover/certificates/case_2/0001-ab"
TABLE = b"kind,target_id\r\ncustomers,wm1\r\n"


@contextmanager
def serving(documents: Mapping[str, bytes]) -> Iterator[str]:
    """A bucket that gives its documents to whoever asks without a token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = documents.get(self.path.lstrip("/")) if "Authorization" not in self.headers else None
            self.send_response(403 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def certified(api: Api) -> Iterator[Api]:
    certificate = Certificate(1, AT, KEY, digest_of([b"{}"]), digest_of([TABLE]), 1, 0)
    api.cases.cases = [case(1, "10"), replace(case(2, "10", CaseState.CLOSED), certificates=(certificate,))]
    api.certificates.documents = {f"{KEY}.json": b"{}", f"{KEY}.csv": TABLE}
    with serving(api.certificates.documents) as api.certificates.base_url:
        yield api


def test_certificates_are_listed_with_their_hashes(run: Run, certified: Api) -> None:
    shown = run("case", "certificate", CLOSED).output

    for text in ("交接证明", digest_of([b"{}"]), digest_of([TABLE]), "未核对", "2026-11-21 16:00:00"):
        assert text in shown
    assert "没有记录" in run("case", "certificate", case(1).summary.case_id).output


def test_a_document_that_was_changed_is_told_when_verified(run: Run, certified: Api) -> None:
    certified.certificates.documents[f"{KEY}.csv"] = b"forged"

    (told,) = json.loads(run("--json", "case", "certificate", CLOSED, "--verify").output)["items"]

    assert told["problems"] == ["The csv document is not the one whose hash was stored."]


def test_a_document_is_downloaded_whole(run: Run, certified: Api, tmp_path: Path) -> None:
    target = tmp_path / "proof.csv"

    shown = run("case", "certificate", CLOSED, "--format", "csv", "--out", str(target)).output

    assert target.read_bytes() == TABLE
    assert digest_of([TABLE]) in shown


@pytest.mark.parametrize("stored", [b"forged", None], ids=["changed", "missing"])
def test_what_is_not_as_told_is_not_kept(
    run: Run, certified: Api, tmp_path: Path, stored: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if stored is None:
        del certified.certificates.documents[f"{KEY}.json"]
    else:
        certified.certificates.documents[f"{KEY}.json"] = stored

    code = exit_code("case", "certificate", CLOSED, "--out", str(tmp_path / "proof.json"))

    assert code == 1
    assert ("不一致" if stored else "下载链接无效") in capsys.readouterr().err
    assert list(tmp_path.glob("proof*")) == []


def test_the_latest_audit_and_its_findings_are_shown(run: Run, api: Api) -> None:
    finding = OrphanFinding("orphan_1", "a", OrphanKind.OWNERLESS_GROUP, "rm_gone", "/1/10/", CLOSED, ("wr1",), AT)
    api.orphans.keep(finding)
    api.orphans.keep(replace(finding, finding_id="orphan_2", leaver_userid="rm_solved", resolved_at=AT))
    api.orphans.begin(AuditRun("audit_1", AT, AuditCounts(listed=7, answered=5), 2))

    every = run("audit", "orphans").output
    unresolved = run("audit", "orphans", "--unresolved").output

    for text in ("最近一次巡检", "audit_1", "无群主的客户群", "rm_gone", "rm_solved", "wr1", CLOSED):
        assert text in every
    assert "rm_solved" not in unresolved
