"""Set the checkout up: uv, Python 3.13, and the locked environments that a target needs.

Runs under any Python >= 3.11 with the standard library alone. Nothing is installed outside the checkout and the
package caches. An environment is made again only when its lock changed, so a second run takes a fraction of a second::

    bootstrap.py dev engine runtime sam     # make these environments be what their locks say
    bootstrap.py --lock [--upgrade]         # resolve requirements/*.in again
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.setup.interpreter import find_python, runs
from local.setup.uv import Uv, find_or_install_uv

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
STAMPS = ROOT / ".local" / "setup"
LAYER_LOCKS = {
    "lambda": ROOT / "layers" / "deps" / "requirements.txt",
    "analytics": ROOT / "layers" / "analytics" / "requirements.txt",
}
_LOCK_OPTIONS = ("--quiet", "--universal", "--generate-hashes", "--python-version", "3.13", "--no-header")
_NO_ADDRESSES = ("--no-emit-index-url", "--no-emit-find-links", "--no-annotate")


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment that holds exactly what its lock lists."""

    name: str
    directory: Path

    @property
    def lock(self) -> Path:
        return REQUIREMENTS / f"{self.name}.txt"

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The digest of the lock that the environment was made from."""
        return STAMPS / f"{self.name}.sha256"

    def wanted(self) -> str:
        return hashlib.sha256(self.lock.read_bytes()).hexdigest()

    def is_current(self) -> bool:
        return self.python.exists() and self.stamp.exists() and self.stamp.read_text("utf-8") == self.wanted()


ENVIRONMENTS = {
    "dev": Environment("dev", ROOT / ".venv"),
    **{name: Environment(name, ROOT / ".local" / "envs" / name) for name in ("engine", "runtime", "sam", "bench")},
}


class SetupError(Exception):
    """Set-up cannot go on; the text tells the person what to do."""


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks; the exit code."""
    use_caches_in_checkout_without_home()
    trust_certificates_of_the_system()
    try:
        if "--lock" in arguments:
            lock_all([argument for argument in arguments if argument != "--lock"])
        else:
            make_environments([ENVIRONMENTS[name] for name in arguments or ("dev",)])
    except (SetupError, LookupError) as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        return 1
    return 0


def make_environments(wanted: Sequence[Environment]) -> None:
    """Bring every stale environment to its lock, all at once: most of the time is spent waiting for downloads."""
    stale = [environment for environment in wanted if not environment.is_current()]
    if not stale:
        return
    uv = find_or_install_uv(ROOT / ".local" / "uv")
    python = find_python(uv)
    print(f"set-up: Python {python}, environments {', '.join(environment.name for environment in stale)}")
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(make_environment, environment, uv, python) for environment in stale]:
            done.result()


def make_environment(environment: Environment, uv: Uv, python: Path) -> None:
    """Create or bring up to date one environment, then leave the stamp of its lock."""
    environment.stamp.unlink(missing_ok=True)
    if not runs(environment.python):
        _run(uv.command("venv", "--quiet", "--clear", "--python", str(python), str(environment.directory)))
    options = ("--quiet", "--require-hashes", "--python", str(environment.python))
    _run(uv.command("pip", "sync", *options, str(environment.lock)))
    environment.stamp.parent.mkdir(parents=True, exist_ok=True)
    environment.stamp.write_text(environment.wanted(), "utf-8")


def lock_all(extra: Sequence[str]) -> None:
    """Resolve every ``.in`` file; the layers' packages first, because dev and bench are constrained by them."""
    uv = find_or_install_uv(ROOT / ".local" / "uv")
    outputs = LAYER_LOCKS | {name: environment.lock for name, environment in ENVIRONMENTS.items()}
    for name, output in outputs.items():
        source = REQUIREMENTS / f"{name}.in"
        options = (*_LOCK_OPTIONS, "--overrides", str(REQUIREMENTS / "overrides.txt"), *_NO_ADDRESSES, *extra)
        _run(uv.command("pip", "compile", *options, str(source), "-o", str(output)))
        print(f"locked {output.relative_to(ROOT)}")


def use_caches_in_checkout_without_home() -> None:
    """With no usable home directory the package caches go below ``.local``."""
    home = os.environ.get("HOME", "")
    if not home or not os.access(home, os.W_OK):
        os.environ.setdefault("UV_CACHE_DIR", str(ROOT / ".local" / "cache" / "uv"))
        os.environ.setdefault("PIP_CACHE_DIR", str(ROOT / ".local" / "cache" / "pip"))


def trust_certificates_of_the_system() -> None:
    """uv brings certificates of its own; behind a bank's proxy only the system's hold (the name before 0.11 too)."""
    for name in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS"):
        os.environ.setdefault(name, "true")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SetupError(f"{' '.join(command[1:4])} ended with {done.returncode}:\n{done.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
