"""Bench: a national audience in one query over the bank's customers, carried on from 5 and 20 million rows (T6.1)."""

from local.bench.child import run
from local.bench.figure import Figure

_SIZES = (5_000_000, 20_000_000)
_WANTED = 100_000_000
_LIMIT_S, _FLOOR_S = 100.0, 20.0


def measure() -> list[Figure]:
    found = run("audience", *map(str, _SIZES), within_s=900)
    (small, large), loop_s = found["seconds"], found["loop_s"] * _WANTED
    slope = (large - small) / (_SIZES[1] - _SIZES[0])
    value = large + slope * (_WANTED - _SIZES[1])
    peer = f"{value / loop_s:.2f} of a plain Python loop ({loop_s:.0f} s); the same customers, each with his reason"
    return [Figure("plan_cpu_s_per_100m", value, _LIMIT_S, "lower", "CPU s, 100 million customers", peer, _FLOOR_S)]
