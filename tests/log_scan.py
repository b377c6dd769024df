"""Look for personal data and secrets in logs: whatever a test made a program write, nobody may find a person in it.

`scan_lines` knows the forms; ``tests/log_scan_plugin.py`` applies them to a whole test run. A finding names the place
and the kind, never the text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_KEY_SHAPED = re.compile(r"(?<![A-Za-z0-9+/_.-])[A-Za-z0-9+/]{43}=?(?![A-Za-z0-9+/=_.-])")
_MOST_SLASHES_IN_A_KEY = 3  # a path of the length of a key has more
_FORMS = {
    "mobile number": re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?1[3-9]\d{9}(?![0-9A-Za-z])"),
    "identity card number": re.compile(r"(?<![0-9A-Za-z])\d{6}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?![0-9A-Za-z])"),
    "Chinese text (a name, a message)": re.compile(r"[\u3400-\u9fff]|\\u[4-9][0-9a-f]{3}", re.IGNORECASE),
    "WeCom access token": re.compile(r"SIMTOKEN-|access_token[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9]"),
    "app secret": re.compile(r"corpsecret[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9]"),
    "bearer token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.|[Bb]earer +[A-Za-z0-9._-]{16,}"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind`` of what stands in ``line`` (from 1) of ``source``."""

    source: str
    line: int
    kind: str


def scan_logs(directory: Path, known_secrets: Iterable[str] = ()) -> list[Finding]:
    """The findings in every file below ``directory``; nothing when it does not exist."""
    known = tuple(known_secrets)
    paths = sorted(path for path in directory.rglob("*.log") if path.is_file())
    return [
        finding
        for path in paths
        for finding in scan_lines(
            str(path.relative_to(directory)),
            path.read_text(encoding="utf-8", errors="replace").splitlines(),
            known,
        )
    ]


def scan_lines(source: str, lines: Iterable[str], known_secrets: Iterable[str] = ()) -> Iterator[Finding]:
    """Each kind found in each line, once."""
    known = tuple(known_secrets)
    for number, line in enumerate(lines, start=1):
        yield from (Finding(source, number, kind) for kind, form in _FORMS.items() if form.search(line))
        if any(_looks_random(found[0]) for found in _KEY_SHAPED.finditer(line)):
            yield Finding(source, number, "EncodingAESKey")
        if any(secret in line for secret in known):
            yield Finding(source, number, "secret of this run")


def _looks_random(text: str) -> bool:
    kinds = (str.isupper, str.islower, str.isdigit)
    return text.count("/") <= _MOST_SLASHES_IN_A_KEY and all(any(map(kind, text)) for kind in kinds)
