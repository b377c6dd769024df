"""Programs are started, waited for and stopped; nothing else is ever stopped."""

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from local.engine.processes import (
    LOOPBACK,
    ProcessRecord,
    ProcessStartError,
    Program,
    clean_environment,
    free_port,
    is_running,
    read_records,
    record,
    start,
    stop,
    wait_ready,
    write_records,
)

_SERVE = (
    "import http.server, sys\n"
    "handler = http.server.BaseHTTPRequestHandler\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), handler).serve_forever()\n"
)


def _server(port: int) -> Program:
    argv = (sys.executable, "-c", _SERVE, str(port))
    return Program("server", argv, f"http://{LOOPBACK}:{port}/", clean_environment())


def test_program_runs_until_it_is_stopped(tmp_path: Path) -> None:
    program = _server(free_port())

    process = start(program, tmp_path)
    wait_ready(program, process, tmp_path)
    known = record(program, process, tmp_path)
    write_records(tmp_path / "processes.json", [known])

    assert read_records(tmp_path / "processes.json") == [known]
    assert is_running(known)
    assert stop(known)
    assert not is_running(known)
    assert not stop(known)


def test_another_process_with_a_recorded_pid_is_never_stopped() -> None:
    ourselves = replace(_known(os.getpid()), started="another time")

    assert not is_running(ourselves)
    assert not stop(ourselves)


def test_program_that_ends_at_once_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = Program("broken", (sys.executable, "-c", "raise SystemExit('no such world')"), "http://127.0.0.1:9/", {})

    process = start(program, tmp_path)

    with pytest.raises(ProcessStartError, match="no such world"):
        wait_ready(program, process, tmp_path)


def test_silent_program_is_an_error_when_time_runs_out(tmp_path: Path) -> None:
    sleeper = (sys.executable, "-c", "import time; time.sleep(60)")
    program = Program("silent", sleeper, "http://127.0.0.1:9/", {}, ready_within_s=0.1)
    process = start(program, tmp_path)

    with pytest.raises(ProcessStartError, match="did not answer"):
        wait_ready(program, process, tmp_path)

    assert stop(record(program, process, tmp_path))


def test_preferred_port_is_given_when_it_is_free_and_another_when_not() -> None:
    preferred = free_port()

    with socket.socket() as taken:
        taken.bind((LOOPBACK, preferred))
        taken.listen()
        other = free_port(preferred)

    assert other != preferred
    assert free_port(preferred) == preferred


def test_childs_environment_holds_nothing_of_a_developers_aws_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")

    environment = clean_environment(EXTRA="1")

    assert not environment.keys() & {"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "PYTHONPATH"}
    assert environment["EXTRA"] == "1"


def _known(pid: int) -> ProcessRecord:
    return ProcessRecord("x", pid, "", "x.log")
