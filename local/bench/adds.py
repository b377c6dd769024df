"""Bench: the adds of one section of a bank of 300,000 members are judged in little memory (docs/valid-adds.md, Size).

``PYTHONPATH=layers/scrm:. python -m local.bench.adds 9375 1 2000000`` measures members, adds a day of each, customers.
"""

import json
import sys
from tempfile import TemporaryDirectory
from typing import Any

from local.bench.child import run
from local.bench.figure import Figure

MEMBERS = 9_375  # of a section of 32
_ADDS_A_DAY = 1 / 3  # of a member: 100,000 of the bank
_CUSTOMERS = 1_000_000
_WITHIN_S = 900.0


def measure() -> list[Figure]:
    found = measured(MEMBERS, _ADDS_A_DAY, _CUSTOMERS)
    return [
        Figure(
            "adds_judged_peak_mb",
            found["peak_mb"],
            600.0,
            "lower",
            f"MB resident, {found['judged']:,} adds judged of {MEMBERS:,} members with 85 days of adds",
            "the whole bank at once: 1 kB for each row of five snapshots, some 36 GB",
        )
    ]


def measured(members: int, adds_a_day: float, customers: int) -> dict[str, Any]:
    with TemporaryDirectory(prefix="bench-adds-") as folder:
        run("adds", "make", folder, str(members), str(adds_a_day), str(customers), within_s=_WITHIN_S)
        return run("adds", "judge", folder, within_s=_WITHIN_S)


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(measured(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))}\n")
