"""Opaque cursors: where a list goes on, bound to the list that gave them out."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from scrm.paging import InvalidCursorError, Page


def encode(scope: str, position: dict[str, Any]) -> str:
    """``scope`` names the list and what it was asked for, so that a cursor of another list is refused."""
    raw = json.dumps([scope, position], separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(scope: str, cursor: str | None) -> dict[str, Any]:
    """The position, empty for the first page. Raises InvalidCursorError for anything not from this list."""
    if not cursor:
        return {}
    try:
        given, position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidCursorError("the cursor is not one of ours; start again without it") from error
    if given != scope or not isinstance(position, dict):
        raise InvalidCursorError("the cursor belongs to another list; start again without it")
    return position


def number(position: dict[str, Any], name: str) -> int:
    """A count of a position, 0 when it is not there. Raises InvalidCursorError for what we never write."""
    value = position.get(name, 0)
    if not isinstance(value, int) or value < 0:
        raise InvalidCursorError("the cursor is not one of ours; start again without it")
    return value


def key(position: dict[str, Any], name: str) -> dict[str, Any] | None:
    """A table key of a position, None when it is not there. Raises InvalidCursorError for what we never write."""
    value = position.get(name)
    if value is not None and not (isinstance(value, dict) and all(isinstance(part, str) for part in value.values())):
        raise InvalidCursorError("the cursor is not one of ours; start again without it")
    return value


def text(position: dict[str, Any], name: str, default: str = "") -> str:
    """A text of a position. Raises InvalidCursorError for what we never write."""
    value = position.get(name, default)
    if not isinstance(value, str):
        raise InvalidCursorError("the cursor is not one of ours; start again without it")
    return value


def page_of[Row](rows: Sequence[Row], scope: str, cursor: str | None, limit: int) -> Page[Row]:
    """A page of a list that is there whole. Raises InvalidCursorError."""
    first = number(decode(scope, cursor), "row")
    more = len(rows) > first + limit
    return Page(tuple(rows[first : first + limit]), encode(scope, {"row": first + limit}) if more else None)
