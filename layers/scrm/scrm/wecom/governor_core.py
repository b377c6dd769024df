"""The rate governor's rules as pure functions: (state, now) in, state out. Times are seconds since 1970.

WeCom's windows may be aligned in any way, so both hold for *every* interval of their length, measured where calls
arrive. A call granted at ``s`` arrives no later than ``s + lease_life + arrival_jitter``: both windows are taken
longer by that.

- Minute: GCRA whose burst and rate together fill the longer window exactly.
- Hour: a ring of permits per bucket, so that a burst may use the hour fully and unused permits can be given back.
- Between classes: the class that has had the least for its weight goes first among those waiting.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from scrm import clock
from scrm.wecom import limits
from scrm.wecom.governor_state import WEIGHTS, GovernorPolicy, Priority, RateState, Slot, WaitReason
from scrm.wecom.limits import PathLimits

_MINUTE = limits.MINUTE.total_seconds()
_HOUR = limits.HOUR.total_seconds()
_LEASES_AN_HOUR = 1500  # of 150,000 calls: a hundredth of what is left, for 100 processes side by side
_MARGIN = limits.PENALTY_MARGIN.total_seconds()


class Grant(NamedTuple):
    """``granted`` permits usable from ``not_before`` on, or none and the time to ask again with the reason."""

    state: RateState
    granted: int
    not_before: float
    reason: WaitReason | None = None
    probe: bool = False


def grant(
    state: RateState, now: float, want: int, priority: Priority, budget: PathLimits, policy: GovernorPolicy
) -> Grant:
    """At most ``want`` permits for ``priority``; a lease may begin up to ``policy.horizon`` ahead."""
    if now < state.penalty_until:
        return Grant(state, 0, state.penalty_until, WaitReason.PENALTY)
    if state.penalty_level:
        return _probe(state, now, priority, policy)
    state = _joined(state, now, priority, policy)
    ahead = _least_served_waiting(state, now, priority)
    if ahead is not None and state.shares[priority] > ahead:
        return _wait(state, now + policy.recheck, priority, policy, WaitReason.SHARE)
    room, room_at = _hour_room(state, now, priority, budget, policy)
    if room <= 0:
        return Grant(state, 0, min(room_at, _last_return(state, now, room, policy) or room_at), WaitReason.HOUR)
    return _minute_permits(state, now, min(want, _thrifty(room, budget)), priority, budget, policy)


def take_slot(state: RateState, now: float, slot_id: str, priority: Priority, policy: GovernorPolicy) -> Grant:
    """Enter ``slot_id`` among the running calls if concurrency is limited and a slot is free for ``priority``."""
    most = allowed_concurrency(state, now, policy)
    if most is None:
        return Grant(state._replace(concurrency=0, slots=()) if state.concurrency else state, 1, now)
    running = tuple(slot for slot in state.slots if slot.expires_at > now)
    if len(running) >= max(1, most - int(most * policy.slot_reserve * priority)):
        state = state._replace(slots=running)
        return _wait(state, now + policy.recheck, priority, policy, WaitReason.CONCURRENCY)
    return Grant(state._replace(slots=(*running, Slot(slot_id, now + policy.slot_life))), 1, now)


def free_slot(state: RateState, slot_id: str) -> RateState:
    """The call that held the slot has ended."""
    return state._replace(slots=tuple(slot for slot in state.slots if slot.slot_id != slot_id))


def allowed_concurrency(state: RateState, now: float, policy: GovernorPolicy) -> int | None:
    """How many calls may run at once; None is any number. Grows slowly, and an hour without a 45033 lifts it."""
    if not state.concurrency or now - state.concurrency_at >= _HOUR:
        return None
    return state.concurrency + int((now - state.concurrency_at) / policy.slot_growth)


def congested(state: RateState, now: float, budget: PathLimits, policy: GovernorPolicy) -> RateState:
    """After a 45033: begin to limit concurrency, or halve the limit. Refusals of one crowd count once."""
    allowed = allowed_concurrency(state, now, policy)
    if allowed is None:
        return state._replace(concurrency=budget.concurrency_after_refusal, concurrency_at=now)
    if now - state.concurrency_at < policy.patience:
        return state
    return state._replace(concurrency=max(1, allowed // 2), concurrency_at=now)


def penalized(state: RateState, now: float) -> RateState:
    """After a 45009: 60 s; if the first call after it fails again the hour, then the rest of the calendar day.

    The body does not say which window was hit, and its text must not be matched. A refusal that arrives while a
    window is open belongs to a call issued before it and changes nothing.
    """
    if now < state.penalty_until:
        return state
    level = min(state.penalty_level + 1, 3)
    return state._replace(penalty_level=level, penalty_until=_penalty_end(level, now) + _MARGIN, probe_until=0.0)


def probe_passed(state: RateState) -> RateState:
    """The first call after the window was not refused for frequency: the path is open again."""
    return state._replace(penalty_level=0, probe_until=0.0)


def probe_lost(state: RateState) -> RateState:
    """The first call after the window brought no answer: the next one asks instead."""
    return state._replace(probe_until=0.0)


def given_back(state: RateState, bucket: int, unused: int) -> RateState:
    """Return permits nobody used to the hour; the minute has long refilled."""
    had = state.buckets.get(bucket, 0)
    if not had:
        return state
    return state._replace(buckets={**state.buckets, bucket: max(0, had - unused)})


def bucket_of(moment: float, policy: GovernorPolicy) -> int:
    return int(moment // policy.bucket)


def largest_lease(budget: PathLimits, policy: GovernorPolicy) -> int:
    """A lease is never larger than the burst the minute allows at once."""
    return min(policy.largest_lease, _burst(budget))


def _penalty_end(level: int, now: float) -> float:
    if level == 1:
        return now + limits.PENALTY_MINUTE.total_seconds()
    if level == 2:  # noqa: PLR2004 - minute, hour, day
        return now + limits.PENALTY_HOUR.total_seconds()
    today = datetime.fromtimestamp(now, clock.BUSINESS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()


def _probe(state: RateState, now: float, priority: Priority, policy: GovernorPolicy) -> Grant:
    """After a window one call goes ahead alone; everyone else waits for what it reports."""
    if now < state.probe_until:
        return Grant(state, 0, state.probe_until, WaitReason.PROBE)
    asking = _joined(state, now, priority, policy)._replace(probe_until=now + policy.probe_life)
    return Grant(_charged(asking, now, 1, priority, policy), 1, now, probe=True)


def _joined(state: RateState, now: float, priority: Priority, policy: GovernorPolicy) -> RateState:
    """Note that the class asked. One that was away gets no credit for it; after a pause of all everyone is equal."""
    active = [other for other in Priority if now - state.asked_at[other] < policy.active_for]
    shares = state.shares
    if not active:
        shares = (0.0,) * len(WEIGHTS)
    elif priority not in active:
        shares = _with(shares, priority, max(shares[priority], min(shares[other] for other in active)))
    return state._replace(shares=shares, asked_at=_with(state.asked_at, priority, now))


def _least_served_waiting(state: RateState, now: float, priority: Priority) -> float | None:
    waiting = [state.shares[other] for other in Priority if other != priority and state.waiting_until[other] > now]
    return min(waiting, default=None)


def _hour_room(
    state: RateState, now: float, priority: Priority, budget: PathLimits, policy: GovernorPolicy
) -> tuple[int, float]:
    """Permits left in the hour for the class, and when there will be one if there is none.

    A share of the hour is kept for each higher class that called within the hour: what is used up cannot be had
    back for an hour, and a welcome message lives 20 seconds.
    """
    higher = sum(1 for other in Priority if other < priority and now - state.asked_at[other] < _HOUR)
    most = budget.per_hour - int(budget.per_hour * policy.hour_reserve * higher)
    live = {number: count for number, count in state.buckets.items() if _leaves_hour(number, policy) > now}
    room = most - sum(live.values())
    lacking = 1 - room
    for number in sorted(live):
        lacking -= live[number]
        if lacking <= 0:
            return room, _leaves_hour(number, policy)
    return room, now + policy.store_pause  # the class has no share of the hour at all; cannot be with our reserves


def _thrifty(room: int, budget: PathLimits) -> int:
    """The largest lease while the hour has so much room: down to single permits, which do not lapse, at its end."""
    return min(room, max(1, room * _LEASES_AN_HOUR // budget.per_hour))


def _last_return(state: RateState, now: float, room: int, policy: GovernorPolicy) -> float | None:
    """When the last lease will have been used or given back; None if no return can make room.

    Whoever waits for the hour asks once more then: a permit given back to an hour that is full otherwise goes unused
    until the hour frees, and whoever uses it later than the others closes the next hour by as much longer.
    """
    kept = policy.lease_life + policy.return_grace
    out = sum(count for number, count in state.buckets.items() if (number + 1) * policy.bucket > now - kept)
    returned = state.permitted_until + kept
    return returned if returned > now and room + out > 0 else None


def _leaves_hour(number: int, policy: GovernorPolicy) -> float:
    return (number + 1) * policy.bucket + policy.lease_life + policy.arrival_jitter + _HOUR


def _burst(budget: PathLimits) -> int:
    return max(1, budget.per_minute // 100)


def _minute_permits(
    state: RateState, now: float, want: int, priority: Priority, budget: PathLimits, policy: GovernorPolicy
) -> Grant:
    burst = _burst(budget)
    window = _MINUTE + policy.lease_life + policy.arrival_jitter
    interval = window / max(0.5, budget.per_minute - burst - 1)
    permits = min(want, burst)
    start = max(now, state.permitted_until + (permits - burst) * interval)
    if start > now + policy.horizon:
        return _wait(state, start - policy.horizon, priority, policy, WaitReason.MINUTE)
    taken = state._replace(permitted_until=max(state.permitted_until, start) + permits * interval)
    if start <= now:  # served at once; else more of the class may be waiting behind this lease
        taken = taken._replace(waiting_until=_with(state.waiting_until, priority, 0.0))
    return Grant(_charged(taken, start, permits, priority, policy), permits, start)


def _charged(state: RateState, start: float, permits: int, priority: Priority, policy: GovernorPolicy) -> RateState:
    """Book permits that may be used from ``start`` on, and forget buckets that left the hour."""
    bucket = bucket_of(start, policy)
    kept = {number: count for number, count in state.buckets.items() if _leaves_hour(number, policy) > start}
    kept[bucket] = kept.get(bucket, 0) + permits
    share = state.shares[priority] + permits / WEIGHTS[priority]
    return state._replace(buckets=kept, shares=_with(state.shares, priority, share))


def _wait(state: RateState, not_before: float, priority: Priority, policy: GovernorPolicy, reason: WaitReason) -> Grant:
    """Refuse, and note that the class waits, so that others let it go first when its turn comes.

    The note is renewed only when it is about to lapse: a waiting crowd must not write at every look.
    """
    if state.waiting_until[priority] < not_before + policy.patience / 2:
        state = state._replace(waiting_until=_with(state.waiting_until, priority, not_before + policy.patience))
    return Grant(state, 0, not_before, reason)


def _with(values: tuple[float, ...], place: int, value: float) -> tuple[float, ...]:
    return (*values[:place], value, *values[place + 1 :])
