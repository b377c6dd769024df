"""Find a Python 3.13 by running each candidate: a file of that name may be a pyenv shim that only fails."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from local.setup.uv import Uv

VERSION = "3.13"
_PROBE = 'import sys, ssl, zlib; print(sys.version_info[:2] == (3, 13) and sys._base_executable or "")'
_PROBE_TIMEOUT_S = 20
_WHAT_TO_INSTALL = """\
no Python 3.13 was found (looked on the PATH, among pyenv's versions, and asked uv, which could not download one).
Install one of these, then run the same command again:
  Debian 13, Ubuntu 25.04 or newer:  apt install python3.13 python3.13-venv
  macOS:                             brew install python@3.13
  any system with pyenv:             pyenv install 3.13
  any system with uv:                uv python install 3.13"""


class PythonNotFoundError(LookupError):
    """There is no Python 3.13 on this machine and none could be downloaded."""


def find_python(uv: Uv) -> Path:
    """The first candidate that runs and is 3.13: PATH, pyenv's versions, what uv knows, and last a download by uv.

    Raises:
        PythonNotFoundError: with what to install.
    """
    for candidate in _candidates(uv):
        found = _probe(candidate)
        if found:
            return found
    raise PythonNotFoundError(_WHAT_TO_INSTALL)


def runs(python: Path) -> bool:
    """Whether this interpreter is there, starts, and is 3.13."""
    return _probe(python) is not None


def _candidates(uv: Uv) -> Iterator[Path]:
    yield from _on_path()
    yield from _of_pyenv()
    yield from _told_by(uv, "python", "find", "--no-python-downloads", VERSION)
    own = Path(__file__).resolve().parents[2] / ".local" / "python"
    print(f"set-up: no Python {VERSION} here; asking uv to download one into .local/python")
    os.environ["UV_PYTHON_INSTALL_DIR"] = str(own)
    _told_by(uv, "python", "install", "--no-bin", VERSION)
    yield from _told_by(uv, "python", "find", "--managed-python", VERSION)


def _on_path() -> Iterator[Path]:
    directories = [Path(entry) for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    for name in (f"python{VERSION}", "python3", "python"):
        yield from (directory / name for directory in directories if (directory / name).exists())


def _of_pyenv() -> Iterator[Path]:
    """pyenv's versions, newest first; HOME may be empty, then a shim on the PATH still shows where pyenv is."""
    home = os.environ.get("HOME", "")
    roots = [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    roots += [Path(home) / ".pyenv"] if home else []
    roots += [Path(entry).parent for entry in os.environ.get("PATH", "").split(os.pathsep) if entry.endswith("/shims")]
    for root in dict.fromkeys(roots):
        versions = sorted(root.glob(f"versions/{VERSION}*/bin/python"), key=_numbers, reverse=True)
        yield from versions


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parts[-3])]


def _told_by(uv: Uv, *arguments: str) -> list[Path]:
    told = subprocess.run(uv.command(*arguments), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return [Path(line) for line in told.stdout.splitlines()[:1] if told.returncode == 0 and line]


def _probe(python: Path) -> Path | None:
    try:
        told = subprocess.run(
            [str(python), "-c", _PROBE],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROBE_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    path = told.stdout.strip()
    return Path(path) if told.returncode == 0 and path else None
