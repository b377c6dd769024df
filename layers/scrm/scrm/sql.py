"""SQL over Parquet files in the data bucket: what features ask for, and what an engine answers (design section 4).

Statements are written in what DuckDB and Trino (Athena) both understand: no ``QUALIFY``, arrays by ``contains``,
texts by ``strpos``, a quotient with an explicit ``CAST(... AS DOUBLE)``; functions are those of `FUNCTIONS`; values
only as named parameters (``$name``), never in the statement's text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

FUNCTIONS: Final = frozenset(
    {
        "abs",
        "avg",
        "coalesce",
        "contains",
        "count",
        "floor",
        "lag",
        "lower",
        "max",
        "min",
        "rank",
        "row_number",
        "split_part",
        "strpos",
        "sum",
    }
)
"""What a statement may call: in DuckDB and in Trino by the same name, with the same arguments and the same answer."""

type SqlValue = str | int | float | bool | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Parquet files of one shape below ``prefix``; ``name`` is their table in a statement.

    ``columns`` maps a name to ``VARCHAR``, ``BIGINT``, ``DOUBLE``, ``BOOLEAN`` or ``VARCHAR[]``. Files are written in
    the order of ``sorted_by``, so that an engine skips what a condition on these columns rules out.
    """

    name: str
    prefix: str
    columns: Mapping[str, str]
    sorted_by: tuple[str, ...]

    def place(self, partition: str) -> str:
        """Where a partition's files lie: ``prefix/day=2026-11-26/``."""
        return f"{self.prefix}/{partition}/"


@dataclass(frozen=True, slots=True)
class Selection:
    """Some partitions of a dataset (``day=2026-11-26``), with everything below them."""

    dataset: Dataset
    partitions: tuple[str, ...]


class TooMuchSelectedError(Exception):
    """The selection is larger than the engine takes at once; the text says by how much and what to do."""


class SqlFailedError(Exception):
    """A distributed engine could not answer; the text names its query, never what it asked."""


class SqlEngine(Protocol):
    def query(
        self, statement: str, selections: Sequence[Selection], parameters: Mapping[str, SqlValue]
    ) -> list[tuple[Any, ...]]:
        """The rows of ``statement``, whose tables are the selected datasets; a partition without files has no rows.

        Raises:
            TooMuchSelectedError: see there.
        """
        ...

    def rows(
        self, statement: str, selections: Sequence[Selection], parameters: Mapping[str, SqlValue]
    ) -> Iterator[tuple[Any, ...]]:
        """As `query`, one by one, for answers of any size; what the engine holds is freed with the last row."""
        ...

    def write(self, dataset: Dataset, partition: str, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Write one file of a partition, over one of the same name; its key. Columns a row lacks are null."""
        ...

    def merge(self, dataset: Dataset, keys: Sequence[str], column: str, place: Callable[[int], str]) -> list[str]:
        """Write the rows of ``keys`` anew, each once, one file for each value of ``column``; the keys written.

        ``place`` says in which partition the rows of a value go. Files are named by what they are made from, so that a
        repeat writes the same. Nothing is removed.

        Raises:
            TooMuchSelectedError: see there.
        """
        ...
