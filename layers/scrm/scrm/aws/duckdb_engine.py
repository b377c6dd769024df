"""`scrm.sql.SqlEngine` on DuckDB inside the function: files come to local disk through S3's client, results go back.

DuckDB's wheel cannot read from S3 itself, and here it may touch nothing but its own directory, load no extension and
reach no network, so that a statement can at worst waste this invocation.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Final, Protocol

from scrm.sql import Dataset, Selection, SqlValue, TooMuchSelectedError

if TYPE_CHECKING:
    import duckdb

MOST_BYTES: Final = 384 * 1024 * 1024
"""Taken to local disk for one query: three quarters of the 512 MB that a function has."""
MOST_FILES: Final = 2_000
MEMORY_LIMIT: Final = "320MB"
WITHIN_S: Final = 900.0
"""No function lives longer."""
_DOWNLOADS: Final = 8
_ROWS_AT_ONCE: Final = 10_000
_NAME_LENGTH: Final = 26
_CONTENT_TYPE: Final = "application/vnd.apache.parquet"


class ParquetFiles(Protocol):
    """What the engine needs of the bucket."""

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...

    def download(self, key: str, path: Path) -> None: ...

    def upload(self, key: str, path: Path, content_type: str) -> None: ...


class DuckDbEngine:
    def __init__(
        self,
        files: ParquetFiles,
        *,
        most_bytes: int = MOST_BYTES,
        most_files: int = MOST_FILES,
        memory_limit: str = MEMORY_LIMIT,
        most_spilled: int | None = None,
        within_s: Callable[[], float] = lambda: WITHIN_S,
    ) -> None:
        """A function with more disk and memory raises the limits. ``most_spilled``: bytes on disk, besides the
        files, of what does not fit in memory; None: what is free. ``within_s``: how long a question may take."""
        self._files = files
        self._memory_limit = memory_limit
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._most_spilled = most_spilled
        self._within_s = within_s

    def query(
        self, statement: str, selections: Sequence[Selection], parameters: Mapping[str, SqlValue]
    ) -> list[tuple[Any, ...]]:
        """See `scrm.sql.SqlEngine`."""
        return list(self.rows(statement, selections, parameters))

    def rows(
        self, statement: str, selections: Sequence[Selection], parameters: Mapping[str, SqlValue]
    ) -> Iterator[tuple[Any, ...]]:
        """See `scrm.sql.SqlEngine`."""
        with (
            own_directory() as directory,
            locked_connection(directory, self._memory_limit, self._most_spilled) as connection,
        ):
            for name, paths in self._fetch(selections, directory).items():
                dataset = next(each.dataset for each in selections if each.dataset.name == name)
                _view(connection, dataset, paths)
            with _refused_when_too_much(connection, self._within_s()):
                answer = connection.execute(statement, dict(parameters))
                while some := answer.fetchmany(_ROWS_AT_ONCE):
                    yield from some

    def write(self, dataset: Dataset, partition: str, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """See `scrm.sql.SqlEngine`."""
        key = f"{dataset.place(partition)}{name}.parquet"
        with own_directory() as directory, locked_connection(directory, self._memory_limit) as connection:
            lines = directory / "rows.jsonl"
            with lines.open("w", encoding="utf-8", errors="replace") as file:  # half a character is not UTF-8
                file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
            written = directory / "file.parquet"
            order = ", ".join(dataset.sorted_by)
            connection.execute(
                f"COPY (SELECT * FROM {_json_table(dataset, lines)} ORDER BY {order}) "  # noqa: S608 - our own names
                f"TO '{written}' (FORMAT parquet, COMPRESSION zstd)"
            )
            self._files.upload(key, written, _CONTENT_TYPE)
        return key

    def merge(self, dataset: Dataset, keys: Sequence[str], column: str, place: Callable[[int], str]) -> list[str]:
        """See `scrm.sql.SqlEngine`."""
        name = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()[:_NAME_LENGTH]
        written = []
        with own_directory() as directory, locked_connection(directory, self._memory_limit) as connection:
            paths = self._download([(key, directory / f"{number}.parquet") for number, key in enumerate(keys)])
            _view(connection, dataset, paths)
            order = ", ".join(dataset.sorted_by)
            values = connection.execute(f"SELECT DISTINCT {column} FROM {dataset.name} ORDER BY 1")  # noqa: S608
            for (value,) in values.fetchall():
                path = directory / f"merged-{value}.parquet"
                connection.execute(
                    f"COPY (SELECT DISTINCT * FROM {dataset.name} WHERE {column} = {int(value)} ORDER BY {order}) "  # noqa: S608
                    f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
                )
                written.append(f"{dataset.place(place(value))}{name}.parquet")
                self._files.upload(written[-1], path, _CONTENT_TYPE)
        return written

    def _fetch(self, selections: Sequence[Selection], directory: Path) -> dict[str, list[Path]]:
        """Every selected file on local disk, by dataset."""
        wanted: list[tuple[str, str, Path]] = []
        total = 0
        for selection in selections:
            for partition in dict.fromkeys(selection.partitions):
                for key, size in self._files.sizes_below(selection.dataset.place(partition)):
                    total += size
                    wanted.append((selection.dataset.name, key, directory / f"{len(wanted)}.parquet"))
                    self._refuse_too_much(len(wanted), total)
        self._download([(key, path) for _, key, path in wanted])
        found: dict[str, list[Path]] = {each.dataset.name: [] for each in selections}
        for name, _, path in wanted:
            found[name].append(path)
        return found

    def _download(self, wanted: Sequence[tuple[str, Path]]) -> list[Path]:
        with ThreadPoolExecutor(_DOWNLOADS) as pool:
            for done in [pool.submit(self._files.download, key, path) for key, path in wanted]:
                done.result()
        return [path for _, path in wanted]

    def _refuse_too_much(self, files: int, total: int) -> None:
        if files > self._most_files or total > self._most_bytes:
            raise TooMuchSelectedError(
                f"More than {self._most_files} files or {self._most_bytes // 2**20} MB would have to be read. "
                "Name a member, a customer or a group, or choose fewer days."
            )


@contextmanager
def own_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sql-") as directory:
        yield Path(directory)


@contextmanager
def locked_connection(
    directory: Path, memory_limit: str = MEMORY_LIMIT, most_spilled: int | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A database in memory that is locked to one directory."""
    connection = _connect()(":memory:")
    bounded = () if most_spilled is None else (f"SET max_temp_directory_size = '{most_spilled // 2**20}MiB'",)
    try:
        for setting in (
            "SET threads = 2",
            f"SET memory_limit = '{memory_limit}'",
            f"SET temp_directory = '{directory}'",
            *bounded,
            f"SET allowed_directories = ['{directory}/']",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            connection.execute(setting)
        yield connection
    finally:
        connection.close()


@contextmanager
def _refused_when_too_much(connection: "duckdb.DuckDBPyConnection", within_s: float) -> Iterator[None]:
    """A question that the function cannot hold, or not answer before its own end, is refused; the function lives."""
    import duckdb  # noqa: PLC0415 - see `_connect`

    if within_s <= 0:
        raise _too_much("time")
    ends = Timer(within_s, connection.interrupt)
    ends.start()
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise _too_much("memory and disk") from None
    except duckdb.InterruptException:
        raise _too_much("time") from None
    finally:
        ends.cancel()


def _too_much(of: str) -> TooMuchSelectedError:
    return TooMuchSelectedError(
        f"The question takes more {of} than the function has. "
        "Name a member, a customer or a group, or choose fewer days."
    )


def _connect() -> Callable[[str], "duckdb.DuckDBPyConnection"]:
    import duckdb  # noqa: PLC0415 - 200 ms and 60 MB, which only a query should pay

    return duckdb.connect


def _view(connection: "duckdb.DuckDBPyConnection", dataset: Dataset, paths: Sequence[Path]) -> None:
    """Files of before a column was added have nothing in it."""
    if not paths:
        connection.execute(f"CREATE VIEW {dataset.name} AS SELECT {_nothing(dataset.columns)} WHERE false")
        return
    listed = ", ".join(f"'{path}'" for path in paths)
    read = f"read_parquet([{listed}], union_by_name = true)"
    there = {name for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()}  # noqa: S608
    missing = {column: kind for column, kind in dataset.columns.items() if column not in there}
    columns = f"*, {_nothing(missing)}" if missing else "*"
    connection.execute(f"CREATE VIEW {dataset.name} AS SELECT {columns} FROM {read}")  # noqa: S608 - our own names


def _nothing(columns: Mapping[str, str]) -> str:
    return ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in columns.items())


def _json_table(dataset: Dataset, lines: Path) -> str:
    columns = ", ".join(f"'{column}': '{kind}'" for column, kind in dataset.columns.items())
    return (
        f"read_json('{lines}', format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = 67108864)"
    )
