"""Reading request parameters with WeCom's errors: missing 40063 (or its own code), wrong type or over-long 40058."""

import re
from collections.abc import Mapping
from typing import Any

from local.simulator import errors
from local.simulator.errors import ApiError

USERID_BYTES = 64
_NUMBER = re.compile(r"-?[0-9]{1,18}")
IDS_PER_CALL = 100


def text(
    args: Mapping[str, Any], name: str, *, missing: int = errors.MISSING_PARAMETER, chars: int | None = None
) -> str:
    """A required non-empty string."""
    value = args.get(name)
    if value is None or value == "":
        raise ApiError(missing, name)
    if not isinstance(value, str) or (chars is not None and len(value) > chars):
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value


def optional_text(args: Mapping[str, Any], name: str, *, chars: int | None = None) -> str | None:
    return None if args.get(name) is None else _checked_text(args[name], name, chars)


def userid(args: Mapping[str, Any], name: str = "userid", *, missing: int = errors.USERID_MISSING) -> str:
    value = text(args, name, missing=missing)
    if len(value.encode()) > USERID_BYTES or not value.strip():
        raise ApiError(errors.BAD_USERID, name)
    return value


def text_list(
    args: Mapping[str, Any],
    name: str,
    *,
    maximum: int = IDS_PER_CALL,
    missing: int = errors.MISSING_PARAMETER,
    required: bool = True,
) -> list[str]:
    """A list of strings; more than ``maximum`` is 40058."""
    value = args.get(name)
    if value is None or value == []:
        if required:
            raise ApiError(missing, name)
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or len(value) > maximum:
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value


def integer_list(args: Mapping[str, Any], name: str, *, maximum: int = IDS_PER_CALL) -> list[int]:
    """An optional list of numbers."""
    value = args.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > maximum or not all(type(item) is int for item in value):
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value


def integer(
    args: Mapping[str, Any],
    name: str,
    *,
    default: int | None = None,
    minimum: int = 0,
    maximum: int | None = None,
    missing: int = errors.MISSING_PARAMETER,
) -> int:
    """An integer in range, also from the text of a query; required when there is no default."""
    value = args.get(name)
    if value is None or value == "":
        if default is None:
            raise ApiError(missing, name)
        return default
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise ApiError(errors.INVALID_PARAMETER, name)
    if maximum is not None and value > maximum:
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value


def mapping(args: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = args.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value


def _checked_text(value: Any, name: str, chars: int | None) -> str:
    if not isinstance(value, str) or (chars is not None and len(value) > chars):
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value
