"""Bench: reviews of uplift over ten million customer-months by the code of ``kpi_review``, beside polars."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.bench.child import run
from local.bench.figure import Figure

_CUSTOMERS = 1_436_000
"""Seven months of each, of which one in two hundred is missing: ten million rows."""
_KINDS = ("added", "channel")
_WITHIN_S = 900.0
_FUNCTION_S = 900.0


class DisagreementError(Exception):
    """The two made other sums of the same customers, so that neither's cost means anything."""


def measure() -> list[Figure]:
    with TemporaryDirectory(prefix="bench-cohort-") as folder:
        made = run("kpi_cohort", "make", folder, str(_CUSTOMERS), within_s=_WITHIN_S)
        found = {
            kind: {way: run("kpi_cohort", way, folder, kind, within_s=_WITHIN_S) for way in ("ours", "polars")}
            for kind in _KINDS
        }
        for kind in _KINDS:
            compare(*(json.loads((Path(folder) / f"{way}-{kind}.json").read_text()) for way in ("ours", "polars")))
    ours, peer = ([found[kind][way] for kind in _KINDS] for way in ("ours", "polars"))
    memory, disk, longest = (max(one[name] for one in ours) for name in ("peak_mb", "disk_mb", "seconds"))
    cpu, peer_cpu = (sum(one["cpu_s"] for one in each) for each in (ours, peer))
    beside = f"polars {max(one['peak_mb'] for one in peer):.0f} MB; on disk {disk:.0f} MB"
    cells = ", ".join(f"{kind} {found[kind]['ours']['cells']} cells" for kind in _KINDS)
    return [
        Figure(
            name="kpi_cohort_peak_mb",
            value=memory,
            limit=2_000.0,
            better="lower",
            unit=f"MB resident, {made['rows']:,} rows",
            peer=beside,
        ),
        Figure(
            name="kpi_cohort_cpu_vs_polars",
            value=cpu / peer_cpu,
            limit=2.0,
            better="lower",
            unit="CPU",
            peer=f"polars {peer_cpu:.0f} s; {cells}",
        ),
        Figure(
            name="kpi_cohort_s",
            value=longest,
            limit=_FUNCTION_S,
            better="lower",
            unit="s, one review",
            peer="the function's time",
        ),
    ]


def compare(ours: Mapping[str, Any], peer: Mapping[str, Any]) -> None:
    """Raises DisagreementError; sums of doubles differ by the order in which they were added."""
    if ours["customers"] != peer["customers"]:
        raise DisagreementError(f"{ours['customers']} {peer['customers']}")
    cells, others = ({tuple(row[:6]): row[6:] for row in each["cells"]} for each in (ours, peer))
    if not cells or cells.keys() != others.keys():
        raise DisagreementError(f"{len(cells)} and {len(others)} cells, {len(cells.keys() & others.keys())} in both")
    for cell, sums in cells.items():
        if not _are_same(sums, others[cell]):
            raise DisagreementError(f"{cell}: {sums} {others[cell]}")


def _are_same(ours: Sequence[float], peer: Sequence[float]) -> bool:
    n, _, _, _, xx, _, _, dd, _ = ours
    sizes = [1.0] * 6 + [math.sqrt(n * dd), 1.0, math.sqrt(xx * dd)]  # of trends that cancel each other out
    return n == peer[0] and all(
        math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9 * size)
        for one, other, size in zip(ours, peer, sizes, strict=True)
    )
