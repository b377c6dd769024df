"""`scrm.sql.SqlEngine` on Athena: for questions over more than one function takes to its own disk.

Each dataset is an external table whose partitions are added as they are asked for; a statement gets its tables as
common table expressions over them, and its values as literals (Athena puts its own parameters into the text as well).
What a query may scan is bounded by its workgroup.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from scrm.sql import Dataset, Selection, SqlEngine, SqlFailedError, SqlValue, TooMuchSelectedError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_athena.type_defs import ColumnInfoTypeDef, DatumTypeDef, QueryExecutionStatusTypeDef

PLACE: Final = "selected_place"
"""Partition column of our tables: a place of `scrm.sql.Selection`."""
MOST_STATEMENT_BYTES: Final = 262_144
_PARTITIONS_AT_ONCE: Final = 100
_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 5.0
_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_SCANNED_TOO_MUCH: Final = "bytes scanned limit"
_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\$(?P<name>[a-z_][a-z0-9_]*)")
_WITH: Final = re.compile(r"^\s*WITH\b", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_TYPES: Final = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "VARCHAR[]": "array<string>",
}
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("float", "real", "double"), float),
    "decimal": lambda text: _number(Decimal(text)),
    "boolean": lambda text: text == "true",
    "date": date.fromisoformat,
    "array": lambda text: [part for part in text.removeprefix("[").removesuffix("]").split(", ") if part],
}


class AthenaEngine:
    """``writer`` writes files, which takes one function. ``within_s``: how long a query may take."""

    def __init__(
        self,
        open_client: Callable[[], "AthenaClient"],
        writer: SqlEngine,
        *,
        bucket: str,
        database: str,
        workgroup: str,
        within_s: Callable[[], float] = lambda: 600.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open_client = open_client
        self._writer = writer
        self._bucket = bucket
        self._database = database
        self._workgroup = workgroup
        self._within_s = within_s
        self._sleep = sleep
        self._there: set[tuple[str, str]] = set()

    def query(
        self, statement: str, selections: Sequence[Selection], parameters: Mapping[str, SqlValue]
    ) -> list[tuple[Any, ...]]:
        """See `scrm.sql.SqlEngine`.

        Raises:
            SqlFailedError: Athena refused it, or it took too long.
        """
        return list(self.rows(statement, selections, parameters))

    def rows(
        self, statement: str, selections: Sequence[Selection], parameters: Mapping[str, SqlValue]
    ) -> Iterator[tuple[Any, ...]]:
        """See `scrm.sql.SqlEngine`; raises what `query` does."""
        tables = _by_dataset(selections)
        for dataset, places in tables:
            self._bring(dataset, places)
        text = with_tables(rendered(statement, parameters), tables, self._database)
        if len(text.encode()) > MOST_STATEMENT_BYTES:
            raise TooMuchSelectedError("The question names more places than one query takes; choose fewer days.")
        yield from self._rows(self._run(text))

    def write(self, dataset: Dataset, partition: str, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """See `scrm.sql.SqlEngine`."""
        return self._writer.write(dataset, partition, name, rows)

    def merge(self, dataset: Dataset, keys: Sequence[str], column: str, place: Callable[[int], str]) -> list[str]:
        """See `scrm.sql.SqlEngine`."""
        return self._writer.merge(dataset, keys, column, place)

    def _bring(self, dataset: Dataset, places: Sequence[str]) -> None:
        """The dataset's table and its partitions, unless this process knows that they are there."""
        table = f"{self._database}.{table_of(dataset)}"
        if (table, "") not in self._there:
            columns = ", ".join(f"`{name}` {_TYPES[kind]}" for name, kind in dataset.columns.items())
            self._run(
                f"CREATE EXTERNAL TABLE IF NOT EXISTS {table} ({columns}) PARTITIONED BY (`{PLACE}` string) "
                f"STORED AS PARQUET LOCATION 's3://{self._bucket}/{dataset.prefix}/'"
            )
            self._there.add((table, ""))
        missing = [place for place in places if (table, place) not in self._there]
        for some in batched(missing, _PARTITIONS_AT_ONCE, strict=False):
            added = " ".join(
                f"PARTITION (`{PLACE}` = {literal(place)}) LOCATION 's3://{self._bucket}/{dataset.place(place)}'"
                for place in some
            )
            self._run(f"ALTER TABLE {table} ADD IF NOT EXISTS {added}")
            self._there.update((table, place) for place in some)

    def _run(self, text: str) -> str:
        """Its id, when it succeeded."""
        athena = self._open_client()
        begun = athena.start_query_execution(
            QueryString=text,
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._workgroup,
        )
        query_id = begun["QueryExecutionId"]
        left, wait = self._within_s(), _FIRST_WAIT_S
        while True:
            status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] in _ENDED:
                break
            if left <= 0:
                athena.stop_query_execution(QueryExecutionId=query_id)
                raise SqlFailedError(f"Athena did not answer query {query_id} in time; choose fewer days.")
            self._sleep(wait)
            left, wait = left - wait, min(wait * 2, _LONGEST_WAIT_S)
        if status["State"] != "SUCCEEDED":
            raise _failed(query_id, status)
        return query_id

    def _rows(self, query_id: str) -> Iterator[tuple[Any, ...]]:
        """Page by page; the first row of the first page is the header."""
        is_first = True
        for page in self._open_client().get_paginator("get_query_results").paginate(QueryExecutionId=query_id):
            found = page["ResultSet"]
            columns = found["ResultSetMetadata"]["ColumnInfo"]
            rows = found["Rows"][1:] if is_first else found["Rows"]
            is_first = False
            yield from (_row(row["Data"], columns) for row in rows)


