"""Create a task at WeCom exactly once: check, store the intent, call, store the answer (invariants 2, 4, 8)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from scrm.campaign import task_steps
from scrm.campaign.checks import AHEAD, SendChecks, Verdict
from scrm.campaign.dispatch_errors import (
    CallInDoubtError,
    ContentRefusedError,
    DispatchPostponedError,
    SendOutcomeUnknownError,
    SendRefusedError,
)
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ends import Ends
from scrm.campaign.lookup import LOOKED_UP, InterruptedCalls
from scrm.campaign.ports import (
    MOST_SUCCESSORS,
    AcceptedMessage,
    ApprovedContent,
    ContentFiles,
    DispatchQueue,
    MassMessage,
    MassMessages,
    NoPlace,
    PressureLedger,
    Standing,
    Standings,
    TaskRepository,
)
from scrm.campaign.task import CREATING, ENDED, RecipientState, Result, SendTask, TaskState
from scrm.campaign.terms import Channel

# No customer sees it.
_INTERNAL: Final = frozenset({Channel.RM_TASK, Channel.APPLICATION_MESSAGE})


class SendOutcome(StrEnum):
    """What one look of the worker at a task did.

    ``postponed`` by WeCom's limits or an outage, ``put_off`` by quiet hours, a paused campaign or a busy ledger.
    """

    CREATED = "created"
    FOUND = "found"
    POSTPONED = "postponed"
    PUT_OFF = "put_off"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    NOBODY_LEFT = "nobody_left"
    STOPPED = "stopped"
    NOTHING_TO_DO = "nothing_to_do"

    @property
    def metric(self) -> str:
        """``SendCreated`` and so on."""
        return f"Send{self.value.title().replace('_', '')}"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Use case of the worker: take one task. Safe to repeat at any point of an earlier run."""

    tasks: TaskRepository
    messages: MassMessages
    standings: Standings
    checks: SendChecks
    files: ContentFiles
    ledger: PressureLedger
    queue: DispatchQueue
    ends: Ends
    settings: DispatchSettings
    now: Callable[[], datetime]

    def take(self, task_id: str) -> SendOutcome:
        """Make the task's call if it wants one. Raises StaleTaskError when someone else had it in hand."""
        task = self.tasks.load(task_id)
        if task is None or task.due_at is None or (self.now() < task.due_at and not self._is_called_off(task)):
            return SendOutcome.NOTHING_TO_DO
        if task.untold:
            self.ends.tell_all(task)
            task = self.tasks.save(task_steps.told(task))
        if task.state not in CREATING:
            return SendOutcome.NOTHING_TO_DO
        known = self._after_interruption(task) if task.state is TaskState.SENDING else None
        if known is not None:
            return known
        try:
            return self._send(task)
        except DispatchPostponedError as waiting:
            self._again(task_steps.postponed(task, waiting.not_before), waiting.not_before)
            return SendOutcome.PUT_OFF

    def _after_interruption(self, task: SendTask) -> SendOutcome | None:
        """None: its call was certainly not made."""
        if task.channel is Channel.APPLICATION_MESSAGE:
            return self._send_once_more(task)
        try:
            msgid = InterruptedCalls(self.tasks, self.messages).message_of(task, self.now())
        except DispatchPostponedError as waiting:
            self._again(task_steps.unanswered(task, waiting.not_before), waiting.not_before)
            return SendOutcome.UNANSWERED
        if not msgid:
            return None
        self._accept(task, AcceptedMessage(msgid, answer_lost=True))
        return SendOutcome.FOUND

    def _is_called_off(self, task: SendTask) -> bool:
        """A stopped campaign's task need not wait for its time to end."""
        return task.state is TaskState.PLANNED and self.standings.of(task.campaign_id) is Standing.STOPPED

    def _again(self, task: SendTask, not_before: datetime) -> None:
        """Its due time brings it back; a message does so sooner than the schedule."""
        self.tasks.save(task)
        self.queue.request_send([task], not_before)

    def _send(self, task: SendTask) -> SendOutcome:
        """Of a task whose call was certainly not made."""
        began = self.now()
        standing = self.standings.of(task.campaign_id)
        if standing is Standing.STOPPED:
            self._store(task, task_steps.withdrawn(task, RecipientState.CANCELLED, "stopped", self.now()))
            return SendOutcome.STOPPED
        quiet = self._silent_until(task)
        if standing is not Standing.SENDS or quiet:
            frozen = standing is Standing.FROZEN
            recheck = self.settings.frozen_recheck if frozen else self.settings.paused_recheck
            raise DispatchPostponedError(quiet or self.now() + recheck)
        verdict = self.checks.judge(task, self.now())
        judged = self._judged(task, verdict)
        if verdict.content is None:
            self._store(task, judged.task)
            return SendOutcome.NOBODY_LEFT
        try:
            content = self.files.lent(verdict.content, task.channel)
        except ContentRefusedError as refused:
            self._store(task, task_steps.withdrawn(task, RecipientState.EXCLUDED, refused.reason, self.now()))
            return SendOutcome.NOBODY_LEFT
        alive_until = self._alive_until(task, content)
        if judged.room and judged.task.has_pending:
            self._reserve(judged, alive_until)
        has_stopped = self._has_stopped_since(began, task.campaign_id)
        if has_stopped or judged.left_over:
            return self._send(task if has_stopped else self._store(task, judged.task, judged.added))
        if not judged.task.has_pending:
            nobody = task_steps.withdrawn(judged.task, RecipientState.EXCLUDED, "", self.now())
            self._store(task, nobody, judged.added)
            return SendOutcome.NOBODY_LEFT
        ready = task_steps.intended(judged.task, content.text, alive_until, self.settings, self.now())
        return self._call(self._store(task, ready, judged.added), content)

    def _has_stopped_since(self, began: datetime, campaign_id: str) -> bool:
        """Asked only when the checks and the files took their time."""
        took_long = self.now() - began > self.settings.standing_holds
        return took_long and self.standings.of(campaign_id) is not Standing.SENDS

    def _call(self, task: SendTask, content: ApprovedContent) -> SendOutcome:
        try:
            answer = self.messages.create(self._message(task, content))
        except DispatchPostponedError as waiting:
            not_before = min(waiting.not_before, self.now() + self.settings.longest_wait)
            self._again(task_steps.postponed(task, not_before), not_before)
            return SendOutcome.POSTPONED
        except SendOutcomeUnknownError:
            return SendOutcome.UNANSWERED  # its due time says when to look it up
        except SendRefusedError as refused:
            self._store(task, task_steps.refused(task, refused.reason, self.now()))
            return SendOutcome.REFUSED
        self._accept(task, answer)
        return SendOutcome.CREATED

    def _message(self, task: SendTask, content: ApprovedContent) -> MassMessage:
        return MassMessage(
            task.channel,
            task.owner_userid,
            task.pending_ids,
            content,
            campaign_id=task.campaign_id,
            cause=task.task_id,
            due_at=task.alive_until,
            node_path=task.node_path,
            reasons={one: need.reason for one, need in task.needs.items() if one not in task.results},
            together=task.together,
        )

    def _send_once_more(self, task: SendTask) -> SendOutcome:
        """No list of WeCom's tells of an application message whose answer was lost, but it drops the same one again.

        So the very same is sent once more while that holds, and whatever changed meanwhile ends it as unknown: another
        message could be a second one.
        """
        now = self.now()
        standing = self.standings.of(task.campaign_id)
        lasts_until = (task.first_intent_at or now) + self.settings.repeatable
        quiet = self._silent_until(task)
        if now < lasts_until and (standing in {Standing.PAUSED, Standing.FROZEN} or quiet):
            not_before = min(quiet or now + self.settings.paused_recheck, lasts_until)
            self._again(task_steps.unanswered(task, not_before), not_before)
            return SendOutcome.PUT_OFF
        verdict = self.checks.judge(task, now)
        if now >= lasts_until or standing is Standing.STOPPED or verdict.content is None or not verdict.is_clean:
            self._store(task, task_steps.not_repeated(task, "answer_lost", now))
            return SendOutcome.UNANSWERED
        begun = self.tasks.save(task_steps.unanswered(task, now + self.settings.longest_run))
        try:
            answer = self.messages.create(self._message(begun, verdict.content))
        except DispatchPostponedError as waiting:
            self._again(task_steps.unanswered(begun, waiting.not_before), waiting.not_before)
            return SendOutcome.POSTPONED
        except SendOutcomeUnknownError:
            return SendOutcome.UNANSWERED
        except SendRefusedError as refused:
            self._store(begun, task_steps.refused(begun, refused.reason, self.now()))
            return SendOutcome.REFUSED
        self._accept(begun, answer)
        return SendOutcome.FOUND

    def _accept(self, task: SendTask, answer: AcceptedMessage) -> None:
        after = task_steps.accepted(task, answer, self.settings, self.now())
        self.tasks.claim(after)
        self.ends.tell(after, self.ends.news(task, after), task)
        if after.due_at is not None and after.due_at <= self.now():
            self.queue.request_looks([after.task_id])  # found late: what allowed it may have ended meanwhile

    def _judged(self, task: SendTask, verdict: Verdict) -> "_Judged":
        now = self.now()
        if verdict.content is None:
            reason = next(iter(verdict.excluded.values()), "")
            return _Judged(task_steps.withdrawn(task, RecipientState.EXCLUDED, reason, now))
        excluded = {
            target_id: Result(RecipientState.EXCLUDED, now, reason) for target_id, reason in verdict.excluded.items()
        }
        judged = _Judged(replace(task.with_results(excluded), permitted_until=verdict.permitted_until))
        for owner, target_ids in verdict.moved.items():
            judged.move(target_ids, now, owner_userid=owner)
        return judged

    def _reserve(self, judged: "_Judged", alive_until: datetime) -> None:
        """Whom the ledger refuses waits for a place as long as the message may be sent, else he is excluded."""
        task, now = judged.task, self.now()
        refused = self.ledger.reserve(task, alive_until).refused
        if refused and task.channel is Channel.MOMENTS:  # nobody can be left out: it waits until all have room
            latest = max(refused.values(), key=_how_late)
            refused = {one: refused.get(one, latest)._replace(not_before=latest.not_before) for one in task.pending_ids}
        later: dict[datetime, list[str]] = defaultdict(list)
        over: dict[str, Result] = {}
        for target_id, (reason, not_before) in refused.items():
            if not_before is not None and not_before < task.expires_at:
                later[not_before].append(target_id)
            else:
                over[target_id] = Result(RecipientState.EXCLUDED, now, reason)
        judged.task = task.with_results(over)
        for not_before, target_ids in later.items():
            judged.move(target_ids, now, not_before=not_before)

    def _alive_until(self, task: SendTask, content: ApprovedContent) -> datetime:
        """The earliest of content expiry, deadline and the start of quiet hours; what is internal may span them.

        It is taken back a little before the expiry and the quiet hours, so that nobody confirms it in them.
        """
        ends = [content.valid_until, task.expires_at]
        quiet = self.settings.next_silence(self.now(), task.node_path)
        if quiet is not None and task.channel not in _INTERNAL:
            ends.append(quiet)
        return min(self.now() + task.deadline, min(ends) - AHEAD)

    def _silent_until(self, task: SendTask) -> datetime | None:
        """When it may be created again; None: now. Nothing is that would be taken back at once."""
        now, where = self.now(), task.node_path
        return self.settings.silent_until(now, where) or self.settings.silent_until(now + AHEAD, where)

    def _intend(self, task: SendTask, added: Sequence[SendTask]) -> SendTask:
        """Where nothing has to be looked up afterwards, calls need not wait for each other."""
        if task.channel not in LOOKED_UP:
            return self.tasks.save(task, added)
        try:
            return self.tasks.intend(task, added)
        except CallInDoubtError as other:
            soonest = self.now() + self.settings.call_recheck
            raise DispatchPostponedError(max(soonest, other.known_at or soonest)) from other

    def _store(self, before: SendTask, after: SendTask, added: Sequence[SendTask] = ()) -> SendTask:
        """Save, then tell whose end it is: told first, a place could be freed that another run still needs."""
        news = self.ends.news(before, after)
        written = task_steps.untold(after, self.settings, self.now()) if news else after
        saved = self._intend(written, added) if written.state is TaskState.SENDING else self.tasks.save(written, added)
        if news:
            self.ends.tell(saved, news, before)
            saved = self.tasks.save(task_steps.told(saved)) if saved.state in ENDED else saved
        ready = [task for task in added if task.not_before is None]
        if ready:
            self.queue.request_send(ready)
        return saved


def _how_late(refused: NoPlace) -> tuple[bool, float]:
    """Never is the latest."""
    at = refused.not_before
    return at is None, at.timestamp() if at else 0.0


@dataclass(slots=True)
class _Judged:
    """A task after the checks, and the tasks of whoever moves; no more of those than one write takes."""

    task: SendTask
    added: list[SendTask] = field(default_factory=list)
    left_over: bool = False

    @property
    def room(self) -> bool:
        return not self.left_over

    def move(
        self, target_ids: Sequence[str], now: datetime, *, owner_userid: str = "", not_before: datetime | None = None
    ) -> None:
        if len(self.added) == MOST_SUCCESSORS:
            self.left_over = True
            return
        self.task, successor = task_steps.moved(
            self.task, target_ids, now, owner_userid=owner_userid, not_before=not_before
        )
        self.added.append(successor)
