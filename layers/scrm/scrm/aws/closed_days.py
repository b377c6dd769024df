"""Business days that are being certified, in the archive's table: nothing is dated on one of them any more.

==========  =========  =========================================================
pk          sk         item
==========  =========  =========================================================
``CLOSED``  ``<day>``  what is noted from now on is dated on a later day
==========  =========  =========================================================
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

from scrm.aws.table import ABSENT, Delete, Put, Table
from scrm.aws.transactions import unless_crossed
from scrm.pause import again_while

_SCHEMA_VERSION: Final = 1
_ATTEMPTS: Final = 8


class _CrossedError(Exception):
    """Another transaction was at the same items."""


def close(table: Table, day: date) -> None:
    """Repeatable. What was dated on the day before is seen by every consistent read after this."""
    table.put({**_key(day), "schema_version": _SCHEMA_VERSION})


def transact_dated(table: Table, day: date, writes: Callable[[date], Sequence[Put | Delete]]) -> bool:
    """``writes`` of the first day from ``day`` on that is not closed, all or none; False when a condition of theirs
    does not hold."""
    while True:
        if again_while(_CrossedError, lambda day=day: _written(table, day, writes(day)), _ATTEMPTS):  # type: ignore[misc]
            return True
        if table.get(_key(day)) is None:
            return False
        day += timedelta(days=1)


def _written(table: Table, day: date, writes: Sequence[Put | Delete]) -> bool:
    still_open = Delete(_key(day), ABSENT)  # takes nothing away: it is the condition that counts
    written = unless_crossed(lambda: table.transact([*writes, still_open]))
    if written is None:
        raise _CrossedError
    return written


def _key(day: date) -> dict[str, str]:
    return {"pk": "CLOSED", "sk": day.isoformat()}