def table_of(dataset: Dataset) -> str:
    """Name of its table: another one when its columns change, so that an older table is never read wrongly."""
    shape = ",".join(f"{name} {kind}" for name, kind in dataset.columns.items())
    digest = hashlib.sha256(f"{dataset.prefix}:{shape}".encode()).hexdigest()[:8]
    return f"{dataset.prefix.rsplit('/', 1)[-1].replace('-', '_')}_{digest}"


def rendered(statement: str, parameters: Mapping[str, SqlValue]) -> str:
    """The statement with its parameters as literals; what looks like one inside a text stays."""

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        return found[0] if name is None else literal(parameters[name])

    return _TOKEN.sub(value, statement)


def literal(value: SqlValue) -> str:
    """Of Trino's dialect. Raises ValueError for a control character, which no text of ours has."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return f"CAST('{value!r}' AS DOUBLE)"
        case str():
            if _CONTROL.search(value):
                raise ValueError("a text with control characters is no value of a query")
            return "'" + value.replace("'", "''") + "'"
        case _:
            return f"CAST(ARRAY[{', '.join(map(literal, value))}] AS ARRAY(VARCHAR))"


def with_tables(statement: str, tables: Sequence[tuple[Dataset, Sequence[str]]], database: str) -> str:
    """The statement with its datasets before it, as common table expressions."""
    made = ", ".join(
        f"{dataset.name} AS (SELECT {', '.join(dataset.columns)} FROM {database}.{table_of(dataset)} "  # noqa: S608
        f"WHERE {PLACE} IN ({', '.join(map(literal, places)) or 'NULL'}))"
        for dataset, places in tables
    )
    if not made:
        return statement
    return f"WITH {made}, {_WITH.sub('', statement, count=1)}" if _WITH.match(statement) else f"WITH {made} {statement}"


def _by_dataset(selections: Sequence[Selection]) -> list[tuple[Dataset, Sequence[str]]]:
    """Every dataset once, with its places in order."""
    found: dict[str, tuple[Dataset, dict[str, None]]] = {}
    for selection in selections:
        _, places = found.setdefault(selection.dataset.name, (selection.dataset, {}))
        places.update(dict.fromkeys(selection.partitions))
    return [(dataset, tuple(places)) for dataset, places in found.values()]


def _failed(query_id: str, status: "QueryExecutionStatusTypeDef") -> Exception:
    """Athena's words may quote the statement, and with it a customer: they stay with Athena."""
    if _SCANNED_TOO_MUCH in status.get("StateChangeReason", "").lower():
        return TooMuchSelectedError("The question reads more than one query may; choose fewer days.")
    kind = status.get("AthenaError", {}).get("ErrorCategory", "")
    return SqlFailedError(f"Athena ended query {query_id} as {status['State']} {kind}".rstrip())


def _row(cells: Sequence["DatumTypeDef"], columns: Sequence["ColumnInfoTypeDef"]) -> tuple[Any, ...]:
    return tuple(_cell(cell, column["Type"]) for cell, column in zip(cells, columns, strict=True))


def _cell(cell: "DatumTypeDef", kind: str) -> Any:
    text = cell.get("VarCharValue")
    read = _READ.get(kind)
    return text if text is None or read is None else read(text)


def _number(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value
