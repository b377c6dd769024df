"""What SAM builds of the layers is small enough to start fast and holds what functions need."""

from pathlib import Path

import pytest

from local.engine.build import build
from tests.infra.cloudformation import written

MEGABYTE = 1024 * 1024


@pytest.mark.stack
def test_the_built_layers_stay_under_100_megabytes_and_with_the_sql_engine_under_lambdas_250() -> None:
    built = build()

    sizes = {layer: _size(built / layer) for layer in ("DepsLayer", "ScrmLayer", "AnalyticsLayer")}

    assert 0 < sizes["DepsLayer"] + sizes["ScrmLayer"] < 100 * MEGABYTE
    assert sizes["ScrmLayer"] < 5 * MEGABYTE
    assert sizes["AnalyticsLayer"] > 60 * MEGABYTE
    assert sum(sizes.values()) < 200 * MEGABYTE


def test_only_functions_with_sql_carry_the_sql_engine() -> None:
    carrying = {
        name
        for name, resource in written()["Resources"].items()
        if {"Ref": "AnalyticsLayer"} in resource.get("Properties", {}).get("Layers", [])
    }

    archive = {"ArchiveApiFunction", "ArchiveRollupFunction", "ArchiveScreenFunction"}
    assert carrying == archive | {"KpiReviewFunction", "KpiCollectFunction", "KpiIngestFunction"}


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file() and path.suffix != ".pyc")
