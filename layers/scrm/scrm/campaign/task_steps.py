"""The steps of a send task, each a pure function of the task as it was."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from scrm import ids
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ports import AcceptedMessage
from scrm.campaign.task import (
    CREATING,
    ENDED,
    FINAL,
    CancelCause,
    RecipientState,
    Result,
    SendTask,
    TaskState,
    hash_of_text,
)

RECALLED = "recalled"  # a message that told a member, taken back after he was told
_END_OF = {
    CancelCause.STOPPED: RecipientState.CANCELLED,
    CancelCause.LIFE_OVER: RecipientState.NOT_CONFIRMED,
}


def intended(task: SendTask, text: str, alive_until: datetime, settings: DispatchSettings, now: datetime) -> SendTask:
    """The call may be made from now on. Nobody else looks at the task before its maker must have ended."""
    return replace(
        task,
        state=TaskState.SENDING,
        first_intent_at=task.first_intent_at or now,
        intended_at=now,
        text_hash=hash_of_text(text),
        alive_until=alive_until,
        not_before=None,
        due_at=now + settings.longest_run,
    )


def accepted(task: SendTask, found: AcceptedMessage, settings: DispatchSettings, now: datetime) -> SendTask:
    """WeCom has it, will not send to some, and may have done with the others."""
    known = set(task.target_ids).difference(task.results)
    failed = task.ended_as(RecipientState.FAILED, known.intersection(found.failed_ids), now, "not_sendable")
    created = replace(
        failed.with_results(dict.fromkeys(failed.pending_ids, found.ended)) if found.ended else failed,
        state=TaskState.WAITING,
        msgid=found.msgid,
        created_at=now,
        first_created_at=task.first_created_at or now,
        not_before=None,
        looks=0,
        untold=False,
        answer_lost=found.answer_lost,
    )
    return with_next_look(created, settings, now)


def postponed(task: SendTask, not_before: datetime) -> SendTask:
    """The call was certainly not made; it is wanted later."""
    return replace(
        task,
        state=TaskState.PLANNED,
        not_before=not_before,
        first_intent_at=None,
        intended_at=None,
        due_at=not_before,
    )


def told(task: SendTask) -> SendTask:
    """The ledger has heard of everybody who ended so far."""
    return replace(task, untold=False, due_at=None if task.state in ENDED else task.due_at)


def untold(task: SendTask, settings: DispatchSettings, now: datetime) -> SendTask:
    """The ledger is about to hear of somebody's end; should the process die, another one tells it."""
    return replace(task, untold=True, due_at=now + settings.longest_run if task.state in ENDED else task.due_at)


def unanswered(task: SendTask, not_before: datetime) -> SendTask:
    """Whether the call was made is not known yet; ask again at that moment."""
    return replace(task, due_at=not_before)


def not_repeated(task: SendTask, reason: str, now: datetime) -> SendTask:
    """Its call was interrupted, nobody can be asked about it, and it may not be made again."""
    unknown = task.ended_as(RecipientState.UNKNOWN, task.pending_ids, now, reason)
    return replace(unknown, state=TaskState.SETTLED, due_at=None)


def refused(task: SendTask, reason: str, now: datetime) -> SendTask:
    """WeCom will never take it."""
    failed = task.ended_as(RecipientState.FAILED, task.pending_ids, now, reason)
    return replace(failed, state=TaskState.FAILED, due_at=None, not_before=None)


def withdrawn(task: SendTask, state: RecipientState, reason: str, now: datetime) -> SendTask:
    """It is not created any more; whoever was left ends with ``state``."""
    if task.state not in CREATING:
        raise ValueError("a task that WeCom has is cancelled there first")
    ended = task.ended_as(state, task.pending_ids, now, reason)
    return replace(ended, state=TaskState.CANCELLED, due_at=None, not_before=None)


def moved(
    task: SendTask,
    target_ids: Iterable[str],
    now: datetime,
    *,
    owner_userid: str = "",
    not_before: datetime | None = None,
) -> tuple[SendTask, SendTask]:
    """The task without those customers, and the one in which they are now: another owner's, a later one, or both."""
    wanted = set(target_ids)
    order = tuple(one for one in task.target_ids if one in wanted and one not in task.results)
    owner = owner_userid or task.owner_userid
    successor = SendTask(
        task_id=ids.derive("send", task.task_id, owner, str(task.version), order[0]),
        campaign_id=task.campaign_id,
        ring=task.ring,
        owner_userid=owner,
        channel=task.channel,
        chunk=task.chunk,
        content=task.content,
        target_ids=order,
        touch_id=task.touch_id,
        planned_at=now,
        expires_at=task.expires_at,
        node_path=task.node_path if owner == task.owner_userid else "",
        needs={one: task.needs[one] for one in order if one in task.needs},
        deadline=task.deadline,
        priority=task.priority,
        not_before=not_before,
        due_at=not_before or now,
        predecessor_id=task.task_id,
        first_created_at=task.first_created_at,
    )
    return task.ended_as(RecipientState.MOVED, order, now, successor.task_id), successor


