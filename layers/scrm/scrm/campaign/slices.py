"""The planner's slices: some owners of a ring become send tasks, each customer with his reason if he gets none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final, Protocol

from scrm.campaign.campaign_ports import Audiences, CampaignStore, OwnerShare, PlanningQueue, SliceStore
from scrm.campaign.checks import Refusal
from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.exclusions import Exclusions, Judged
from scrm.campaign.model import NO_RING, Campaign, RingProgress, RingState
from scrm.campaign.ports import ApprovedContent, PressureLedger, TaskRepository
from scrm.campaign.task import RecipientState, Result, SendPlan, SendTask, TaskState
from scrm.campaign.terms import Channel

_TOGETHER: Final = 10  # tasks asked for in one request
_SLICES_OF_PACK: Final = 5  # 200 owners each: as many as a creation of Moments takes in


class SendRequests(Protocol):
    """The worker's queue, as far as the planner needs it."""

    def request_send(self, tasks: Sequence[SendTask]) -> None: ...


@dataclass(frozen=True, slots=True)
class SliceResult:
    """What one run planned: ``tasks`` for ``customers``, ``excluded`` of them; ``is_whole``: the slice is done."""

    tasks: int = 0
    customers: int = 0
    excluded: int = 0
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class SlicePlanning:
    """Use case of the planner. Safe to repeat at any point: a task that is there stays as it was written first.

    Every customer of the snapshot is in exactly one task of his owner, also those who get nothing, so that the sum
    over the tasks is the audience. The worker asks all of it again before WeCom is called.
    """

    store: CampaignStore
    slices: SliceStore
    audiences: Audiences
    exclusions: Exclusions
    tasks: TaskRepository
    ledger: PressureLedger
    dispatch: SendRequests
    queue: PlanningQueue
    has_time: Callable[[], bool]

    def plan(self, campaign_id: str, ring: str, number: int, first: int, now: datetime) -> SliceResult:
        """Plan the slice's owners from the ``first`` on; what the time does not take is asked for again."""
        campaign = self.store.find(campaign_id)
        progress = _planned_ring(campaign, ring)
        if campaign is None or progress is None:
            return SliceResult()
        plan = SendPlan(
            campaign_id=campaign_id,
            ring=ring,
            channel=campaign.definition.channel,
            content=campaign.definition.content,
            planned_at=progress.planned_at or now,
            expires_at=campaign.expires_at or now,
            deadline=campaign.definition.deadline,
            priority=campaign.definition.priority,
            pack=number // _SLICES_OF_PACK if campaign.definition.channel is Channel.MOMENTS else 0,
        )
        owners = self.slices.owners(campaign_id, ring, number)[first:]
        planning = _Planning(self, campaign, plan, now, self.exclusions.content(campaign, now))
        return self._plan_owners(planning, owners, number, first)

    def _plan_owners(self, planning: "_Planning", owners: Sequence[OwnerShare], number: int, first: int) -> SliceResult:
        done = customers = tasks = excluded = 0
        asked: list[SendTask] = []
        for share, target_ids in self._with_customers(planning.campaign.snapshot_id, owners):
            if not self.has_time():
                break
            made = planning.tasks_of(share, target_ids)
            asked += made
            done, tasks, customers = done + 1, tasks + len(made), customers + len(target_ids)
            excluded += sum(len(task.results) for task in made)
            if len(asked) >= _TOGETHER:
                self.dispatch.request_send(asked)
                asked = []
        if asked:
            self.dispatch.request_send(asked)
        plan = planning.plan
        if done < len(owners):
            self.queue.request_slices(plan.campaign_id, plan.ring, [number], first + done)
            return SliceResult(tasks, customers, excluded)
        self.slices.mark_planned(plan.campaign_id, plan.ring, number)
        return SliceResult(tasks, customers, excluded, is_whole=True)

    def _with_customers(
        self, snapshot_id: str, owners: Sequence[OwnerShare]
    ) -> Iterator[tuple[OwnerShare, tuple[str, ...]]]:
        """Part by part, so that one part's customers are in memory at a time."""
        for part, shares in groupby(owners, key=lambda share: share.part):
            of_part = list(shares)
            found = self.audiences.customers(snapshot_id, part, [share.userid for share in of_part])
            yield from ((share, found.get(share.userid, ())) for share in of_part)


@dataclass(slots=True)
class _Planning:
    """One slice of one campaign."""

    ports: SlicePlanning
    campaign: Campaign
    plan: SendPlan
    now: datetime
    content: ApprovedContent | None

    def tasks_of(self, share: OwnerShare, target_ids: Sequence[str]) -> list[SendTask]:
        """Write the owner's tasks, then hold their places: a place without a task would be nobody's to give back.

        Whoever dies in between leaves it to the worker, who reserves before he calls.
        """
        judged = self._judged(share, target_ids)
        tasks = [self._decided(task, judged) for task in self.plan.tasks_of(share.userid, target_ids, share.node_path)]
        for task in self.ports.tasks.put_planned(tasks):
            if task.has_pending:
                self._reserve(task)
        return tasks

    def _reserve(self, task: SendTask) -> None:
        """Whom the cap refuses the worker puts off or excludes; it also comes back to a busy ledger."""
        try:
            self.ports.ledger.reserve(task, min(task.expires_at, self.now + task.deadline))
        except DispatchPostponedError:
            return

    def _decided(self, task: SendTask, judged: Judged) -> SendTask:
        reasons = judged.reasons
        if not reasons and not judged.needs:
            return task
        results = {
            target_id: Result(RecipientState.EXCLUDED, self.plan.planned_at, reasons[target_id])
            for target_id in task.target_ids
            if target_id in reasons
        }
        needs = {one: judged.needs[one] for one in task.target_ids if one in judged.needs and one not in results}
        if not results:
            return replace(task, needs=needs)
        decided = replace(task, results=results, needs=needs, untold=True)
        return decided if decided.has_pending else replace(decided, state=TaskState.CANCELLED)

    def _judged(self, share: OwnerShare, target_ids: Sequence[str]) -> Judged:
        """Why some of the owner's customers get nothing, and why others do."""
        if self.plan.ring == NO_RING:
            return Judged(dict.fromkeys(target_ids, Refusal.NOT_IN_RING))
        beyond = {} if share.reach is None else dict.fromkeys(target_ids[share.reach :], Refusal.BLAST_RADIUS)
        within = target_ids[: share.reach]
        judged = self.ports.exclusions.judge(self.campaign, self.content, share.userid, within, self.now)
        return replace(judged, reasons={**beyond, **judged.reasons})


def _planned_ring(campaign: Campaign | None, ring: str) -> RingProgress | None:
    """The ring that the campaign is planning now; members in no ring are planned with it."""
    current = campaign.current_ring if campaign is not None and campaign.may_send else None
    if current is None or current.state is not RingState.PLANNING or ring not in {current.name, NO_RING}:
        return None
    return current
