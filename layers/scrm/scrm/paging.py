"""Pages of a list, shared by every feature's read side."""

from dataclasses import dataclass


class InvalidCursorError(Exception):
    """The cursor was not given out by this list."""


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """Some rows in the list's order; ``cursor`` continues after the last one, None at the end.

    A page may be short, or empty, and still have a cursor: only a missing cursor means the end.
    """

    items: tuple[Item, ...]
    cursor: str | None = None
