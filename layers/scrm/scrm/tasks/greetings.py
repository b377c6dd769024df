"""Tasks to greet customers whom WeCom told nothing: a resigned transfer carries no text of ours (S62)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched, count
from typing import Final, Protocol

from scrm import clock, ids
from scrm.tasks.errors import StaleTaskError, until_current
from scrm.tasks.model import MOST_SUBJECTS, Task, TaskKind, task_id_of
from scrm.tasks.ports import MOST_CHANGES_TOGETHER, TaskChange, TaskPlaces, TaskRepository

_PACKS_PER_READ: Final = 20


class HandoverOfCustomers(Protocol):
    """The case that made the customers move."""

    @property
    def case_id(self) -> str: ...

    @property
    def node_path(self) -> str: ...


@dataclass(frozen=True, slots=True)
class GreetingTasks:
    """Has the shape of `scrm.handover.ports.RmTasks`. ``due`` says until when a task made at a moment is to be done.

    The customers of one taker and case are packed, 100 to a task, in numbered tasks: customers who come with a later
    poll fill up the last one, and one who is or was in any of them is not greeted again.
    """

    repository: TaskRepository
    staff: TaskPlaces
    due: Callable[[datetime], datetime]
    now: Callable[[], datetime] = clock.now

    def greet_customers(self, case: HandoverOfCustomers, takeover_userid: str, external_userids: Sequence[str]) -> None:
        taker = ids.fold_userid(takeover_userid)
        until_current(lambda: self._pack(case, taker, external_userids))

    def _pack(self, case: HandoverOfCustomers, taker: str, external_userids: Sequence[str]) -> None:
        packs = self._packs(case.case_id, taker)
        known = frozenset(one for pack in packs for one in pack.known_ids)
        new = [one for one in dict.fromkeys(external_userids) if one not in known]
        if not new:
            return
        room = _room(packs, taker)
        changes = [_filled(packs[-1], new[:room])] if room else []
        made_at = self.now()
        node_path = self.staff.node_path_of(taker) or case.node_path
        for number, part in enumerate(batched(new[room:], MOST_SUBJECTS, strict=False), start=len(packs)):
            task = Task(
                task_id=_pack_id(case.case_id, taker, number),
                owner_userid=taker,
                kind=TaskKind.GREET_CUSTOMER,
                subject_ids=part,
                node_path=node_path,
                created_at=made_at,
                due_at=self.due(made_at),
            )
            changes.append(TaskChange(None, task))
        for some in batched(changes, MOST_CHANGES_TOGETHER, strict=False):
            if not self.repository.save(some):
                raise StaleTaskError

    def _packs(self, case_id: str, taker: str) -> list[Task]:
        """The tasks there are, by number; they have no gaps."""
        packs: list[Task] = []
        for first in count(step=_PACKS_PER_READ):
            numbers = range(first, first + _PACKS_PER_READ)
            found = self.repository.tasks([_pack_id(case_id, taker, number) for number in numbers])
            packs += found
            if len(found) < _PACKS_PER_READ:
                break
        return packs


def _pack_id(case_id: str, taker: str, number: int) -> str:
    return task_id_of(TaskKind.GREET_CUSTOMER, case_id, taker, str(number))


def _room(packs: Sequence[Task], taker: str) -> int:
    """How many customers the last task still takes: none once it is ended or somebody else's."""
    if not packs or not packs[-1].is_open or packs[-1].owner_userid != taker:
        return 0
    return MOST_SUBJECTS - len(packs[-1].known_ids)


def _filled(pack: Task, external_userids: Sequence[str]) -> TaskChange:
    return TaskChange(pack, replace(pack, subject_ids=(*pack.subject_ids, *external_userids)))
