"""What DynamoDB bills: the size of items by its rules, and units of writes and reads."""

from collections.abc import Callable, Mapping
from typing import Any, Final

WRITE_UNIT: Final = 1_024
READ_UNIT: Final = 4_096


def units(size: int, unit: int) -> int:
    return max(1, -(-size // unit))


def size_of(item: Mapping[str, Any]) -> int:
    """Of an item in DynamoDB's wire form, as the service counts it: names and values, a little for maps and lists."""
    return sum(len(name.encode()) + _value_size(wire) for name, wire in item.items())


def _value_size(wire: Mapping[str, Any]) -> int:
    ((kind, value),) = wire.items()
    if kind == "M":
        return 3 + sum(len(name.encode()) + 1 + _value_size(part) for name, part in value.items())
    if kind == "L":
        return 3 + sum(1 + _value_size(part) for part in value)
    sizes: dict[str, Callable[[Any], int]] = {
        "S": lambda text: len(text.encode()),
        "N": lambda number: len(number) // 2 + 2,
        "B": len,
        "SS": lambda texts: sum(len(text.encode()) for text in texts),
    }
    return sizes.get(kind, lambda _: 1)(value)
