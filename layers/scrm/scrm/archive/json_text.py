"""JSON as the archive reads it, a message at a time: a third of what the standard library takes.

Beside RSA little is left to save, and parsing is the largest part of it. pydantic's parser knows fewer oddities (half a
surrogate pair, deep nesting, other encodings), so what it refuses is asked of the standard library.
"""

import functools
import json
from collections.abc import Callable
from typing import Any


def parse(text: bytes) -> Any:
    """The value; whole numbers of any size are exact.

    Raises:
        ValueError: no JSON.
        RecursionError: nested too deep.
    """
    try:
        return _quick()(text)
    except ValueError:
        return json.loads(text.decode())


@functools.cache
def _quick() -> Callable[[bytes], Any]:
    from pydantic_core import from_json  # noqa: PLC0415 - a function that has nothing to read does not load it

    return from_json
