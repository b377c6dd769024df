"""Set-up finds the right Python by running what it finds, and does again only what its lock asks for."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.setup import bootstrap, interpreter
from local.setup.repository_checks import check
from local.setup.uv import Uv

_NO_UV = Uv(Path("/nonexistent/uv"))
type Program = Callable[[Path, str], Path]


def _script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def _shim(path: Path) -> Path:
    """What pyenv puts on the PATH for a version that is not selected."""
    return _script(path, 'echo "pyenv: python3.13: command not found" >&2; exit 127')


def _python(path: Path) -> Path:
    """The interpreter of this test, which is 3.13, under another name."""
    return _script(path, f'exec "{sys.executable}" "$@"')


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its PATH, no home and no pyenv."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(interpreter, "_told_by", lambda *_: [])
    return tmp_path


def _base() -> Path:
    """The interpreter that virtual environments are made from: this one's own base."""
    program = "import sys; print(sys._base_executable)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    return Path(told.strip())


def test_python_of_the_path_is_taken_when_it_runs(machine: Path) -> None:
    _python(machine / "bin" / "python3.13")

    assert interpreter.find_python(_NO_UV) == _base()


def test_failing_shim_is_passed_over_for_another_name_that_runs(machine: Path) -> None:
    _shim(machine / "bin" / "python3.13")
    _python(machine / "bin" / "python3")

    assert interpreter.find_python(_NO_UV) == _base()


@pytest.mark.parametrize("how", ["PYENV_ROOT", "HOME", "shims on the PATH"])
def test_version_of_pyenv_is_found_behind_a_failing_shim(
    machine: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    root = machine / "home" / ".pyenv"
    _shim(root / "shims" / "python3.13")
    _python(root / "versions" / "3.13.7" / "bin" / "python")
    monkeypatch.setenv("PATH", str(root / "shims") if how == "shims on the PATH" else str(machine / "bin"))
    if how != "shims on the PATH":
        monkeypatch.setenv(how, str(root if how == "PYENV_ROOT" else machine / "home"))

    assert interpreter.find_python(_NO_UV) == _base()


def test_newest_patch_version_of_pyenv_is_tried_first(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = machine / "pyenv"
    monkeypatch.setenv("PYENV_ROOT", str(root))
    tried = machine / "tried"
    for version in ("3.13.2", "3.13.10", "3.13.9"):
        _script(root / "versions" / version / "bin" / "python", f"echo {version} >> {tried}; exit 1")

    with pytest.raises(interpreter.PythonNotFoundError):
        interpreter.find_python(_NO_UV)

    assert tried.read_text("utf-8").split() == ["3.13.10", "3.13.9", "3.13.2"]


def test_what_to_install_is_said_when_there_is_no_python(machine: Path) -> None:
    _script(machine / "bin" / "python3", "exit 0")

    with pytest.raises(interpreter.PythonNotFoundError, match=r"apt install python3\.13"):
        interpreter.find_python(_NO_UV)


def test_empty_home_puts_the_caches_into_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    monkeypatch.setenv("UV_CACHE_DIR", "")
    monkeypatch.delenv("UV_CACHE_DIR")
    monkeypatch.setenv("PIP_CACHE_DIR", "")
    monkeypatch.delenv("PIP_CACHE_DIR")

    bootstrap.use_caches_in_checkout_without_home()

    assert os.environ["UV_CACHE_DIR"] == str(bootstrap.ROOT / ".local" / "cache" / "uv")


def test_environment_is_current_until_its_lock_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMPS", tmp_path / "stamps")
    environment = bootstrap.Environment("runtime", tmp_path / "env")
    environment.lock.write_text("a==1\n", "utf-8")
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command: commands.append(list(command)))

    bootstrap.make_environment(environment, _NO_UV, Path(sys.executable))
    _python(environment.python)
    made = environment.is_current()
    environment.lock.write_text("a==2\n", "utf-8")

    assert [command[1:3] for command in commands] == [["venv", "--quiet"], ["pip", "sync"]]
    assert "--require-hashes" in commands[1]
    assert made
    assert not environment.is_current()


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("index-url = https://" + "pypi" + ".org/simple", "names the host of a package registry"),
        ('"resolved": "https://registry.' + "npmjs" + '.org/x.tgz"', "names the host of a package registry"),
        ("see /" + "root/project for it", "names a path of one machine"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "holds a secret (Private Key)"),
        ("key = AKIA" + "IOSFODNN7EXAMPLE", "holds a secret (AWS Access Key)"),
    ],
)
def test_what_no_tracked_file_may_hold_is_found(tmp_path: Path, planted: str, kind: str) -> None:
    (tmp_path / "fine.md").write_text("see https://example.com/ and docs/work/flow.md\n", encoding="utf-8")
    (tmp_path / "wrong.md").write_text(f"first line\n{planted}\n", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")

    findings = list(check(tmp_path, ["fine.md", "picture.png", "wrong.md"]))

    assert [(finding.path, finding.line, finding.text) for finding in findings] == [("wrong.md", 2, kind)]