def cancelling(task: SendTask, cause: CancelCause, now: datetime) -> SendTask:
    """To be taken back. A campaign's stop outweighs every other cause; else the first one stays."""
    if task.state is TaskState.CANCELLING and cause is not CancelCause.STOPPED:
        return task
    if task.state not in {TaskState.WAITING, TaskState.CANCELLING}:
        raise ValueError("only what lies with a member can be taken back from him")
    return replace(
        task,
        state=TaskState.CANCELLING,
        cancel_cause=cause,
        cancel_asked_at=task.cancel_asked_at or now,
        due_at=now,
    )


def with_reports(task: SendTask, reports: Mapping[str, Result]) -> SendTask:
    """What WeCom reports of customers. It may correct every state but those it told for good.

    One that the member confirmed although the task was being taken back keeps the cause as its reason: an exposure
    that is reported and not hidden. So does one that was left out and is shown a moment all the same. One that has
    moved on stays moved: `late_exposures` tells of it.
    """
    changed = {}
    for target_id, report in reports.items():
        known = task.result_of(target_id)
        if report.state is RecipientState.SENT and known.state is RecipientState.EXCLUDED:
            changed[target_id] = report._replace(reason=f"despite_{known.reason}")
            continue
        if target_id in task.results and (known.state in FINAL or known.state is RecipientState.MOVED):
            continue
        if report.state is RecipientState.PENDING or report.state is known.state:
            continue
        changed[target_id] = _despite(task, report)
    return task.with_results(changed)


def late_exposures(task: SendTask, reports: Mapping[str, Result]) -> set[str]:
    """Customers who were moved on and had it already, as WeCom says only now."""
    return {
        target_id
        for target_id, report in reports.items()
        if report.state is RecipientState.SENT and task.result_of(target_id).state is RecipientState.MOVED
    }


def not_assigned(task: SendTask, target_ids: Iterable[str], now: datetime) -> SendTask:
    """WeCom gave these customers to no member. When its answer was lost they may be those it refused at once.

    Both end alike: its list of results has no row of them, and asking again could make a second message.
    """
    reason = "answer_lost" if task.answer_lost else ""
    return task.ended_as(RecipientState.NOT_ASSIGNED, target_ids, now, reason)


def taken_back(task: SendTask, assigned: set[str], now: datetime) -> tuple[SendTask, SendTask | None]:
    """After the cancel and a last look: nobody is pending. Also the task of those who are planned again.

    ``assigned`` are the customers whom WeCom gave to any member; it never told anybody to send to the others.
    """
    ended = not_assigned(task, [one for one in task.pending_ids if one not in assigned], now)
    told = {one: found for one, found in ended.results.items() if found.state is RecipientState.TOLD}
    ended = ended.with_results({one: found._replace(reason=RECALLED) for one, found in told.items()})
    successor = None
    if ended.cancel_cause is CancelCause.RECHECK and ended.has_pending:
        ended, successor = moved(ended, ended.pending_ids, now)
    elif ended.cancel_cause in _END_OF:
        ended = ended.ended_as(_END_OF[ended.cancel_cause], ended.pending_ids, now, ended.cancel_cause.value)
    return replace(ended, state=TaskState.WATCHED, looks=0), successor


def with_next_look(task: SendTask, settings: DispatchSettings, now: datetime) -> SendTask:
    """When to look again; a task about which WeCom can tell nothing new, or whose horizon has come, is settled."""
    since = task.created_at or now
    if task.is_recallable and now < since + settings.recallable:
        return replace(task, due_at=since + settings.recallable)
    if task.state is TaskState.WAITING and task.has_pending:
        step = _step(settings.waiting_looks, task.looks)
        wanted = max(since + step, now + settings.shortest_wait)
        ends = (end for end in (task.alive_until, task.permitted_until) if end is not None)
        return replace(task, looks=task.looks + 1, due_at=min((wanted, *ends)))
    told = all(result.state in FINAL for result in task.results.values())
    horizon = since + (settings.reactions if told and task.was_published else settings.horizon)
    if (told and not task.was_published) or now >= horizon:
        return replace(task, state=TaskState.SETTLED, due_at=None)
    step = _step(settings.watched_looks, task.looks)
    wanted = max(since + step, now + settings.shortest_watch)
    return replace(task, state=TaskState.WATCHED, looks=task.looks + 1, due_at=min(wanted, horizon))


def failed_there(task: SendTask, reason: str, now: datetime) -> SendTask:
    """WeCom had taken it and could not carry it out."""
    ended = task.ended_as(RecipientState.FAILED, task.pending_ids, now, reason)
    return replace(ended, state=TaskState.SETTLED, due_at=None)


def given_up(task: SendTask, now: datetime) -> SendTask:
    """WeCom no longer tells anything of it."""
    ended = task.ended_as(RecipientState.UNKNOWN, task.pending_ids, now, "not_told")
    return replace(ended, state=TaskState.SETTLED, due_at=None)


def _step(steps: tuple[timedelta, ...], looks: int) -> timedelta:
    return steps[min(looks, len(steps) - 1)]


def _despite(task: SendTask, report: Result) -> Result:
    asked = task.cancel_asked_at
    late = report.state is RecipientState.SENT and asked is not None and (report.at is None or report.at >= asked)
    return report._replace(reason=f"despite_{task.cancel_cause}") if late and task.cancel_cause else report
