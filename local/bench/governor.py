"""Bench: how much of WeCom's two-window quota the rate governor reaches (T6.3). Virtual time, nothing sleeps."""

from dataclasses import asdict
from typing import Any

from local.bench.figure import Figure
from local.bench.governor_simulation import Workload, floor_seconds, refused, simulate
from scrm.wecom import limits
from scrm.wecom.governor_state import Priority

CALLS = 300_000
WORKERS = 40


def measure() -> list[dict[str, Any]]:
    """300,000 calls of 40 processes on one path; 0 if a platform that counts every interval would refuse one call."""
    budget = limits.PathLimits()
    run = simulate([Workload(Priority.HANDOVER, CALLS, WORKERS)], budget)
    clean = len(run.calls) == CALLS and refused(run, budget) == 0
    efficiency = floor_seconds(CALLS, budget) / run.seconds if clean else 0.0
    return [
        asdict(
            Figure(
                name="governor_quota_efficiency",
                value=round(efficiency, 4),
                limit=0.95,
                better="higher",
                unit="ratio",
                peer="the least time both windows allow, 75 min",
                floor=1.0,
            )
        )
    ]
