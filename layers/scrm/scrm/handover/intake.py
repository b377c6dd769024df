"""Turn the signals of one staff change into exactly one case (S61, S62)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from scrm.handover.errors import StaleVersionError
from scrm.handover.model import (
    OUR_PLAN,
    CaseOutcome,
    CaseState,
    ChangeKind,
    HandoverCase,
    SignalSource,
    StaffSignal,
    case_id_of,
)
from scrm.handover.ports import CaseRepository, HandoverQueue, Journal, StaffDirectory, StaffMember
from scrm.handover.settings import HandoverSettings, end_of
from scrm.node_paths import ROOT_NODE_ID, ROOT_PATH

_TOLD_AGAIN_WITHIN = timedelta(days=30)


class IntakeOutcome(StrEnum):
    OPENED = "opened"
    ATTACHED = "attached"
    NOTHING_TO_DO = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class HandoverIntake:
    """Use case: a staff change opens a case; every further signal of the same member joins it.

    Several sources may tell one change with several time stamps, so the case is found through the member: at most one
    open case per member. The plan is requested on every signal, because a crash between storing and queueing must not
    lose it and the worker tolerates repeats.
    """

    cases: CaseRepository
    staff: StaffDirectory
    queue: HandoverQueue
    journal: Journal
    settings: HandoverSettings

    def take(self, signal: StaffSignal, now: datetime) -> tuple[HandoverCase | None, IntakeOutcome]:
        """Open or join the member's case. Raises StaleVersionError when a concurrent writer won."""
        latest = self.cases.latest_case_of(signal.userid)
        member = self.staff.staff_member(signal.userid)
        if has_come_back_since(member, signal):
            return None, IntakeOutcome.NOTHING_TO_DO
        if latest is not None and not starts_anew(latest[0], member, signal):
            case = self._attach(latest[0], signal, now)
            outcome = IntakeOutcome.ATTACHED
        elif signal.cancels or (signal.stays.customers_stay and signal.stays.groups_stay):
            return None, IntakeOutcome.NOTHING_TO_DO
        else:
            case = self._open(
                signal, member, now, ordinal=latest[1] + 1 if latest else self.cases.next_ordinal(signal.userid)
            )
            outcome = IntakeOutcome.OPENED
        if case.is_open and case.state is not CaseState.UNCONFIRMED:
            self.queue.request_plan(case.case_id)
        return case, outcome

    def _attach(self, case: HandoverCase, signal: StaffSignal, now: datetime) -> HandoverCase:
        joined = attached(case, signal, self.settings, now)
        return case if joined is case else self.cases.save(joined)

    def _open(self, signal: StaffSignal, member: StaffMember | None, now: datetime, *, ordinal: int) -> HandoverCase:
        unconfirmed = not signal.source.speaks_for_bank
        not_before = max(now, signal.occurred_at + self.settings.confirmation_wait) if unconfirmed else now
        opened = HandoverCase(
            case_id=case_id_of(signal.corp_id, signal.userid, ordinal),
            corp_id=signal.corp_id,
            handover_userid=signal.userid,
            handover_name=member.name if member else "",
            node_id=member.node_id if member else ROOT_NODE_ID,
            node_path=member.node_path if member else ROOT_PATH,
            node_name=member.node_name if member else "",
            state=CaseState.UNCONFIRMED if unconfirmed else CaseState.PLANNING,
            opened_at=now,
            due_at=not_before,
            start_at=not_before,
            signals=(),
            change=signal.change,
            account_deleted_at=signal.occurred_at if signal.account_deleted else None,
        ).noted(signal)
        case = opened if unconfirmed else _as_hr_says(opened, signal, self.settings, now)
        case = replace(case, plan_outdated=False)  # there is none yet
        self.journal.opened(case, signal)
        if not self.cases.open_case(case, ordinal):
            raise StaleVersionError("another signal opened the case first")
        return case


def attached(case: HandoverCase, signal: StaffSignal, settings: HandoverSettings, now: datetime) -> HandoverCase:
    """The case after one more signal; the very same object when it is known already."""
    if case.knows(signal.event_id):
        return case
    if not case.is_open:
        gone_at = signal.occurred_at if signal.account_deleted else None
        known = replace(case, account_deleted_at=case.account_deleted_at or gone_at)
        return known.noted(signal, "came after the end")
    if signal.account_deleted:
        gone = replace(case.with_account_deleted(signal.occurred_at), due_at=now)
        return gone.noted(signal, "" if case.change is ChangeKind.DEPARTURE else "became a departure")
    return _with_word_of_hr(case, signal, settings, now) if signal.source.speaks_for_bank else case.noted(signal)


