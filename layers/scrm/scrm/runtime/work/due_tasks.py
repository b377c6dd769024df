"""Send tasks whose time has come."""

from scrm.runtime.observability import count
from scrm.runtime.wiring import due_tasks as wiring


def request() -> None:
    count("TaskLookRequested", wiring.due_tasks().request())
