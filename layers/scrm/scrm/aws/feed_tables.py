"""A delivery's files as tables of DuckDB on local disk: judged in one pass, published as Parquet in the second.

Memory stays flat whatever the size: what does not fit is spilled beside the files. Keys are compared by a 64-bit hash
first, so that millions of them take 16 bytes each; those that meet are compared as they are.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from scrm.aws.documents import DocumentMissingError
from scrm.aws.duckdb_engine import ParquetFiles, locked_connection, own_directory
from scrm.kpi.feeds import columns
from scrm.kpi.feeds.csv_lines import CleanLines
from scrm.kpi.feeds.datasets import DATASETS, Feed, partition_of
from scrm.kpi.feeds.intake import Checked, Place, Written
from scrm.kpi.feeds.manifest import DeliveryRefusedError, Manifest

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT: Final = "1200MB"
MOST_LISTED: Final = 100_000
"""Rows that a quarantine report lists, those that are no CSV before the others; a refused file may have many more."""
CONFLICT: Final = "customer_key: several rows have it and differ"
_PARQUET: Final = "application/vnd.apache.parquet"
_LINES_PER_FILE: Final = 2**40
_ROW_NUMBER: Final = "file_row_number"
"""DuckDB's column of it."""
_TEXT_TYPES: Final = frozenset({"VARCHAR", "DATE"})
_WHOLE_TYPES: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})


class _Report(Protocol):
    def writerow(self, row: Iterable[Any], /) -> Any: ...


class DuckDbFeedTables:
    """Implements `scrm.kpi.feeds.intake.FeedTables`."""

    def __init__(
        self, files: ParquetFiles, *, memory_limit: str = MEMORY_LIMIT, most_listed: int = MOST_LISTED
    ) -> None:
        self._files = files
        self._memory_limit = memory_limit
        self._most_listed = most_listed

    @contextmanager
    def open(
        self, manifest: Manifest, folder: str, judged_by: columns.Judgement, nodes: Iterable[Place]
    ) -> Iterator["OpenFeed"]:
        """See `scrm.kpi.feeds.intake.FeedTables`."""
        with own_directory() as directory, locked_connection(directory, self._memory_limit) as connection:
            opened = OpenFeed(self._files, connection, directory, manifest, self._most_listed)
            opened.load(folder, judged_by, nodes)
            yield opened


