"""What no tracked file may hold: the address of a package registry, a path of somebody's machine, a live secret.

Run ``python -m local.setup.repository_checks``; prints ``file:line: what`` for each finding and ends with 1 if any.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector

ROOT = Path(__file__).resolve().parents[2]
_REGISTRY = re.compile(
    r"\b(?:pypi\.(?:org|python\.org)|(?:files|test)\.pythonhosted\.org|registry\.(?:npmjs|yarnpkg|npmmirror)\.(?:org|com)"
    r"|(?:deb|ftp|security)\.debian\.org|archive\.ubuntu\.com|mirrors?\.[a-z0-9-]+(?:\.[a-z]+)+/(?:pypi|simple|npm))",
    re.IGNORECASE,
)
_MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:root|work|farm|home/\w+|Users/\w+|tmp/bash_jobs)/")
_DETECTORS: tuple[RegexBasedDetector, ...] = (
    AWSKeyDetector(),
    BasicAuthDetector(),
    GitHubTokenDetector(),
    JwtTokenDetector(),
    PrivateKeyDetector(),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """``text`` says what kind of thing stands there, never the thing itself."""

    path: str
    line: int
    text: str


def main() -> int:
    findings = list(check(ROOT, repository_files(ROOT)))
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.text}")
    return 1 if findings else 0


def repository_files(root: Path) -> list[str]:
    """What is tracked or would be: every file that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - the git of the PATH
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(name for name in listed.split("\0") if name and (root / name).is_file())


def check(root: Path, names: Iterable[str]) -> Iterator[Finding]:
    """Every finding in the named files; a file that is not UTF-8 text is left out."""
    for name in names:
        try:
            lines = (root / name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            yield from (Finding(name, number, text) for text in _wrong_with(line))


def _wrong_with(line: str) -> Iterator[str]:
    if _REGISTRY.search(line):
        yield "names the host of a package registry"
    if _MACHINE_PATH.search(line):
        yield "names a path of one machine"
    for detector in _DETECTORS:
        if any(detector.analyze_string(line)):
            yield f"holds a secret ({detector.secret_type})"


if __name__ == "__main__":
    sys.exit(main())
