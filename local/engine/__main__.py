"""``python -m local.engine up|down|status|build|redrive QUEUE``: the local stack from the command line."""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.engine import stack
from local.engine.build import BuildError, build
from local.engine.deploy import DeployError
from local.engine.emulator import Engine
from local.engine.paths import DEFAULT_STACK, RunPaths
from local.engine.processes import ProcessStartError
from local.engine.queues import RedriveError, redrive
from local.engine.schedules import ScheduleFailedError

_FIRST_SYNC = "contact_sync.full_pass"
_EXPECTED = (BuildError, DeployError, ProcessStartError, RedriveError, ScheduleFailedError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; the exit code, 1 with one readable message when it failed."""
    parser = argparse.ArgumentParser(prog="python -m local.engine", description=__doc__)
    parser.add_argument("--name", default=DEFAULT_STACK, help="stacks of different names run side by side")
    commands = parser.add_subparsers(required=True)
    for name, (act, describe) in _COMMANDS.items():
        command = commands.add_parser(name, help=describe)
        command.set_defaults(act=act)
        if name == "redrive":
            command.add_argument("queue", help="logical id of a dead-letter queue, for example StaffDeadLetterQueue")
        if name == "down":
            command.add_argument("--all", action="store_true", help="every stack of this checkout")
        if name == "build":
            command.add_argument("--architecture", choices=("arm64", "x86_64"), help="for another processor")
        if name == "up":
            command.add_argument("--empty", action="store_true", help="a corp with nobody in it, not the demo bank")
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.act(chosen))
    except _EXPECTED as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _up(chosen: argparse.Namespace) -> int:
    began = time.monotonic()
    world = None if chosen.empty else _demo_world()
    try:
        running = stack.up(chosen.name, world=world, say=lambda text: _say(began, text))
    except stack.StackRunningError as error:
        print(f"{error} (make down stops it)")
    else:
        if world is not None:
            _say(began, "reading who follows whom from the simulated WeCom, as the nightly pass does")
            running.fire(_FIRST_SYNC)
        _say(began, "ready")
    _show_endpoints(RunPaths(chosen.name).endpoints)
    return 0


def _show_endpoints(path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    for label, value in (
        ("AWS endpoint", told["aws_endpoint_url"]),
        ("WeCom callback", told["callback_url"]["contacts"]),
        ("admin API", told["admin_api_url"]),
        ("customer page", told["customer_page_url"]),
        ("WeCom simulator", told["wecom_base_url"]),
        ("its control API", told["wecom_control_url"]),
        ("sign-in (OIDC)", told["identity"]["issuer"]),
        ("all of it", str(path)),
    ):
        print(f"  {label:16} {value}")


def _demo_world() -> Mapping[str, Any]:
    """The demo bank as a simulator world; imported late, so that the engine's other commands do not need it."""
    world: Mapping[str, Any] = importlib.import_module("local.bank").demo_world()
    return world


def _say(began: float, text: str) -> None:
    print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)


def _down(chosen: argparse.Namespace) -> int:
    stopped = stack.down_all() if chosen.all else stack.down(chosen.name)
    print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
    return 0


def _status(chosen: argparse.Namespace) -> int:
    known = stack.status(chosen.name)
    for process, runs in known:
        print(f"{process.name:10} {'runs' if runs else 'ended'}  pid {process.pid}  {process.log}")
    if not known:
        print("nothing is running")
    return 0 if known and all(runs for _, runs in known) else 3


def _build(chosen: argparse.Namespace) -> int:
    print(f"built: {build(architecture=chosen.architecture)}")
    return 0


def _redrive(chosen: argparse.Namespace) -> int:
    endpoints = json.loads(RunPaths(chosen.name).endpoints.read_text(encoding="utf-8"))
    url = endpoints["resources"]["dead_letter_queues"][chosen.queue]
    print(f"sent back: {redrive(Engine(endpoints['aws_endpoint_url']), url)}")
    return 0


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "up": (_up, "start the stack and leave it running"),
    "down": (_down, "stop what up started"),
    "status": (_status, "what runs; exit code 0 only if all of it does"),
    "build": (_build, "sam build, for this machine unless told otherwise"),
    "redrive": (_redrive, "send a dead-letter queue's messages back"),
}

if __name__ == "__main__":
    sys.exit(main())
