"""`sam build`, for this machine or another processor, with the layers compiled; skipped while nothing has changed."""

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.engine.paths import LOCAL, ROOT, environment_python

TEMPLATE = ROOT / "infra" / "template.yaml"
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_SOURCES = ("functions", "layers")


class BuildError(Exception):
    """`sam build` or the compiler failed; the text is its output."""


def local_architecture() -> str:
    """This machine's processor in AWS's words: what is run here must be built for here."""
    return _ARCHITECTURES[platform.machine().lower()]


def build(template: Path = TEMPLATE, architecture: str | None = None) -> Path:
    """The directory of the built ``template.yaml``; built only when its inputs changed, by one process at a time.

    ``architecture`` is AWS's word for the processor, this machine's if None.

    Raises:
        BuildError: with what the build printed.
    """
    template = template.resolve()
    source = template.parents[1]
    processor = architecture or local_architecture()
    directory = LOCAL / "build" / f"{_name_of(source)}-{processor}"
    directory.mkdir(parents=True, exist_ok=True)
    digest = _digest(template, source, processor)
    stamp = directory / "inputs.sha256"
    with _locked(directory / "lock"):
        if not (stamp.exists() and stamp.read_text("utf-8") == digest):
            stamp.unlink(missing_ok=True)
            _sam_build(template, directory, processor)
            _compile_layers(directory / "out")
            stamp.write_text(digest, "utf-8")
    return directory / "out"


def _name_of(source: Path) -> str:
    return "product" if source == ROOT else hashlib.sha256(str(source).encode()).hexdigest()[:12]


def _digest(template: Path, source: Path, processor: str) -> str:
    digest = hashlib.sha256(f"{processor} {sys.version}".encode())
    for path in sorted(_inputs(template, source)):
        digest.update(f"{path.relative_to(source)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    digest.update((ROOT / "requirements" / "sam.txt").read_bytes())
    return digest.hexdigest()


def _inputs(template: Path, source: Path) -> Iterator[Path]:
    yield template
    for folder in _SOURCES:
        for path in (source / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".pyc"):
                yield path


def _sam_build(template: Path, directory: Path, processor: str) -> None:
    sam = environment_python("sam")
    _run(
        [
            *(str(sam.with_name("sam")), "build", "--cached", "--parallel", "--template", str(template)),
            *("--build-dir", str(directory / "out"), "--cache-dir", str(directory / "cache")),
            *("--parameter-overrides", f"Architecture={processor}"),
        ],
        directory,
        # sam runs the pip of the first python3.13 on the PATH, so its own environment comes first
        PATH=f"{sam.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        SAM_CLI_TELEMETRY="0",
        __SAM_CLI_APP_DIR=str(directory / "sam-settings"),  # not in the home directory
        AWS_DEFAULT_REGION="cn-north-1",
    )


def _compile_layers(built: Path) -> None:
    """Ship ``.pyc`` files that need no check of their source: a start compiles nothing and stats less."""
    layers = [str(path) for path in sorted(built.glob("*Layer")) if path.is_dir()]
    if layers:
        options = ("-q", "-j", "0", "--invalidation-mode", "unchecked-hash")
        _run([str(environment_python("runtime")), "-m", "compileall", *options, *layers], built.parent)


def _run(command: list[str], directory: Path, **environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise BuildError(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Test processes build the same directory: one does, the others wait and find it done."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
