"""Bench: the first full pass over an existing corp: WeCom's calls, DynamoDB's requests, and memory that stays flat.

``make bench`` measures a corp of 50,000 relations; ``PYTHONPATH=layers/scrm:. python -m local.bench.full_pass
1000000`` measures a million and prints what it found (some minutes, 3 GB for the simulator).
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.bench.child import ROOT, run
from local.bench.figure import Figure
from local.bench.full_pass_corp import CUSTOMERS_PER_MEMBER, write_corp
from local.engine.paths import RunPaths
from local.engine.processes import LOOPBACK, Program, clean_environment, free_port, record, start, stop, wait_ready

RELATIONS = 50_000
ROWS_PER_CALL = 100
_PATHS = RunPaths("bench-full-pass")
_LONGEST_S = 1_800.0


class PassIncompleteError(Exception):
    """The pass did not bring every relation, so that its figures would mean nothing."""


def measure() -> list[Figure]:
    found = measured(RELATIONS)
    least = least_calls(RELATIONS)
    first, last = found["resident_mb"][0], found["resident_mb"][-1]
    return [
        Figure(
            "full_pass_calls",
            sum(found["calls"].values()) / least,
            1.05,
            "lower",
            f"calls of WeCom for {RELATIONS:,} relations over the fewest",
            f"{least:,}: {ROWS_PER_CALL} relations to a page, a list of group chats for each member",
            1.0,
        ),
        Figure(
            "full_pass_memory_growth",
            last / first,
            1.10,
            "lower",
            f"resident memory at the end over that after a tenth of {RELATIONS:,} relations",
            f"{first:.0f} MB after a tenth",
            1.0,
        ),
    ]


def least_calls(relations: int) -> int:
    return -(-relations // ROWS_PER_CALL) + -(-relations // CUSTOMERS_PER_MEMBER)


def measured(relations: int) -> Mapping[str, Any]:
    """What `local/bench/children/full_pass.py` says of a corp of so many relations. Raises PassIncompleteError."""
    with TemporaryDirectory() as folder:
        world = Path(folder) / "world.json"
        write_corp(world, relations)
        with _simulator(world) as base_url:
            found = run("full_pass", base_url, str(relations), within_s=_LONGEST_S)
    if not found["finished"] or found["stored"] != relations or found["removed"] or found["calls_failed"]:
        raise PassIncompleteError(json.dumps(found))
    return found


@contextmanager
def _simulator(world: Path) -> Iterator[str]:
    port, control_port = free_port(), free_port()
    options = ("--port", str(port), "--control-port", str(control_port), "--world", str(world))
    program = Program(
        "simulator",
        [sys.executable, "-m", "local.simulator", *options],
        f"http://{LOOPBACK}:{control_port}/control/v1/health",
        clean_environment(PYTHONPATH=str(ROOT)),
        ready_within_s=300.0,
    )
    process = start(program, _PATHS.logs)
    try:
        wait_ready(program, process, _PATHS.logs)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        stop(record(program, process, _PATHS.logs))


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]) if len(sys.argv) > 1 else RELATIONS), indent=2))
