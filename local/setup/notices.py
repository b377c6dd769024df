"""Write THIRD_PARTY_NOTICES.md: the packages of the layers, their licences and their NOTICE texts.

Names and versions come from the layers' hashed locks, licences from the metadata of the installed packages, which
are the same files (the development lock is constrained by the layers'). Run ``python -m local.setup.notices``.
"""

import importlib.metadata
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = tuple(ROOT / "layers" / layer / "requirements.txt" for layer in ("analytics", "deps"))
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)
# Older packages name their licence in free text or by classifier; these are the spellings in use, as SPDX.
_SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
}
ACCEPTED = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"})

_HEAD = """\
# Third-party notices

What a deployment ships in the `deps` and `analytics` layers besides our own code, generated from their
`requirements.txt` by `python -m local.setup.notices`; a test fails when they differ. The licence texts travel inside
the layers, in each package's `dist-info` folder. Development tools, the embedded engine and the simulator are not
shipped; they are listed in [the record of dependencies](docs/decisions/0014-third-party-dependencies.md).

Compiled into the wheels: OpenSSL (Apache-2.0) in cryptography, libffi (MIT) in cffi. Excerpts of botocore's service
descriptions are in `layers/scrm/scrm/aws/data`, see [NOTICE](NOTICE).

| Package | Version | Licence (SPDX) |
|---|---|---|
"""
_NOTICE_HEAD = "\n## NOTICE texts\n\nCopied from the packages, as the Apache licence asks (section 4 d).\n"


class NoticeError(Exception):
    """A shipped package is not installed in its locked version, or its licence is unknown or not accepted."""


@dataclass(frozen=True, slots=True)
class ShippedPackage:
    """One package of a layer; ``licence`` is an SPDX expression, ``notice`` the text of its NOTICE file or ""."""

    name: str
    version: str
    licence: str
    notice: str


def shipped_packages() -> list[ShippedPackage]:
    """Every pin of the layers' locks, by name; raises `NoticeError` (see there)."""
    locks = "\n".join(lock.read_text(encoding="utf-8") for lock in LOCKS)
    pins = sorted((found["name"], found["version"]) for found in _PIN.finditer(locks))
    return [_describe(name, version) for name, version in pins]


def render(packages: list[ShippedPackage]) -> str:
    rows = "".join(f"| {each.name} | {each.version} | {each.licence} |\n" for each in packages)
    notices = "".join(f"\n### {each.name}\n\n```text\n{each.notice}\n```\n" for each in packages if each.notice)
    return _HEAD + rows + _NOTICE_HEAD + notices


def licence_of(package: str, stated: str, classifiers: Sequence[str]) -> str:
    """The SPDX expression: what the package states in its licence fields, else its classifiers joined by OR."""
    expression = _SPDX.get(stated, stated)
    if _unaccepted(expression):
        expression = " OR ".join(sorted({_SPDX[each] for each in classifiers if each in _SPDX}))
    if _unaccepted(expression):
        raise NoticeError(f"{package}: licence unknown or not accepted: {stated or 'none stated'}")
    return expression


def _unaccepted(expression: str) -> bool:
    return not set(re.split(r" (?:OR|AND) ", expression)) <= ACCEPTED


def _describe(name: str, version: str) -> ShippedPackage:
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise NoticeError(f"{name} is locked but not installed; run make setup") from error
    if distribution.version != version:
        raise NoticeError(f"{name} is locked at {version} but {distribution.version} is installed; run make setup")
    metadata = distribution.metadata
    stated = metadata.get("License-Expression") or metadata.get("License") or ""
    licence = licence_of(name, stated, metadata.get_all("Classifier") or [])
    return ShippedPackage(name, version, licence, _notice_text(distribution))


def _notice_text(distribution: Distribution) -> str:
    for file in distribution.files or []:
        if ".dist-info" in str(file.parent) and file.stem == "NOTICE":
            lines = file.read_text(encoding="utf-8").strip().splitlines()
            return "\n".join(line.rstrip() for line in lines)
    return ""


def main() -> None:
    NOTICES.write_text(render(shipped_packages()), encoding="utf-8")


if __name__ == "__main__":
    main()
