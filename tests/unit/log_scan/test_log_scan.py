"""The scan of the logs fires on what it must never miss and keeps still on what logs are full of."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine.paths import ROOT
from tests.log_scan import scan_lines, scan_logs

_KEY = base64.b64encode(bytes(range(7, 39))).decode().rstrip("=")


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ('{"message":"sent","to":"13912345678"}', "mobile number"),
        ("called +86 13912345678 twice", "mobile number"),
        ("holder 110101199003071234 bound", "identity card number"),
        ("customer 王小明 refused", "Chinese text (a name, a message)"),
        (json.dumps({"name": "张伟"}), "Chinese text (a name, a message)"),
        ("GET /cgi-bin/user/get?access_token=abc123&userid=x", "WeCom access token"),
        ('{"access_token": "abc"}', "WeCom access token"),
        ("token SIMTOKEN-x", "WeCom access token"),
        ("/cgi-bin/gettoken?corpid=ww1&corpsecret=abc", "app secret"),
        ("Authorization: Bearer abcdefghijklmnopqrstuv", "bearer token"),
        ("jwt eyJhbGciOiJSUzI1NiJ9." + "eyJzdWIiOiJ4In0.c2ln", "bearer token"),
        (f"key {_KEY} used", "EncodingAESKey"),
    ],
)
def test_planted_personal_data_and_secrets_are_found(planted: str, kind: str) -> None:
    findings = list(scan_lines("x.log", ["harmless", planted]))

    assert (2, kind) in {(finding.line, finding.kind) for finding in findings}
    assert not any(finding.line == 1 for finding in findings)


@pytest.mark.parametrize(
    "line",
    [
        '{"_aws":{"Timestamp":1795305258285,"CloudWatchMetrics":[]},"service":"staff_intake"}',
        '{"message":"record failed","function_request_id":"522f651b-2a65-4ddf-ae43-2673d5cca131","userid":"rm_wang"}',
        "arn:aws:lambda:cn-north-1:000000000000:function:scrm-staff_intake",
        '  File ".local/run/x/tmp/ministack-provided-code-45969/eebff4be58a4ba13a8bec188644be/handler.py", line 3',
        "case_7ldz4hm5q2vtqj3n6k2y7b3c4d opened at 2026-11-21T08:00:00.000Z",
        "access_token refused, errcode 42001",
        "corpsecret missing",
        "START RequestId: 522f651b-2a65-4ddf-ae43-2673d5cca131 Version: $LATEST",
    ],
)
def test_what_logs_are_full_of_is_no_finding(line: str) -> None:
    assert list(scan_lines("x.log", [line])) == []


@given(st.text(alphabet="abcdefghijkl0123456789-_", min_size=8, max_size=40), st.text(max_size=20))
def test_secret_of_the_run_is_found_wherever_it_stands(secret: str, around: str) -> None:
    findings = list(scan_lines("x.log", [f"{around}{secret}{around}"], known_secrets=[secret]))

    assert "secret of this run" in {finding.kind for finding in findings}


def test_every_log_below_the_directory_is_read_and_the_text_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "scrm-staff_intake.log").write_text("fine\ncall 13912345678\n", encoding="utf-8")
    (tmp_path / "engine.log").write_bytes(b"\xff\xfe broken bytes are read too, 13912345678\n")

    findings = scan_logs(tmp_path)

    assert [(finding.source, finding.line) for finding in findings] == [
        ("engine.log", 1),
        ("functions/scrm-staff_intake.log", 2),
    ]
    assert "13912345678" not in repr(findings)


def test_no_logs_are_no_findings(tmp_path: Path) -> None:
    assert scan_logs(tmp_path / "absent") == []


def test_run_fails_when_a_test_logged_a_person(tmp_path: Path) -> None:
    passing = tmp_path / "test_it.py"
    passing.write_text("import logging\ndef test_it():\n    logging.warning('call 13912345678')\n", encoding="utf-8")

    done = _pytest(tmp_path, passing)

    assert done.returncode == 1
    assert "1 passed" in done.stdout
    assert "mobile number" in done.stdout
    assert "13912345678" not in done.stdout


def test_run_passes_when_only_the_screen_names_a_person(tmp_path: Path) -> None:
    passing = tmp_path / "test_it.py"
    passing.write_text("def test_it():\n    print('王小明 13912345678')\n", encoding="utf-8")

    done = _pytest(tmp_path, passing)

    assert done.returncode == 0, done.stdout


def _pytest(rootdir: Path, path: Path) -> "subprocess.CompletedProcess[str]":
    alone = [sys.executable, "-m", "pytest", "-q", "-p", "tests.log_scan_plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*alone, "-c", "/dev/null", "--rootdir", str(rootdir), str(path)],
        cwd=ROOT,
        env=dict(os.environ) | {"SCRM_TEST_RUN": rootdir.name, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