class OpenFeed:
    """Implements `scrm.kpi.feeds.intake.OpenFeed`."""

    def __init__(
        self,
        files: ParquetFiles,
        connection: "duckdb.DuckDBPyConnection",
        directory: Path,
        manifest: Manifest,
        most_listed: int,
    ) -> None:
        self._files = files
        self._connection = connection
        self._directory = directory
        self._manifest = manifest
        self._most_listed = most_listed
        self._feed = manifest.feed
        self._keys = ", ".join(columns.KEYS[manifest.feed])
        # Of lines that are no rows; those of rows are found by SQL.
        self._bad_lines = dict.fromkeys(range(len(manifest.files)), 0)
        self._bad_by_rule: dict[str, int] = {}
        self._has_repeats = False
        self._bad = 0

    def load(self, folder: str, judged_by: columns.Judgement, nodes: Iterable[Place]) -> None:
        """Bring the files here, and make views of them; nothing of them is read into memory."""
        with (self._directory / "bad.csv").open("w", encoding="utf-8", newline="") as bad:
            report = csv.writer(bad)
            sources = [self._source(number, folder, report) for number in range(len(self._manifest.files))]
        self._connection.execute(f"CREATE VIEW told AS {' UNION ALL '.join(sources)}")
        placed = ""
        if self._feed is Feed.BANK_CUSTOMERS:
            self._connection.execute(self._nodes(nodes))
            placed = f"LEFT JOIN nodes ON nodes.code = told.{columns.NODE}"
        self._connection.execute(
            f"CREATE VIEW judged AS SELECT *, {columns.problem(self._feed, judged_by)} AS problem FROM told {placed}"  # noqa: S608
        )

    def check(self) -> Checked:
        """See `scrm.kpi.feeds.intake.OpenFeed`."""
        totals = columns.totals_of(self._feed)
        sums = "".join(f", CAST(coalesce(sum({name}), 0) AS VARCHAR), count({name})" for name in totals)
        rows = [*self._bad_lines.values()]
        rules = dict(self._bad_by_rule)
        summed = dict.fromkeys(totals, 0)
        read = dict.fromkeys(totals, 0)
        grouped = self._read_whole(f"SELECT file, problem, count(*){sums} FROM judged GROUP BY file, problem")  # noqa: S608
        for file, problem, count, *found in grouped:
            rows[file] += count
            if problem is not None:
                rules[problem] = rules.get(problem, 0) + count
            for name, (value, readable) in zip(totals, batched(found, 2, strict=True), strict=True):
                summed[name] += int(value)
                read[name] += readable
        repeated, conflicting = self._find_repeats()
        if conflicting:
            rules[CONFLICT] = conflicting
        unsummed = frozenset(name for name in totals if read[name] < sum(rows))
        self._bad = sum(rules.values())
        return Checked(tuple(rows), summed, rules, repeated, unsummed)

    def report(self) -> bytes:
        """See `scrm.kpi.feeds.intake.OpenFeed`."""
        path = self._directory / "bad.csv"
        left = max(0, self._most_listed - sum(self._bad_lines.values()))
        listed = self._execute(
            "SELECT file, line, problem FROM judged WHERE problem IS NOT NULL"  # noqa: S608 - our own names
            + (f" UNION ALL SELECT file, line, '{CONFLICT}' FROM conflicting" if self._has_repeats else "")  # noqa: S608
            + f" ORDER BY 1, 2 LIMIT {left}"
        )
        names = [file.name for file in self._manifest.files]
        with path.open("a", encoding="utf-8", newline="") as bad:
            report = csv.writer(bad)
            report.writerows((names[file], line, problem) for file, line, problem in listed)
            if self._bad > self._most_listed:
                report.writerow(("", "", f"the first {self._most_listed} of {self._bad} rows that cannot be used"))
        return b"file,line,reason\r\n" + path.read_bytes()

    def publish(self, version: int) -> Written:
        """See `scrm.kpi.feeds.intake.OpenFeed`."""
        dataset = DATASETS[self._feed]
        written = self._directory / "rows.parquet"
        kept = ""
        if self._has_repeats:
            kept = (
                f"AND NOT EXISTS (SELECT 1 FROM repeats WHERE {self._same_key('repeats', 'judged')} "  # noqa: S608
                f"AND (repeats.contents > 1 OR repeats.kept <> judged.file * {_LINES_PER_FILE} + judged.line))"
            )
        order = ", ".join(dataset.sorted_by)
        self._execute(
            f"COPY (SELECT {self._published()} FROM judged WHERE problem IS NULL {kept} ORDER BY {order}) "  # noqa: S608
            f"TO '{written}' (FORMAT parquet, COMPRESSION zstd)"
        )
        totals = columns.totals_of(self._feed)
        sums = "".join(f", CAST(coalesce(sum({name}), 0) AS VARCHAR)" for name in totals)
        ((rows, *found),) = self._execute(f"SELECT count(*){sums} FROM read_parquet('{written}')")  # noqa: S608
        partition = partition_of(self._feed, self._manifest.period, version, self._manifest.delivery_id)
        self._files.upload(f"{dataset.place(partition)}rows.parquet", written, _PARQUET)
        return Written(rows, {name: int(value) for name, value in zip(totals, found, strict=True)})

    def _source(self, number: int, folder: str, report: "_Report") -> str:
        """SQL of one file: its number, the row's, and the columns as they are judged."""
        told = self._manifest.files[number]
        path = self._directory / f"{number}.{'csv' if self._manifest.is_csv else 'parquet'}"
        try:
            self._files.download(f"{folder}{told.name}", path)
        except DocumentMissingError:
            raise DeliveryRefusedError(
                f"{told.name} is not in the bucket beside the manifest. Put all files there first, the manifest last."
            ) from None
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != told.sha256:
                raise DeliveryRefusedError(
                    f"{told.name} is not the file of the manifest: its SHA-256 is another. Put the whole file there "
                    "again, and the manifest after it."
                )
        if self._manifest.is_csv:
            return self._csv(number, told.name, path, report)
        return self._parquet(number, told.name, path)

    def _csv(self, number: int, name: str, path: Path, report: "_Report") -> str:
        clean = self._directory / f"{number}-clean.csv"
        wanted = tuple(column.name for column in columns.COLUMNS[self._feed])

        def on_bad(line: int, rule: str) -> None:
            self._bad_lines[number] += 1
            self._bad_by_rule[rule] = self._bad_by_rule.get(rule, 0) + 1
            if sum(self._bad_lines.values()) <= self._most_listed:
                report.writerow((name, line, rule))

        lines = CleanLines(name, self._manifest.encoding, wanted, on_bad)
        with path.open("rb") as source, clean.open("wb") as target:
            lines.copy(source, target)
        path.unlink()
        cells = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(lines.names)))
        typed = ", ".join(
            f"{column.typed(f'c{lines.names.index(column.name)}', is_text=True)} AS {column.name}"
            for column in columns.COLUMNS[self._feed]
        )
        return (
            f"SELECT {number} AS file, line, {typed} FROM read_csv('{clean}', header = false, auto_detect = false, "  # noqa: S608
            f"delim = ',', quote = '\"', escape = '\"', columns = {{'line': 'BIGINT', {cells}}})"
        )

    def _parquet(self, number: int, name: str, path: Path) -> str:
        import duckdb  # noqa: PLC0415 - see `duckdb_engine`

        try:
            described = self._execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')")  # noqa: S608
        except duckdb.Error:
            raise DeliveryRefusedError(f"{name} is not a Parquet file that can be read; write it again.") from None
        types = {row[0]: row[1] for row in described}
        wrong = [
            f"{column.name} ({' or '.join(sorted(_WHOLE_TYPES if column.is_number else _TEXT_TYPES))})"
            for column in columns.COLUMNS[self._feed]
            if types.get(column.name) not in (_WHOLE_TYPES if column.is_number else _TEXT_TYPES)
        ]
        if any(column.lower() == _ROW_NUMBER for column in types):
            raise DeliveryRefusedError(f"{name} has a column {_ROW_NUMBER}, which hides the rows' own; leave it out.")
        if wrong:
            raise DeliveryRefusedError(f"{name} must have these columns, of these types: {', '.join(wrong)}.")
        typed = ", ".join(
            f"{column.typed(column.name, is_text=False)} AS {column.name}" for column in columns.COLUMNS[self._feed]
        )
        return (
            f"SELECT {number} AS file, {_ROW_NUMBER} + 1 AS line, {typed} "  # noqa: S608 - our own names
            f"FROM read_parquet('{path}', {_ROW_NUMBER} = true)"
        )

    def _nodes(self, nodes: Iterable[Place]) -> str:
        """Of a code that was just moved two nodes may be told."""
        path = self._directory / "nodes.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(nodes)
        return (
            "CREATE TABLE nodes AS SELECT DISTINCT ON (code) * "  # noqa: S608 - our own names
            f"FROM read_csv('{path}', header = false, auto_detect = false, "
            "columns = {'code': 'VARCHAR', 'node_id': 'VARCHAR', 'node_path': 'VARCHAR'})"
        )

    def _find_repeats(self) -> tuple[int, int]:
        """Rows that repeat another one in the same words, and rows that differ from another one of their key."""
        self._execute(f"CREATE TABLE met AS SELECT hash({self._keys}) AS h FROM told GROUP BY 1 HAVING count(*) > 1")  # noqa: S608
        ((met,),) = self._execute("SELECT count(*) FROM met")
        if not met:
            return 0, 0
        content = ", ".join(column.name for column in columns.COLUMNS[self._feed])
        of_rows = (
            f"SELECT {self._keys}, file * {_LINES_PER_FILE} + line AS ordinal, hash({content}) AS content FROM judged "  # noqa: S608
            f"WHERE problem IS NULL AND hash({self._keys}) IN (SELECT h FROM met)"
        )
        self._execute(
            f"CREATE TABLE repeats AS SELECT {self._keys}, min(ordinal) AS kept, count(*) AS times, "  # noqa: S608
            f"count(DISTINCT content) AS contents FROM ({of_rows}) GROUP BY {self._keys} HAVING count(*) > 1"
        )
        self._has_repeats = True
        self._execute(
            "CREATE VIEW conflicting AS SELECT judged.file, judged.line FROM judged JOIN repeats "  # noqa: S608
            f"ON {self._same_key('repeats', 'judged')} WHERE problem IS NULL AND repeats.contents > 1"
        )
        ((repeated, conflicting),) = self._execute(
            "SELECT coalesce(sum(CASE WHEN contents = 1 THEN times - 1 END), 0), "
            "coalesce(sum(CASE WHEN contents > 1 THEN times END), 0) FROM repeats"
        )
        return int(repeated), int(conflicting)

    def _published(self) -> str:
        """The dataset's columns, from those judged."""
        renamed = {"owner_userid": "lower(owner_userid) AS owner_userid"}
        return ", ".join(renamed.get(name, name) for name in DATASETS[self._feed].columns)

    def _same_key(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.{key} = {right}.{key}" for key in columns.KEYS[self._feed])

    def _read_whole(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """What is asked first of the rows: of Parquet only the files' ends were read until now."""
        import duckdb  # noqa: PLC0415 - see `duckdb_engine`

        try:
            return self._execute(statement)
        except duckdb.OperationalError:  # memory or disk
            raise
        except duckdb.Error:
            if self._manifest.is_csv:
                raise
            raise DeliveryRefusedError(
                "A Parquet file of the delivery is broken inside. Write the files again, and the manifest after them."
            ) from None

    def _execute(self, statement: str) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()
