"""Measures every figure, prints them as a table and writes ``.local/bench.json``: ``python -m local.bench [part ...]``.

Figures are ratios of CPU time, taken in turn in one run, because absolute times say more about the machine. The file is
written by a run of all parts only. Exit code 1 if a limit is missed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from local.bench import (
    adds,
    archive_page,
    archive_store,
    audience,
    callback_core,
    collect_quota,
    dispatch_quota,
    estimators,
    full_pass,
    governor,
    handover,
    init,
    kpi,
    kpi_cohort,
    kpi_ingest,
    large_requests,
    lexicon,
    plan,
    recall_quota,
)
from local.bench.child import ROOT
from local.bench.figure import Figure

RESULT = ROOT / ".local" / "bench.json"
PARTS: Mapping[str, Callable[[], Sequence[Figure]]] = {
    "callback": callback_core.measure,
    "collect": collect_quota.measure,
    "adds": adds.measure,
    "archive_page": archive_page.measure,
    "archive_store": archive_store.measure,
    "init": init.measure,
    "dynamodb": large_requests.measure,
    "full_pass": full_pass.measure,
    "handover": handover.measure,
    "governor": lambda: [Figure(**figure) for figure in governor.measure()],
    "audience": audience.measure,
    "plan": plan.measure,
    "kpi_ingest": kpi_ingest.measure,
    "kpi_cohort": kpi_cohort.measure,
    "lexicon": lexicon.measure,
    "dispatch": lambda: [Figure(**figure) for figure in dispatch_quota.measure()],
    "estimators": estimators.measure,
    "kpi": kpi.measure,
    "recall": lambda: [Figure(**figure) for figure in recall_quota.measure()],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.bench", description="Measure what this product promises.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of {', '.join(PARTS)}; all of them by default")
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    console = Console()
    figures: list[Figure] = []
    for part in parts:
        with console.status(f"measuring {part}"):
            figures += PARTS[part]()
    console.print(table(figures))
    if set(parts) == set(PARTS):
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps([figure.to_json() for figure in figures], indent=2) + "\n", encoding="utf-8")
    return 0 if all(figure.within_limit for figure in figures) else 1


def table(figures: Sequence[Figure]) -> Table:
    made = Table("figure", title="bench")
    for heading in ("value", "limit", "floor", ""):
        made.add_column(heading, justify="right", no_wrap=True)
    for figure in figures:
        made.add_row(
            f"{figure.name}\n  [dim]{figure.unit}; {figure.peer}[/]",
            f"{figure.value:.3f}",
            f"{'<=' if figure.better == 'lower' else '>='} {figure.limit:.2f}",
            "" if figure.floor is None else f"{figure.floor:.3f}",
            "ok" if figure.within_limit else "MISSED",
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
