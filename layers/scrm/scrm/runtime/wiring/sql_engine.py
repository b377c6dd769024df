"""What answers questions over the data bucket: DuckDB inside the function, or Athena (parameter `SqlEngine`)."""

from collections.abc import Callable

from scrm.aws import session
from scrm.aws.athena_engine import AthenaEngine
from scrm.aws.duckdb_engine import MEMORY_LIMIT, WITHIN_S, DuckDbEngine
from scrm.runtime.environment import optional, required
from scrm.runtime.wiring.tables import bucket
from scrm.sql import SqlEngine


def sql_engine(
    most_bytes: int,
    memory_limit: str = MEMORY_LIMIT,
    most_spilled: int | None = None,
    within_s: Callable[[], float] = lambda: WITHIN_S,
) -> SqlEngine:
    """``most_bytes``, ``memory_limit`` and ``most_spilled`` bound the engine inside the function, which writes files in
    any case; ``within_s`` both."""
    inside = DuckDbEngine(
        bucket("DATA_BUCKET"),
        most_bytes=most_bytes,
        memory_limit=memory_limit,
        most_spilled=most_spilled,
        within_s=within_s,
    )
    database, workgroup = optional("SQL_DATABASE"), optional("SQL_WORKGROUP")
    if not database:
        return inside
    return AthenaEngine(
        lambda: session.client("athena"),
        inside,
        bucket=required("DATA_BUCKET"),
        database=database,
        workgroup=workgroup,
        within_s=within_s,
    )
