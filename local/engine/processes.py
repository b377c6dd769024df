"""Start a program, wait until it answers, stop it; only what was started here is ever stopped."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.engine.paths import ROOT

LOOPBACK = "127.0.0.1"
_STOP_WAIT_S = 10.0
_POLL_S = 0.02
_LOG_TAIL_LINES = 15
_STARTTIME_AFTER_STATE = 18  # field 22 of proc(5) stat, counted from the one after "state"
_children: dict[int, subprocess.Popen[bytes]] = {}  # ours to reap


class ProcessStartError(Exception):
    """A program ended, or did not answer in time; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. ``ready_url`` answers any HTTP status once the program is up."""

    name: str
    argv: Sequence[str]
    ready_url: str
    env: Mapping[str, str]
    ready_within_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A process that runs: enough to find it again and to be sure that it is still the same one."""

    name: str
    pid: int
    started: str
    log: str


def free_port(preferred: int = 0) -> int:
    """A port on loopback nobody listens on: the preferred one when it is free, else any."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ProcessStartError("no free port on loopback")


def clean_environment(**extra: str) -> dict[str, str]:
    """What a child needs of ours and nothing else: a developer's AWS profile or PYTHONPATH must not leak in."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUNBUFFERED": "1"} | extra


def start(program: Program, logs: Path) -> subprocess.Popen[bytes]:
    """Start ``program`` with its output in ``logs/<name>.log``; it is not yet ready (`wait_ready`)."""
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{program.name}.log").open("ab") as out:
        process = subprocess.Popen(
            list(program.argv),
            cwd=ROOT,
            env=dict(program.env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is ours to handle, in order
        )
    _children[process.pid] = process
    return process


def wait_ready(program: Program, process: subprocess.Popen[bytes], logs: Path) -> None:
    """Return once ``ready_url`` answers.

    Raises:
        ProcessStartError: it ended first, or was silent for ``ready_within_s``.
    """
    deadline = time.monotonic() + program.ready_within_s
    while not _answers(program.ready_url):
        if process.poll() is not None:
            raise ProcessStartError(f"{program.name} ended with code {process.returncode}:\n{_tail(logs, program)}")
        if time.monotonic() > deadline:
            raise ProcessStartError(f"{program.name} did not answer in time:\n{_tail(logs, program)}")
        time.sleep(_POLL_S)


def record(program: Program, process: subprocess.Popen[bytes], logs: Path) -> ProcessRecord:
    return ProcessRecord(program.name, process.pid, _start_time(process.pid), str(logs / f"{program.name}.log"))


def is_running(known: ProcessRecord) -> bool:
    """Whether the very process that was recorded still runs (a pid alone may belong to another by now)."""
    return known.started != "" and _start_time(known.pid) == known.started


def stop(known: ProcessRecord) -> bool:
    """Ask it to end, insist after ten seconds; False when it was not running."""
    return bool(stop_all([known]))


def stop_all(records: Sequence[ProcessRecord]) -> list[ProcessRecord]:
    """Ask all of them to end, in this order, and insist after ten seconds; those that were running."""
    running = [known for known in records if is_running(known)]
    left = running
    for kind in (signal.SIGTERM, signal.SIGKILL):
        for known in left:
            os.kill(known.pid, kind)
        left = _wait_until_ended(left)
    for known in running:
        _reap(known.pid)
    return running


def _wait_until_ended(records: Sequence[ProcessRecord]) -> list[ProcessRecord]:
    """Those that still run when ten seconds are over."""
    deadline = time.monotonic() + _STOP_WAIT_S
    while (left := [known for known in records if is_running(known)]) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return left


def write_records(path: Path, records: Sequence[ProcessRecord]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(known) for known in records], indent=1), encoding="utf-8")


def read_records(path: Path) -> list[ProcessRecord]:
    """The processes of a stack in the order they were started; none when it was never started."""
    if not path.exists():
        return []
    return [ProcessRecord(**fields) for fields in json.loads(path.read_text(encoding="utf-8"))]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:  # noqa: S310 - loopback, built here
            reply.read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _start_time(pid: int) -> str:
    """When a live process started, in the system's own words; empty when there is none, or only its zombie."""
    if Path("/proc/self/stat").exists():
        return _start_time_linux(pid)
    told = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - the system's own ps
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
    ).stdout.strip()
    state, _, started = told.partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _start_time_linux(pid: int) -> str:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, *fields = status.rpartition(")")[2].split()  # the name before may hold spaces
    return "" if state == "Z" else fields[_STARTTIME_AFTER_STATE]


def _reap(pid: int) -> None:
    if child := _children.pop(pid, None):  # else started by another run of this program
        child.wait()


def _tail(logs: Path, program: Program) -> str:
    text = (logs / f"{program.name}.log").read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-_LOG_TAIL_LINES:])
