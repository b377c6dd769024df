"""What SAM builds of the layers is small enough to start fast and holds what functions need."""

from pathlib import Path

import pytest

from local.engine.build import build

MEGABYTE = 1024 * 1024


@pytest.mark.stack
def test_the_built_layers_stay_under_100_megabytes() -> None:
    built = build()

    sizes = {layer: _size(built / layer) for layer in ("DepsLayer", "ScrmLayer")}

    assert 0 < sum(sizes.values()) < 100 * MEGABYTE
    assert sizes["ScrmLayer"] < 5 * MEGABYTE


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file() and path.suffix != ".pyc")
