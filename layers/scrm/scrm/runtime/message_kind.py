"""The kind of a queue message before its model is known, so that a model is loaded when the first of its kind comes.

A union of all models would load and build every one of them at a cold start, for one that is read (T4).
"""

from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError, from_json


def kind_of(body: str) -> str:
    """What the message calls itself; empty if it is no JSON object or has no kind."""
    try:
        message: Any = from_json(body)
    except ValueError:
        return ""
    kind = message.get("kind") if isinstance(message, dict) else None
    return kind if isinstance(kind, str) else ""


def of_no_kind_known_here() -> ValidationError:
    """To be raised for a message that none of a function's models takes; a batch counts it as poison."""
    problem = PydanticCustomError("unknown_kind", "this function takes no message of this kind")
    return ValidationError.from_exception_data("message", [{"type": problem, "loc": ("kind",), "input": None}])
