"""DynamoDB's attribute values and plain Python, both ways, for the types that our items use.

Stands in for ``boto3.dynamodb.types``: importing that loads all of boto3, with its transfer manager and resources,
which is 6 % of a worker's cold start.
"""

from collections.abc import Callable, Mapping, Set
from decimal import Decimal
from typing import Any

type AttributeValue = dict[str, Any]


def to_wire(value: Any) -> AttributeValue:
    """Raises TypeError for a type that no item of ours holds: a float among them, which DynamoDB would round."""
    write = _WRITERS.get(type(value)) or next((each for kind, each in _BY_KIND if isinstance(value, kind)), None)
    if write is None:
        raise TypeError(f"no attribute value for a {type(value).__name__}")
    return write(value)


def from_wire(value: Mapping[str, Any]) -> Any:
    """Numbers come as Decimal, sets as sets. Raises KeyError for a type that DynamoDB does not have."""
    ((kind, content),) = value.items()
    return _READERS[kind](content)


def _set(values: Set[Any]) -> AttributeValue:
    if values and all(isinstance(value, str) for value in values):
        return {"SS": sorted(values)}
    if values and all(isinstance(value, int | Decimal) and not isinstance(value, bool) for value in values):
        return {"NS": [str(value) for value in values]}
    raise TypeError("a set holds texts or numbers, and at least one")


def _number(value: int | Decimal) -> AttributeValue:
    return {"N": str(value)}


def _list(values: list[Any] | tuple[Any, ...]) -> AttributeValue:
    return {"L": [to_wire(value) for value in values]}


def _map(values: Mapping[str, Any]) -> AttributeValue:
    return {"M": {name: to_wire(value) for name, value in values.items()}}


_WRITERS: Mapping[type, Callable[[Any], AttributeValue]] = {
    str: lambda value: {"S": value},
    bool: lambda value: {"BOOL": value},
    int: _number,
    Decimal: _number,
    type(None): lambda _: {"NULL": True},
    list: _list,
    tuple: _list,
    dict: _map,
    bytes: lambda value: {"B": value},
    set: _set,
    frozenset: _set,
}
# Subclasses: members of StrEnum and IntEnum, read-only maps.
_BY_KIND: tuple[tuple[type, Callable[[Any], AttributeValue]], ...] = (
    (str, lambda value: {"S": str(value)}),
    (int, lambda value: {"N": str(int(value))}),
    (Mapping, _map),
)
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "S": str,
    "N": Decimal,
    "BOOL": bool,
    "NULL": lambda _: None,
    "B": bytes,
    "L": lambda content: [from_wire(value) for value in content],
    "M": lambda content: {name: from_wire(value) for name, value in content.items()},
    "SS": set,
    "NS": lambda content: {Decimal(value) for value in content},
    "BS": set,
}
