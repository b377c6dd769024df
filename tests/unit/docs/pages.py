"""Reading the repository's own text: tracked files, Markdown tables, links, cited numbers."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local.setup.repository_checks import ROOT, repository_files

DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"

_ROW = re.compile(r"^\| (?P<number>[SORT]\d+(?:\.\d)?) \|(?P<cells>.+)\|$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,4} (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One row of docs/requirements.md; ``proof`` is its last cell."""

    number: str
    proof: str


@cache
def tracked_files() -> tuple[Path, ...]:
    """Files git tracks or would track at the next commit."""
    return tuple(ROOT / name for name in repository_files(ROOT))


@cache
def text_of(path: Path) -> str:
    """The file's text, "" for a binary file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def python_files() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py"]


def markdown_pages() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".md"]


def requirement_rows() -> list[RequirementRow]:
    found = _ROW.finditer(text_of(DOCS / "requirements.md"))
    return [RequirementRow(row["number"], row["cells"].rsplit("|", 1)[-1].strip()) for row in found]


def links_of(page: Path) -> list[str]:
    """Targets of the page's links inside the repository, code blocks left out."""
    targets = (found["target"] for found in _LINK.finditer(_FENCE.sub("", text_of(page))))
    return [target for target in targets if "://" not in target and not target.startswith("mailto:")]


def code_blocks(page: Path) -> list[str]:
    return [found[0] for found in _FENCE.finditer(text_of(page))]


def anchors_of(page: Path) -> set[str]:
    """The headings' anchors as GitHub makes them."""
    titles = (found["title"] for found in _HEADING.finditer(text_of(page)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def section_numbers(page: Path) -> set[str]:
    """Leading numbers of the page's headings: ``6.3``."""
    titles = (found["title"] for found in _HEADING.finditer(text_of(page)))
    return {found[0] for title in titles if (found := re.match(r"\d+(?:\.\d+)?", title))}
