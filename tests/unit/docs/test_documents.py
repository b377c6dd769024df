"""The documents are true to the tree: numbers, proofs, links, names and words."""

import importlib
import re
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

import pytest

from local.bench import init
from local.setup import repository_checks
from local.setup.repository_checks import ROOT
from scrm.wecom.errors import CLASS_OF
from tests.unit.docs import pages
from tests.unit.docs.pages import DECISIONS, DOCS

TARGETS_PER_GROUP = {1: 3, 2: 3, 3: 3, 4: 4, 5: 3, 6: 4, 7: 1}
NUMBERS = (
    *(f"S{number}" for number in range(1, 73)),
    *(f"O{number}" for number in range(1, 15)),
    *(f"R{number}" for number in range(1, 25)),
    *(
        f"T{group}.{number}"
        for group, last in enumerate((3, 3, 3, 4, 4, 4, 1), start=1)
        for number in range(1, last + 1)
    ),
)
PRIVATE_ADDRESS = re.compile(r"\b(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+\b(?!/)")
CITED_NUMBERS = re.compile(r"\((?P<numbers>[SORT]\d+(?:\.\d)?(?:,? (?:and |to )?[SORT]\d+(?:\.\d)?)*)\)")
CITED_SECTIONS = re.compile(r"docs/(?P<page>[\w-]+\.md),? (?:sections? )?(?P<section>\d+(?:\.\d+)?)\b")
# Papers that are no part of the repository; written in parts, so that this list does not find itself.
OUTSIDE_PAPERS = tuple(
    "_".join(parts)
    for parts in (("wecom", "contacts"), ("wecom", "content"), ("local", "engines"), ("performance", "anchors"))
)


def test_every_requirement_has_exactly_one_row() -> None:
    rows = [row.number for row in pages.requirement_rows()]

    assert sorted(rows) == sorted(NUMBERS)


@pytest.mark.parametrize("row", pages.requirement_rows(), ids=lambda row: row.number)
def test_a_claimed_proof_exists(row: pages.RequirementRow) -> None:
    tests = re.findall(r"`(tests/[^`]+)`", row.proof)
    figures = re.findall(r"`(\w+_(?:vs_\w+|ms|efficiency))`", row.proof)

    assert row.proof.startswith("not built yet") or tests or "`make bench`" in row.proof
    assert [name for name in tests if not (ROOT / name).is_file()] == []
    assert [name for name in figures if name not in _bench_figures()] == []


def test_numbers_cited_in_code_and_pages_have_a_row() -> None:
    cited = {
        (number, path.relative_to(ROOT).as_posix())
        for path in pages.tracked_files()
        if path.suffix in {".py", ".md", ".yaml"}
        for found in CITED_NUMBERS.finditer(pages.text_of(path))
        for number in re.findall(r"[SORT]\d+(?:\.\d)?", found["numbers"])
    }
    known = {*NUMBERS, *(number.split(".")[0] for number in NUMBERS)}

    assert cited
    assert [each for each in sorted(cited) if each[0] not in known] == []


def test_sections_cited_in_code_exist() -> None:
    missing = [
        (path.relative_to(ROOT).as_posix(), found[0])
        for path in pages.tracked_files()
        if path.suffix in {".py", ".md", ".yaml"}
        for found in CITED_SECTIONS.finditer(pages.text_of(path))
        if found["section"] not in pages.section_numbers(DOCS / found["page"])
    ]

    assert missing == []


def test_differences_of_the_engine_cited_in_its_glue_are_described() -> None:
    described = set(re.findall(r"^\| (M\d+) \|", pages.text_of(DOCS / "local-engine.md"), re.MULTILINE))
    cited = {
        number
        for path in pages.python_files()
        if {"engine", "e2e"} & set(path.parts)
        for number in re.findall(r"\b(M\d{1,2})\b", pages.text_of(path))
    }

    assert cited
    assert cited - described == set()


def test_no_tracked_file_cites_a_paper_outside_the_repository() -> None:
    found = [
        (path.relative_to(ROOT).as_posix(), paper)
        for path in pages.tracked_files()
        for paper in OUTSIDE_PAPERS
        if paper in pages.text_of(path)
    ]

    assert found == []


@pytest.mark.parametrize("page", pages.markdown_pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_documents_resolve(page: Path) -> None:
    broken = [target for target in pages.links_of(page) if not _resolves(page, target)]

    assert broken == []


def test_every_document_is_reached_from_the_index() -> None:
    reached = {(DOCS / target.split("#")[0]).resolve() for target in pages.links_of(DOCS / "index.md")}
    documents = {path for path in DOCS.glob("*.md") if path.name != "index.md"}

    assert sorted(path.name for path in documents - reached) == []


def test_no_tracked_file_names_a_registry_a_machine_or_a_secret() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in pages.tracked_files()]

    assert list(repository_checks.check(ROOT, names)) == []


