"""Writes that may meet a transaction of somebody else."""

from collections.abc import Callable, Sequence

from botocore.exceptions import ClientError

from scrm.aws.table import Put, Table, Update


def transacted(table: Table, writes: Sequence[Put | Update]) -> bool | None:
    """Whether the transaction went through; None when another one was at the same items: try again."""
    return unless_crossed(lambda: table.transact(writes))


def unless_crossed(write: Callable[[], bool]) -> bool | None:
    """What a conditional write answers; None when a transaction of somebody else was at the same items."""
    try:
        return write()
    except ClientError as error:
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        crossed = error.response["Error"]["Code"] in {"TransactionConflictException", "TransactionInProgressException"}
        if crossed or "TransactionConflict" in reasons:
            return None
        raise