def _with_word_of_hr(
    case: HandoverCase, signal: StaffSignal, settings: HandoverSettings, now: datetime
) -> HandoverCase:
    """The latest word counts; one that comes late, or contradicts an open departure, is kept and changes nothing."""
    if case.hr_at is not None and signal.occurred_at < case.hr_at:
        return case.noted(signal, "older than what HR said last")
    if signal.cancels:
        return _cancelled(case, signal, now)
    if case.change is ChangeKind.DEPARTURE and signal.change is not ChangeKind.DEPARTURE and case.hr_at is not None:
        return case.noted(signal, "disagrees with the departure; cancel that first")
    note = "confirmed by HR" if case.state is CaseState.UNCONFIRMED else _difference(case, signal)
    return _as_hr_says(case, signal, settings, now).noted(signal, note)


def has_come_back_since(member: StaffMember | None, signal: StaffSignal) -> bool:
    """A callback that comes late tells of an account that was made again: nobody has left, and the resigned API would
    not take it. What WeCom still keeps from the old account the sweep finds.
    """
    if signal.source is not SignalSource.CALLBACK or not signal.account_deleted or member is None:
        return False
    return member.rejoined_at is not None and signal.occurred_at < member.rejoined_at


def starts_anew(latest: HandoverCase, member: StaffMember | None, signal: StaffSignal) -> bool:
    """A signal after the end is an echo, unless it tells of another change or the member had come back in between."""
    if latest.is_open or latest.closed_at is None or latest.knows(signal.event_id):
        return False
    if signal.source is SignalSource.SWEEP:
        return True  # WeCom lists what the case that ended does not account for
    if latest.account_deleted:
        returned_at = member.rejoined_at if member else None
        return returned_at is not None and latest.closed_at < returned_at <= signal.occurred_at
    if signal.change is ChangeKind.DEPARTURE and _has_departed(latest) and _is_the_same(latest, signal):
        return False
    return signal.account_deleted or latest.hr_at is None or signal.occurred_at > latest.hr_at


def _has_departed(latest: HandoverCase) -> bool:
    """A departure that was carried through; what came to the leaver since then the sweep finds."""
    return latest.change is ChangeKind.DEPARTURE and latest.outcome is not CaseOutcome.CANCELLED


def _is_the_same(latest: HandoverCase, signal: StaffSignal) -> bool:
    """The account goes after the customers have, and HR may tell of the last day once more when it is over."""
    if signal.account_deleted or latest.last_day is None:
        return signal.account_deleted
    if signal.last_day is not None:
        return signal.last_day == latest.last_day
    return signal.occurred_at < end_of(latest.last_day) + _TOLD_AGAIN_WITHIN


def _as_hr_says(case: HandoverCase, signal: StaffSignal, settings: HandoverSettings, now: datetime) -> HandoverCase:
    """HR's word in force: kind of change, days, successors. A deleted account stays a departure."""
    start_at = settings.start_of(signal.last_day, now) if signal.last_day else now
    others = _names_others(case, signal)
    outdated = others and signal.successor_userids != case.requested_successors
    return replace(
        case,
        change=ChangeKind.DEPARTURE if case.account_deleted else signal.change,
        last_day=signal.last_day,
        start_at=start_at,
        stays=signal.stays,
        hr_at=signal.occurred_at,
        requested_successors=signal.successor_userids if others else case.requested_successors,
        named_by_hr=signal.successor_userids or case.named_by_hr,
        plan_outdated=case.plan_outdated or outdated,
        plan_made_by=_maker(case, signal, outdated=outdated),
        cancelled_at=None,
        state=CaseState.PLANNING if case.state is CaseState.UNCONFIRMED else case.state,
        due_at=_due(case, now),
    )


def _names_others(case: HandoverCase, signal: StaffSignal) -> bool:
    """Whether HR names successors, and not just those it named before: an operator may have chosen others since."""
    return bool(signal.successor_userids) and signal.successor_userids != case.named_by_hr


def _maker(case: HandoverCase, signal: StaffSignal, *, outdated: bool) -> str:
    """Whose plan it is: whoever told HR's system, as long as it is not stored, or as it has to be made anew."""
    if case.is_planned and not outdated:
        return case.plan_made_by
    return signal.actor or (OUR_PLAN if outdated else case.plan_made_by)


def _cancelled(case: HandoverCase, signal: StaffSignal, now: datetime) -> HandoverCase:
    if case.account_deleted:
        return case.noted(signal, "the account is deleted: the handover goes on")
    if signal.change is not case.change:
        return case.noted(signal, "cancels a change that is not open")
    return replace(case, cancelled_at=now, hr_at=signal.occurred_at, due_at=now).noted(signal)


def _difference(case: HandoverCase, signal: StaffSignal) -> str:
    """What a later word of HR changed, for whoever reads the case."""
    changed = [
        name
        for name, before, after in (
            ("change", case.change, signal.change),
            ("last_day", case.last_day, signal.last_day),
            ("successors", (), signal.successor_userids if _names_others(case, signal) else ()),
        )
        if before != after
    ]
    return f"changed {', '.join(changed)}" if changed else ""


def _due(case: HandoverCase, now: datetime) -> datetime | None:
    return now if case.is_open else case.due_at
