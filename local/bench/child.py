"""Runs a measured program in the bench environment: no site packages but the locked ones, no settings but ours."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BENCH_ENV = ROOT / ".local" / "envs" / "bench"
_TIMEOUT_S = 120.0

ENVIRONMENT: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "cn-north-1",
    "AWS_REGION": "cn-north-1",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
}


class ChildFailedError(Exception):
    """A measured program did not end well; carries the end of what it said."""


def run(
    program: str, *arguments: str, environment: Mapping[str, str] | None = None, within_s: float = _TIMEOUT_S
) -> dict[str, Any]:
    """Run ``local/bench/children/<program>.py``; the last line it prints is its result as JSON."""
    packages = next((BENCH_ENV / "lib").glob("python3.*/site-packages"))
    path = ":".join(map(str, (packages, ROOT / "layers" / "scrm", ROOT)))
    done = subprocess.run(
        [BENCH_ENV / "bin" / "python", "-S", "-P", ROOT / "local" / "bench" / "children" / f"{program}.py", *arguments],
        env={**ENVIRONMENT, **(environment or {}), "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    if done.returncode:
        raise ChildFailedError(f"{program} {' '.join(arguments)}: {done.stdout[-1500:]}{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
