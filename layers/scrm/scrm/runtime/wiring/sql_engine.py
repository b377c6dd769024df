"""What answers questions over the data bucket: DuckDB inside the function, or Athena (parameter `SqlEngine`)."""

from scrm.aws import session
from scrm.aws.athena_engine import AthenaEngine
from scrm.aws.duckdb_engine import MEMORY_LIMIT, DuckDbEngine
from scrm.runtime.environment import optional, required
from scrm.runtime.wiring.tables import bucket
from scrm.sql import SqlEngine


def sql_engine(most_bytes: int, memory_limit: str = MEMORY_LIMIT) -> SqlEngine:
    """``most_bytes`` and ``memory_limit`` bound the engine inside the function, which writes files in any case."""
    inside = DuckDbEngine(bucket("DATA_BUCKET"), most_bytes=most_bytes, memory_limit=memory_limit)
    database, workgroup = optional("SQL_DATABASE"), optional("SQL_WORKGROUP")
    if not database:
        return inside
    return AthenaEngine(
        lambda: session.client("athena"),
        inside,
        bucket=required("DATA_BUCKET"),
        database=database,
        workgroup=workgroup,
    )
