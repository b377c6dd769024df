"""One page of a sorted list. The cursor holds the last key, so rows that come or go between pages do no harm."""

import bisect
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Call
from local.simulator.errors import ApiError


def position(call: Call, scan: object) -> Any:
    """Where the request's cursor stands in this scan; None at its start.

    Raises:
        ApiError: 50100.
    """
    cursor = call.args.get("cursor") or ""
    if not isinstance(cursor, str):
        raise ApiError(errors.BAD_CURSOR)
    if cursor == "":
        return None
    cursors = call.engines.simulation.state.cursors
    return cursors.open(cursor, [call.path, call.app.app, scan], call.now, call.knobs.cursor_ttl_seconds)


def next_cursor(call: Call, scan: object, last: Any) -> str:
    return call.engines.simulation.state.cursors.issue([call.path, call.app.app, scan], last, call.now)


def page_size(call: Call, asked: int) -> int:
    return max(1, asked // 2) if call.knobs.short_pages else asked


def page_of[T](
    call: Call,
    rows: Sequence[T],
    key: Callable[[T], Any],
    *,
    limit: int,
    scan: object,
    keep: Callable[[T], bool] = lambda _row: True,
) -> tuple[list[T], str]:
    """The page after the cursor and the next cursor, "" at the end.

    ``rows`` are sorted by ``key``; those not to ``keep`` are passed over. No more of them is read than the page needs.
    """
    after = position(call, scan)
    after = tuple(after) if isinstance(after, list) else after
    start = 0 if after is None else bisect.bisect_right(rows, after, key=key)
    size = page_size(call, limit)
    kept = (rows[number] for number in range(start, len(rows)) if keep(rows[number]))
    page = list(islice(kept, size + 1))
    more = len(page) > size
    del page[size:]
    return page, next_cursor(call, scan, key(page[-1])) if more else ""


def asked_limit(call: Call, *, default: int, maximum: int, name: str = "limit") -> int:
    """A page size above the maximum is clamped to it."""
    return min(arguments.integer(call.args, name, default=default, minimum=1), maximum)


def limit_or_default(call: Call, *, default: int, maximum: int) -> int:
    """A page size above the maximum is silently the default one (the lists of the content paper, 0.2)."""
    asked = arguments.integer(call.args, "limit", default=default, minimum=1)
    return asked if asked <= maximum else default
