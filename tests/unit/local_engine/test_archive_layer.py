"""The layer with WeCom's library: built from the file that was checked, and from no other."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from local.setup import archive_layer
from local.setup.archive_layer import LayerError, build

FOR_INTEL = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little") + b"a library"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "libWeWorkFinanceSdk_C.so"
    path.write_bytes(FOR_INTEL)
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def built(library: Path, *, architecture: str = "x86_64", stated: str = sha256(FOR_INTEL)) -> Path:
    return build(library, architecture, stated, library.parent / "out")


@pytest.mark.skipif("not __import__('importlib.util').util.find_spec('pywecomarchive')", reason="no binding here")
def test_the_layer_holds_the_library_and_the_binding_and_is_the_same_each_time(library: Path) -> None:
    first = built(library).read_bytes()
    with zipfile.ZipFile(built(library)) as layer:
        names = layer.namelist()
        assert layer.read("lib/libWeWorkFinanceSdk_C.so") == FOR_INTEL
    assert built(library).read_bytes() == first
    assert "python/pywecomarchive/_native.py" in names
    assert any("LICENSE" in name for name in names)
    assert [name for name in names if name.endswith(".so")] == ["lib/libWeWorkFinanceSdk_C.so"]


def test_another_file_is_refused(library: Path) -> None:
    with pytest.raises(LayerError, match="expected"):
        built(library, stated="")
    with pytest.raises(LayerError, match="expected"):
        built(library, stated="0" * 64)


def test_another_processor_is_refused_and_so_is_a_build_that_nobody_tried(library: Path) -> None:
    with pytest.raises(LayerError, match="no library for Linux on arm64"):
        built(library, architecture="arm64")
    with pytest.raises(LayerError, match=sha256(FOR_INTEL)):
        built(library, architecture="arm64", stated="")


def test_the_command_says_why_not(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive_layer.main(["--library", str(library), "--out", str(library.parent)]) == 1
    assert "not built: SHA-256 is" in capsys.readouterr().err
    assert archive_layer.main(["--library", str(library.parent / "none")]) == 1
