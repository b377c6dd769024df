"""Find the send tasks whose time has come, and have each of them taken or looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, islice
from typing import Final

from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ports import DispatchQueue, TaskRepository
from scrm.campaign.task import CREATING, ENDED

_TOGETHER: Final = 10  # messages of one request


@dataclass(frozen=True, slots=True)
class DueTasks:
    """Use case of the schedule. Safe to repeat."""

    tasks: TaskRepository
    queue: DispatchQueue
    settings: DispatchSettings
    now: Callable[[], datetime]

    def request(self) -> int:
        """Ask for the tasks whose time has come, as many as may be looked at until the next tick; how many."""
        found = 0
        due = islice(self.tasks.due(self.now()), self.settings.looks_per_tick)
        for part in batched(due, _TOGETHER, strict=False):
            to_create = [one for one in part if one.state in CREATING or one.state in ENDED]
            if to_create:
                self.queue.request_send(to_create)
            to_look_at = [one.task_id for one in part if one not in to_create]
            if to_look_at:
                self.queue.request_looks(to_look_at)
            found += len(part)
        return found
