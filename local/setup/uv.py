"""Find uv, or install it from the package index into the checkout."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

VERSION = "0.13.9"
_OLDEST = (0, 8)
_INSTALL_HINT = "install uv yourself (it is a package of the index), or: apt install python3-venv python3-pip"


class UvNotFoundError(LookupError):
    """There is no uv, and it could not be installed."""


@dataclass(frozen=True, slots=True)
class Uv:
    """A uv program that runs."""

    path: Path

    def command(self, *arguments: str) -> list[str]:
        return [str(self.path), *arguments]


def find_or_install_uv(directory: Path) -> Uv:
    """The uv of the checkout, else a recent one on the PATH, else a new one in ``directory``.

    Raises:
        UvNotFoundError: neither venv nor pip of this Python could install it.
    """
    own = (directory / "bin" / "uv", directory / "target" / "bin" / "uv")
    on_path = shutil.which("uv")
    for candidate in (*own, *((Path(on_path),) if on_path else ())):
        if _is_recent(candidate):
            return Uv(candidate)
    print(f"set-up: installing uv {VERSION} into .local/uv")
    _install(directory)
    for candidate in own:
        if _is_recent(candidate):
            return Uv(candidate)
    raise UvNotFoundError(f"uv {VERSION} could not be installed with {sys.executable}; {_INSTALL_HINT}")


def _install(directory: Path) -> None:
    """By a virtual environment; where this Python has no ensurepip (Debian splits it off), by its own pip."""
    shutil.rmtree(directory, ignore_errors=True)
    requirement = f"uv=={VERSION}"
    if _succeeds(sys.executable, "-m", "venv", str(directory)):
        pip = (str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        if _succeeds(*pip, requirement):
            return
    _succeeds(sys.executable, "-m", "pip", "install", "--quiet", "--target", str(directory / "target"), requirement)


def _is_recent(path: Path) -> bool:
    try:
        told = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    found = re.match(r"uv (\d+)\.(\d+)", told)
    return found is not None and (int(found[1]), int(found[2])) >= _OLDEST


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0