def test_no_tracked_file_names_a_host_of_a_private_network() -> None:
    found = [
        (path.relative_to(ROOT).as_posix(), match[0])
        for path in pages.tracked_files()
        if (match := PRIVATE_ADDRESS.search(pages.text_of(path)))
    ]

    assert found == []


def test_decisions_are_numbered_without_gaps() -> None:
    records = sorted(DECISIONS.glob("*.md"))

    assert [record.name[:4] for record in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    assert [record.name for record in records if not pages.text_of(record).startswith(f"# {record.name[:4]} ")] == []


@pytest.mark.parametrize("record", sorted(DECISIONS.glob("*.md")), ids=lambda record: record.stem)
def test_a_decision_says_what_was_weighed_and_how_to_revert(record: Path) -> None:
    text = pages.text_of(record)

    assert "**To revert.**" in text
    assert "**Rule.**" in text or all(f"**{part}" in text for part in ("Context.", "Options", "Choice."))


def test_every_direct_dependency_is_justified() -> None:
    names = {
        line.split("==")[0].split("[")[0]
        for source in (ROOT / "requirements").glob("*.in")
        for line in pages.text_of(source).splitlines()
        if line and not line.startswith(("#", "-"))
    }
    record = pages.text_of(DECISIONS / "0014-third-party-dependencies.md")

    assert names
    assert [name for name in sorted(names) if name not in record and not name.startswith("types-")] == []


def test_make_targets_named_in_code_blocks_exist() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", pages.text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {
        target
        for page in pages.markdown_pages()
        for block in pages.code_blocks(page)
        for target in re.findall(r"(?:^|&& |\$ )make ([a-z][\w-]*)", block, re.MULTILINE)
    }

    assert named
    assert named - targets == set()


@pytest.mark.parametrize(
    "module",
    [
        "scrm.handover.model",
        "scrm.handover.edges",
        "scrm.contacts.model",
        "scrm.org.model",
        "scrm.campaign.model",
        "scrm.campaign.task",
        "scrm.campaign.dispatching",
        "scrm.campaign.reconcile",
        "scrm.two_persons",
        "scrm.archive.message",
        "scrm.archive.segment",
        "scrm.archive.masking",
        "scrm.review.model",
        "scrm.archive.certificate",
    ],
)
def test_every_state_and_cause_is_in_the_glossary(module: str) -> None:
    glossary = pages.text_of(DOCS / "glossary.md")
    words = {
        word.value
        for thing in vars(importlib.import_module(module)).values()
        if isinstance(thing, type)
        and issubclass(thing, StrEnum)
        and thing.__name__.endswith(("State", "Status", "Cause", "Kind", "Outcome"))
        for word in thing
    }

    assert words
    assert [word for word in sorted(words) if f"`{word}`" not in glossary] == []


def test_error_codes_of_the_manual_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| ([RTBCF]), .+\| ([^|]+) \|$", pages.text_of(DOCS / "wecom.md"), re.MULTILINE)
    written = {int(code): letter for letter, codes in rows for code in re.findall(r"-?\b\d{4,6}\b|-1\b", codes)}

    assert written == {code: error_class.value for code, error_class in CLASS_OF.items()}


def test_architecture_and_picture_name_every_function() -> None:
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    text, picture = pages.text_of(DOCS / "architecture.md"), pages.text_of(DOCS / "architecture.svg")

    assert functions
    assert [name for name in sorted(functions) if f"`{name}`" not in text or name not in picture] == []


def test_architecture_names_every_table_and_queue_of_the_template() -> None:
    template = pages.text_of(ROOT / "infra" / "template.yaml")
    resources = set(re.findall(r"^  (\w+(?:Table|Queue)):\n    Type: AWS::(?:DynamoDB|SQS)::", template, re.MULTILINE))
    text = pages.text_of(DOCS / "architecture.md")

    assert resources
    assert [name for name in sorted(resources) if f"`{name}`" not in text] == []


def test_pictures_are_well_formed_and_described() -> None:
    pictures = [path for path in pages.tracked_files() if path.suffix == ".svg"]

    assert pictures
    for picture in pictures:
        drawing = ElementTree.fromstring(pages.text_of(picture))  # our own file
        assert drawing.findtext("{http://www.w3.org/2000/svg}title")
        assert drawing.findtext("{http://www.w3.org/2000/svg}desc")


def _bench_figures() -> set[str]:
    """Names of the figures that `make bench` writes: spelled out, or made per function."""
    sources = (ROOT / "local" / "bench").glob("*.py")
    spelled = {name for source in sources for name in re.findall(r'name="(\w+)"', pages.text_of(source))}
    return spelled | {figure.name for figure in init.figures(dict.fromkeys(init.LIMITS, 0.0), 0.0)}


def _resolves(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    destination = (page.parent / name).resolve() if name else page
    if not destination.exists():
        return False
    return not anchor or anchor in pages.anchors_of(destination)
