"""Builds the optional layer with WeCom's own archive library, from the operator's download of it.

    python -m local.setup.archive_layer --library libWeWorkFinanceSdk_C.so [--sha256 HEX] [--architecture x86_64]

Nobody but WeCom may hand the library out, so it is neither here nor in a package we ship: the operator fetches it from
WeCom's developer pages. It must be the file we tried, by its SHA-256, or one whose hash the operator states. Beside it
goes the binding of ``pywecomarchive`` (MIT) as the development environment has it, without the library inside it.
"""

import argparse
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackagePath, files
from pathlib import Path

# Tried: what sdk_x86_v3_20250205 holds, the 64-bit Intel build of version 3.
KNOWN = {"x86_64": "79ced4de6b18d5e96a21cd06f325794dc8957f8925120538d56d4ce827d3dfd0"}
LIBRARY = "lib/libWeWorkFinanceSdk_C.so"  # in the layer: /opt/lib/..., what ARCHIVE_LIBRARY_PATH says
_PACKAGE = "pywecomarchive"
_ARCHITECTURES = ("x86_64", "arm64")
_MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine of an ELF file
_MACHINE_AT = 18
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same content is the same file


class LayerError(Exception):
    """The file is not the library, or not the one that was expected."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.setup.archive_layer", description=__doc__)
    parser.add_argument("--library", type=Path, required=True, help="libWeWorkFinanceSdk_C.so from WeCom's download")
    parser.add_argument("--architecture", choices=_ARCHITECTURES, default="x86_64")
    parser.add_argument("--sha256", default="", help="of another build than the one we tried")
    parser.add_argument("--out", type=Path, default=Path(".local/build"), help="where the zip file goes")
    given = parser.parse_args(arguments)
    try:
        built = build(given.library, given.architecture, given.sha256, given.out)
    except (LayerError, OSError) as error:
        print(f"not built: {error}", file=sys.stderr)
        return 1
    print(built)
    return 0


def build(library: Path, architecture: str, sha256: str, directory: Path) -> Path:
    """The layer's zip file.

    Raises:
        LayerError: another hash, another processor, or no hash to compare with.
    """
    content = library.read_bytes()
    _check(content, architecture, sha256.lower() or KNOWN.get(architecture, ""))
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"archive-library-{architecture}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as layer:
        for path, text in _binding():
            _add(layer, f"python/{path}", text)
        _add(layer, LIBRARY, content)
    return target


def _check(content: bytes, architecture: str, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if not expected:
        raise LayerError(f"no build for {architecture} was tried; check the download and state --sha256 {found}")
    if found != expected:
        raise LayerError(f"SHA-256 is {found}, expected {expected}")
    machine = int.from_bytes(content[_MACHINE_AT : _MACHINE_AT + 2], "little")
    if not content.startswith(b"\x7fELF") or machine != _MACHINES[architecture]:
        raise LayerError(f"no library for Linux on {architecture}")


def _binding() -> Iterator[tuple[PackagePath, bytes]]:
    """The package's Python files and its licence."""
    listed = files(_PACKAGE) or []
    wanted = [path for path in listed if path.suffix == ".py" or "dist-info" in path.parts[0]]
    if not wanted:
        raise LayerError(f"{_PACKAGE} is not installed here; it is on Linux")
    for path in sorted(wanted, key=str):
        yield path, Path(str(path.locate())).read_bytes()


def _add(layer: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    layer.writestr(entry, content)


if __name__ == "__main__":
    sys.exit(main())
