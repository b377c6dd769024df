"""Look at a task that WeCom has, until each of its customers has ended (O2, S64, S65)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from scrm.campaign import reports, task_steps
from scrm.campaign.checks import SendChecks
from scrm.campaign.dispatch_errors import DispatchPostponedError, SendFailedError, SendRefusedError
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ends import Ends
from scrm.campaign.ports import DispatchQueue, MassMessages, Standing, Standings, TaskRepository
from scrm.campaign.reactions import MomentReactions
from scrm.campaign.task import CREATING, OPEN, CancelCause, RecipientState, SendTask, TaskState
from scrm.campaign.terms import Channel

_REMINDER_WINDOW = timedelta(hours=24)
_REMINDERS_PER_WINDOW = 3
_NO_SUCH_MESSAGE = frozenset({41046, 41047})


class LookOutcome(StrEnum):
    """What one look of the reconciliation did."""

    LOOKED = "looked"
    REMINDED = "reminded"
    TAKEN_BACK = "taken_back"
    SETTLED = "settled"
    CORRECTED = "corrected"
    POSTPONED = "postponed"
    GIVEN_UP = "given_up"
    SENT_ON = "sent_on"
    NOTHING_TO_DO = "nothing_to_do"

    @property
    def metric(self) -> str:
        """``TaskLooked`` and so on."""
        return f"Task{self.value.title().replace('_', '')}"


@dataclass(frozen=True, slots=True)
class TaskReconcile:
    """Use case of the reconciliation: one look at one task. Safe to repeat at any point of an earlier run."""

    tasks: TaskRepository
    messages: MassMessages
    standings: Standings
    checks: SendChecks
    queue: DispatchQueue
    ends: Ends
    settings: DispatchSettings
    now: Callable[[], datetime]
    reactions: Callable[[], MomentReactions] | None = None

    def look(self, task_id: str, *, asked: bool = False) -> LookOutcome:
        """Look if it is time, or because somebody ``asked``: something about its customers or its campaign changed.

        Raises StaleTaskError when someone else had it in hand.
        """
        task = self.tasks.load(task_id)
        if task is None or task.due_at is None:
            return LookOutcome.NOTHING_TO_DO
        if self.now() < task.due_at and not (asked and task.state in OPEN):
            return LookOutcome.NOTHING_TO_DO
        if task.state in CREATING:
            return self._send_on(task, asked=asked)
        try:
            return self._look(task)
        except DispatchPostponedError as waiting:
            self._put_off(task_id, min(waiting.not_before, self.now() + self.settings.longest_look_wait))
            return LookOutcome.POSTPONED
        except (SendRefusedError, SendFailedError) as error:
            return self._refused(self.tasks.load(task_id) or task, error)

    def _put_off(self, task_id: str, not_before: datetime) -> None:
        latest = self.tasks.load(task_id)
        if latest is not None and latest.due_at is not None:
            self.tasks.save(task_steps.unanswered(latest, not_before))
            self.queue.request_looks([task_id], not_before=not_before)

    def _send_on(self, task: SendTask, *, asked: bool) -> LookOutcome:
        """Whoever has a task in hand that something concerns may have checked it before that.

        While it is planned, a write here makes his stale, so that he checks again. Once the call may be made its answer
        must find the task as it was: then it is looked at after that.
        """
        if asked and task.state is TaskState.SENDING:
            self.queue.request_looks([task.task_id], asked=True, not_before=self.now() + self.settings.call_recheck)
        elif asked:
            self.tasks.save(task)
        self.queue.request_send([task])
        return LookOutcome.SENT_ON

    def _look(self, task: SendTask) -> LookOutcome:
        if task.state is TaskState.WATCHED:
            return self._watch(task)
        if task.is_recallable and self.standings.of(task.campaign_id) is not Standing.STOPPED:
            return self._keep(task)
        cause = task.cancel_cause if task.state is TaskState.CANCELLING else None
        standing = self.standings.of(task.campaign_id)
        if standing is Standing.STOPPED:
            cause = CancelCause.STOPPED
        if cause is None and task.alive_until is not None and self.now() >= task.alive_until:
            cause = CancelCause.LIFE_OVER
        if cause is None and standing is Standing.FROZEN:
            cause = CancelCause.RECHECK  # planned again, and created when the bank goes on
        if cause is not None:
            return self._take_back(task, cause)
        verdict = self.checks.judge(task, self.now())
        if verdict.takes_back(task.channel):
            return self._take_back(task, CancelCause.RECHECK)
        return self._wait(replace(task, permitted_until=verdict.permitted_until))

    def _refused(self, task: SendTask, error: SendRefusedError | SendFailedError) -> LookOutcome:
        """Nothing more will be told of a message that WeCom does not know; any other refusal may be mended."""
        if isinstance(error, SendFailedError):
            self._store(task, task_steps.failed_there(task, f"errcode_{error.errcode}", self.now()))
            return LookOutcome.SETTLED
        told = task.channel is Channel.APPLICATION_MESSAGE
        horizon = self.settings.recallable if told else self.settings.horizon
        past = task.created_at is not None and self.now() >= task.created_at + horizon
        if error.errcode in _NO_SUCH_MESSAGE or past:
            self._store(task, task_steps.given_up(task, self.now()))
            return LookOutcome.GIVEN_UP
        self.tasks.save(task_steps.unanswered(task, self.now() + self.settings.refused_recheck))
        return LookOutcome.POSTPONED

    def _wait(self, task: SendTask) -> LookOutcome:
        found = reports.read(self.messages, task, everybody=False)
        seen = task_steps.with_reports(task, found.rows)
        if found.confirmed:
            assigned = {*found.rows, *seen.results}
            dropped = [one for one in seen.pending_ids if one not in assigned]
            seen = task_steps.not_assigned(seen, dropped, self.now())
        seen = self._with_reactions(seen, found)
        outcome = LookOutcome.LOOKED
        if seen.has_pending and task.channel is not Channel.MOMENTS and self._reminder_due(task):
            # Stored first: a reminder more is worse than one less.
            seen = replace(seen, reminded_at=(*seen.reminded_at, self.now()))
            outcome = LookOutcome.REMINDED
        after = task_steps.with_next_look(seen, self.settings, self.now())
        self._store(task, after)
        if outcome is LookOutcome.REMINDED:
            self.messages.remind(task.msgid)
        return LookOutcome.SETTLED if after.state is TaskState.SETTLED else outcome

    def _with_reactions(self, task: SendTask, found: reports.Reports) -> SendTask:
        """Likes and comments, once its member has published."""
        if self.reactions is None or task.channel is not Channel.MOMENTS or not found.confirmed:
            return task
        return self.reactions().seen(task)

    def _keep(self, task: SendTask) -> LookOutcome:
        """Its member was told: nothing more becomes of it, whatever changes, unless the campaign is recalled."""
        after = task_steps.with_next_look(task, self.settings, self.now())
        self._store(task, after)
        return LookOutcome.SETTLED if after.state is TaskState.SETTLED else LookOutcome.LOOKED

    def _reminder_due(self, task: SendTask) -> bool:
        now, given = self.now(), task.reminded_at
        recent = [at for at in given if now - at < _REMINDER_WINDOW]
        due = sum(1 for after in self.settings.reminders if task.created_at and now >= task.created_at + after)
        return len(given) < due and len(recent) < _REMINDERS_PER_WINDOW

    def _take_back(self, task: SendTask, cause: CancelCause) -> LookOutcome:
        """Cancel, look a last time, and plan those again who remain.

        Of a stopped campaign nobody is planned again: who has not confirmed is not asked about, so that 300,000 tasks
        take two calls each and not three.
        """
        wanted = task_steps.cancelling(task, cause, self.now())
        stored = task if wanted == task else self.tasks.save(wanted)
        if not stored.is_cancelled:
            self.messages.cancel(stored.msgid)
            stored = replace(stored, is_cancelled=True)
        try:
            found = reports.read(self.messages, stored, everybody=stored.cancel_cause is not CancelCause.STOPPED)
        except DispatchPostponedError:
            self.tasks.save(stored)  # what is cancelled need not spend WeCom's quota once more
            raise
        seen = task_steps.with_reports(stored, found.rows)
        assigned = set(found.rows if found.complete else stored.target_ids)
        ended, successor = task_steps.taken_back(seen, assigned, self.now())
        after = task_steps.with_next_look(ended, self.settings, self.now())
        self._store(stored, after, [successor] if successor else [])
        if successor:
            self.queue.request_send([successor])
        return LookOutcome.TAKEN_BACK

    def _watch(self, task: SendTask) -> LookOutcome:
        found = reports.read(self.messages, task, everybody=False)
        seen = task_steps.with_reports(task, found.rows)
        late = task_steps.late_exposures(task, found.rows)
        if late:
            seen, others = self._brought_back(seen, late, found)
        else:
            others = []
        seen = self._with_reactions(seen, found)
        after = task_steps.with_next_look(seen, self.settings, self.now())
        self._store(task, after, changed=others)
        if others:
            self.queue.request_looks([other.task_id for other in others if other.state is TaskState.CANCELLING])
        if after.state is TaskState.SETTLED:
            return LookOutcome.SETTLED
        return LookOutcome.CORRECTED if after.results != task.results else LookOutcome.LOOKED

    def _brought_back(
        self, task: SendTask, late: Iterable[str], found: reports.Reports
    ) -> tuple[SendTask, list[SendTask]]:
        """Customers who had moved on and got it from this task all the same: they end here, and elsewhere are moved.

        Also who has ended where they are now, excluded for example: they have it. Nothing is touched there while its
        call runs, the next look comes back; and who got it there too ended there.
        """
        others: dict[str, SendTask] = {}
        back = {}
        for target_id in sorted(late):
            holder = self._holder_of(task, target_id, others)
            if holder is None or holder.state is TaskState.SENDING:
                continue
            if holder.result_of(target_id).state is RecipientState.SENT:
                continue
            left = holder.ended_as(RecipientState.MOVED, [target_id], self.now(), task.task_id)
            others[holder.task_id] = left if target_id in holder.results else self._without(left)
            back[target_id] = found.rows[target_id]._replace(reason=f"despite_{task.cancel_cause}")
        return task.with_results(back), list(others.values())

    def _holder_of(self, task: SendTask, target_id: str, known: dict[str, SendTask]) -> SendTask | None:
        """The task in which a moved customer is now."""
        at: SendTask | None = task
        passed = set()
        while at is not None and at.result_of(target_id).state is RecipientState.MOVED:
            following = at.result_of(target_id).reason
            if following in passed:
                return None
            passed.add(following)
            at = known.get(following) or self.tasks.load(following)
        return at

    def _without(self, other: SendTask) -> SendTask:
        """The other task after customers left it: what its member may still send is taken back and planned again."""
        if other.state is TaskState.WAITING:
            return task_steps.cancelling(other, CancelCause.RECHECK, self.now())
        return other

    def _store(
        self, before: SendTask, after: SendTask, added: Iterable[SendTask] = (), changed: Iterable[SendTask] = ()
    ) -> None:
        """Tell first: what WeCom reported is true whoever writes it, and a repeat tells the same."""
        self.ends.tell(after, self.ends.news(before, after), before)
        self.tasks.save(after, list(added), list(changed))
