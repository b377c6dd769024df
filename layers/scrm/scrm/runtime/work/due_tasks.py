"""Send tasks whose time has come."""

from scrm.runtime.observability import count
from scrm.runtime.ticks import Tick, told
from scrm.runtime.wiring import due_tasks as wiring


def request() -> Tick:
    due = wiring.due_tasks()
    found = due.request()
    count("TaskLookRequested", found)
    return told(found, due.tasks.next_due)
