"""Joins leaves with what goes to who acts meanwhile (S54): tasks, and cases whose cards and manual work he gets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scrm.handover.model import CaseState
from scrm.handover.queries import CaseQueries, CaseSummary
from scrm.node_paths import ROOT_NODE_ID, ROOT_PATH, branch_of, branch_path
from scrm.org.acting import ActingMembers, LeaveRepository, business_day
from scrm.org.model import Cover, Member
from scrm.org.queries import CoverRow, OrgQueries
from scrm.tasks.model import Task, TaskState
from scrm.tasks.ports import TaskPages

MOST_LOOKED_AT: Final = 100
_FOR_A_MANAGER: Final = (CaseState.AWAITING_APPROVAL, CaseState.ATTENTION)
_ENDED: Final = (TaskState.DONE, TaskState.CANCELLED)


@dataclass(frozen=True, slots=True)
class CoverDetail:
    """A leave and what it moves. ``acting_userid`` acts today: the member himself, a cover, or nobody when empty.

    ``open_tasks`` are the member's that the cover may end, ``ended_tasks`` those that somebody else ended in these
    days. ``cases`` wait for an approval or a person in the branch that the member manages. Of each list
    `MOST_LOOKED_AT` entries are looked at; ``is_whole`` says whether that was all.
    """

    row: CoverRow
    acting_userid: str
    open_tasks: tuple[Task, ...]
    ended_tasks: tuple[Task, ...]
    cases: tuple[CaseSummary, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class CoverViews:
    """Use case of operators who ask what a leave moves."""

    org: OrgQueries
    leaves: LeaveRepository
    tasks: TaskPages
    cases: CaseQueries

    def of_member(self, userid: str, sees: Callable[[str], bool], now: datetime) -> CoverDetail | None:
        """His latest leave, over or not; None when HR never told of one, or he is not where the caller ``sees``."""
        detail = self.org.detail(userid)
        if detail is None or detail.cover is None or detail.cover.first_day is None:
            return None
        member, cover = detail.member, detail.cover
        if not sees(member.node_path):
            return None
        pages = [self.tasks.of_owner(member.userid, state, "", MOST_LOOKED_AT) for state in (TaskState.OPEN, *_ENDED)]
        opened, *ended = ([task for task in page.items if sees(task.node_path)] for page in pages)
        places = [self.cases.list_cases(path, state, None, MOST_LOOKED_AT) for path, state in self._managed(member)]
        return CoverDetail(
            row=CoverRow(cover, member.node_id, member.node_path),
            acting_userid=ActingMembers(self.leaves).acting_for(member.userid, now),
            open_tasks=tuple(opened),
            ended_tasks=tuple(task for tasks in ended for task in tasks if _moved(task, cover)),
            cases=tuple(
                case for place in places for case in place.items if sees(case.node_path) and self._answers(member, case)
            ),
            is_whole=not any(page.cursor for page in (*pages, *places)),
        )

    def _managed(self, member: Member) -> Iterator[tuple[str, CaseState]]:
        """Where cases may be that he answers for: his branch, or for who leads head office everywhere."""
        for node_id, path in ((branch_of(member.node_path), branch_path(member.node_path)), (ROOT_NODE_ID, ROOT_PATH)):
            node = self.org.node(node_id)
            if node is not None and node.manager_userid == member.userid:
                for state in _FOR_A_MANAGER:
                    yield path, state
                return

    def _answers(self, member: Member, case: CaseSummary) -> bool:
        """Head office's leader answers for the cases of branches without a manager, and for its own."""
        branch = self.org.node(branch_of(case.node_path))
        return branch is None or branch.manager_userid in {"", member.userid}


def _moved(task: Task, cover: Cover) -> bool:
    """Whether somebody else ended it while the member was on leave."""
    by_another = task.done_by not in {"", task.owner_userid}
    return by_another and task.ended_at is not None and cover.holds_on(business_day(task.ended_at))
