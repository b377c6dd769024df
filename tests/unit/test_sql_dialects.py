"""Every statement of the library is understood by DuckDB and by Athena as it stands, and means the same to both."""

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from scrm.adds import snapshots
from scrm.archive import search
from scrm.archive.search import MessageRef
from scrm.aws.athena_engine import rendered
from scrm.collect import standing as collected
from scrm.kpi.feeds import links, standing
from scrm.service import quality
from scrm.sql import FUNCTIONS, Selection, SqlValue
from scrm.uplift import ledger, sums, unlinked
from scrm.uplift.links import KNOWN
from scrm.uplift.terms import ReviewKind

LAYER = Path("layers/scrm/scrm")
ARRAY_PARAMETER = re.compile(r"contains\(\$([a-z_]+)", re.IGNORECASE)
PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
NUMBERS = re.compile(r"_ms$|^(earlier|later|bands|least|rows_of_each)$")
FLAGS = re.compile(r"^by_")


class Heard:
    """An engine that keeps what it is asked."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def query(self, statement: str, selections: list[Selection], parameters: Mapping[str, SqlValue]) -> list[object]:
        self.statements.append(statement)
        return []


def of_search() -> Iterator[str]:
    heard = Heard()
    asked = search.Search(
        "/1/", date(2026, 11, 1), date(2026, 11, 2), parties=("rm_01",), hits=("w1",), words=("a",), room_id="wr1"
    )
    search.find(heard, asked)  # type: ignore[arg-type]
    search.by_conversation(heard, asked, 10)  # type: ignore[arg-type]
    search.locate(heard, MessageRef(date(2026, 11, 1), 3, 7, 9), "/1/")  # type: ignore[arg-type]
    yield from heard.statements


def statements() -> dict[str, str]:
    """By module and name."""
    found = {f"archive.search {number}": text for number, text in enumerate(of_search())}
    found |= {"service.quality": quality._INQUIRIES}
    found |= {"kpi.feeds.links": links.STATEMENT}
    found |= {f"kpi.feeds.standing {feed}": text for feed, text in standing.STATEMENTS.items()}
    windows = ledger.Windows(by_product={"fund_07": 60})
    found |= {"uplift.ledger figures": ledger.figures_statement(windows)}
    found |= {"uplift.ledger rows": ledger.rows_statement(windows)}
    found |= {f"collect.standing {number}": text for number, text in enumerate(collected.STATEMENTS)}
    found |= {"adds.snapshots": snapshots.ADDS_WITH_CUSTOMERS}
    found |= {f"uplift.sums {kind}": sums.statement(kind) for kind in ReviewKind}
    found |= {"uplift.links": f"WITH links AS (SELECT * FROM bank_customers),{KNOWN} SELECT * FROM known"}
    found |= {"uplift.unlinked": unlinked.STATEMENT}
    return found


STATEMENTS = statements()


def example(statement: str) -> str:
    """With a value for each parameter."""
    arrays = set(ARRAY_PARAMETER.findall(statement))
    values: dict[str, SqlValue] = {}
    for name in PARAMETER.findall(statement):
        values[name] = ["a"] if name in arrays else 7 if NUMBERS.search(name) else True if FLAGS.search(name) else "a"
    return rendered(statement, values)


def canonical(text: str, dialect: str) -> str:
    """The tree of a statement as text, without the casts that a dialect puts around what is divided."""
    tree = sqlglot.parse_one(text, read=dialect)
    for division in tree.find_all(exp.Div):
        division.set("typed", None)
        division.set("safe", None)
        while isinstance(division.this, exp.Cast) and division.this.is_type("double"):
            division.set("this", division.this.this)
    for found in list(tree.find_all(exp.Contains)):  # DuckDB has two names for it
        found.replace(exp.ArrayContains(this=found.this, expression=found.expression))
    return tree.sql()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_goes_to_athenas_dialect_and_back_without_loss(name: str) -> None:
    text = example(STATEMENTS[name])
    [athena] = sqlglot.transpile(text, read="duckdb", write="athena")
    [back] = sqlglot.transpile(athena, read="athena", write="duckdb")

    assert canonical(back, "duckdb") == canonical(text, "duckdb")


@pytest.mark.parametrize("name", STATEMENTS)
def test_athena_reads_a_statement_as_it_stands_as_duckdb_does(name: str) -> None:
    text = example(STATEMENTS[name])
    [translated] = sqlglot.transpile(text, read="duckdb", write="athena")

    assert canonical(text, "athena") == canonical(translated, "athena")


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_calls_only_what_both_have(name: str) -> None:
    called = {function.lower() for function in calls(sqlglot.parse_one(example(STATEMENTS[name]), read="athena"))}

    assert called - FUNCTIONS == set()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_quotient_is_one_of_doubles_for_both(name: str) -> None:
    tree = sqlglot.parse_one(example(STATEMENTS[name]), read="athena")

    for division in tree.find_all(exp.Div):
        assert any(cast.is_type("double") for cast in division.find_all(exp.Cast)), division.sql()


def test_every_module_with_a_statement_is_looked_at() -> None:
    asking = {
        str(path.relative_to(LAYER).with_suffix("")).replace("/", ".")
        for path in LAYER.rglob("*.py")
        if "aws" not in path.parts and _has_statement(path)
    }

    assert asking == {name.split()[0] for name in STATEMENTS}


def calls(tree: exp.Expr) -> Iterator[str]:
    """Names of functions, as Athena knows them; what is syntax is none."""
    syntax = (exp.Case, exp.If, exp.Cast, exp.And, exp.Or, exp.Xor, exp.Array)
    for node in tree.find_all(exp.Func):
        if not isinstance(node, syntax):
            yield node.name if isinstance(node, exp.Anonymous) else node.sql("athena").split("(", 1)[0]


def _has_statement(path: Path) -> bool:
    texts = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
    return any(isinstance(text, str) and re.search(r"\bSELECT\b", text) for text in texts)


@pytest.mark.parametrize(
    ("bad", "check"),
    [
        ("SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1", "as_it_stands"),
        ("SELECT a FROM t QUALIFY rank() OVER (ORDER BY b) = 1", "there_and_back"),
        ("SELECT list_has_any(a, ARRAY['x']) AS found FROM t", "calls"),
        ("SELECT quantile_cont(a, 0.5) AS middle FROM t", "calls"),
        ("SELECT a / b AS share FROM t", "quotient"),
        ("SELECT a FROM t WHERE a ILIKE 'x%'", "as_it_stands"),
    ],
)
def test_what_only_one_of_them_takes_is_found(bad: str, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STATEMENTS, "bad", bad)
    tests = {
        "there_and_back": test_a_statement_goes_to_athenas_dialect_and_back_without_loss,
        "as_it_stands": test_athena_reads_a_statement_as_it_stands_as_duckdb_does,
        "calls": test_a_statement_calls_only_what_both_have,
        "quotient": test_a_quotient_is_one_of_doubles_for_both,
    }

    with pytest.raises((AssertionError, ParseError)):
        tests[check]("bad")


def test_duckdb_has_every_function_of_the_list() -> None:
    with duckdb.connect() as engine:
        known = {name for (name,) in engine.execute("SELECT function_name FROM duckdb_functions()").fetchall()}
    windows = {"lag", "rank", "row_number"}  # DuckDB does not list these
    syntax = {"coalesce"}

    assert FUNCTIONS - windows - syntax - known == set()
