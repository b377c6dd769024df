"""The rate governor: who may call WeCom when, decided by all functions together.

One small item per API path holds the budgets and the penalty window. Permits are leased in small batches with a
use-by, so that writes are few; the penalty window is read, strongly consistent, before *every* call, so that none is
issued inside a window that has been persisted (O13): with a permit in hand by a read of its own, for a new lease by a
write that holds only over what was read. A store that does not answer means wait: a call that breaks a penalty window
costs the corp an hour, a postponed one costs seconds.
"""

import functools
import random
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from scrm import clock
from scrm.wecom import governor_core as core
from scrm.wecom import limits
from scrm.wecom.governor_state import (
    DEFAULT_POLICY,
    GovernorPolicy,
    Priority,
    RateState,
    WaitReason,
    packed,
    unpacked,
)

_WRITE_ATTEMPTS: Final = 8
_LEASE_FILLING: Final = 0.75
_KEPT: Final = timedelta(days=2)  # longer than any window


type Stored = tuple[str, int] | None
"""A text and its version, None where there is none yet."""

_NOTHING_SEEN: Final[Mapping[str, Stored]] = {}


class RateStore(Protocol):
    """Small texts with a version, shared by all functions. Raises OSError when it cannot be reached."""

    def load(self, key: str) -> Stored:
        """Text and version, strongly consistent."""

    def load_all(self, keys: Sequence[str]) -> dict[str, Stored]:
        """As `load`, in one request for 100 keys; each of them is in the answer."""

    def save(self, key: str, text: str, version: int, expires_at: datetime) -> bool:
        """Write version + 1 if ``version`` (0: nothing yet) is still the stored one; False when it is not."""


class Permit(NamedTuple):
    """One call may be issued now."""

    path: str
    probe: bool = False
    slot_id: str = ""


class Wait(NamedTuple):
    """No call may be issued before ``not_before``."""

    not_before: datetime
    reason: WaitReason


class Outcome(StrEnum):
    """What became of a permitted call, as far as the governor cares."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    FREQUENCY_REFUSED = "frequency_refused"
    CONCURRENCY_REFUSED = "concurrency_refused"


class _Closed(NamedTuple):
    """No permit before ``not_before``, seconds; still the same for everybody."""

    not_before: float
    reason: WaitReason


@dataclass(slots=True)
class _Lease:
    """Permits this process holds for one path and class."""

    left: int
    granted: int
    start: float
    use_by: float
    bucket: int

    def lapsed(self, now: float) -> bool:
        return self.left <= 0 or now > self.use_by


class RateGovernor:
    """Safe to use from several threads; ``jitter`` is a random number from 0 to 1 that spreads a waiting crowd."""

    def __init__(
        self,
        store: RateStore,
        *,
        now: Callable[[], datetime] = clock.now,
        jitter: Callable[[], float] = random.random,
        limits_of: Callable[[str], limits.PathLimits] = limits.of_path,
        policy: GovernorPolicy = DEFAULT_POLICY,
    ) -> None:
        self._store = store
        self._now = now
        self._jitter = jitter
        self._limits_of = limits_of
        self._policy = policy
        self._leases: dict[tuple[str, Priority], _Lease] = {}
        self._refusals: dict[str, int] = {}  # in a row, per path
        self._closed: dict[str, float] = {}  # penalty windows this process saw, should the store not learn of them
        self._lock = threading.Lock()

    def look(self, paths: Iterable[str], priority: Priority, beside: Sequence[str]) -> dict[str, Stored]:
        """In one request what the store holds ``beside``, and of those paths for which a new lease will be wanted.

        Empty when the store does not answer: whoever needs it then reads, and fails, by himself.
        """
        now = self._seconds()
        leases = ((path, self._leases.get((path, priority))) for path in paths)
        keys = [*beside, *(path for path, lease in leases if lease is None or lease.lapsed(now))]
        try:
            return self._store.load_all(keys) if keys else {}
        except OSError:
            return {}

    def acquire(
        self, path: str, priority: Priority, *, calls: int = 1, seen: Mapping[str, Stored] = _NOTHING_SEEN
    ) -> Permit | Wait:
        """A permit to be used at once, or when to ask again.

        ``calls``: how many the caller will make in a row, this one included. ``seen``: what `look` found just now; a
        new lease is written over it, and refused by the store if it changed. For a permit in hand it is not enough.
        """
        with self._lock:
            self._return_lapsed(path)
            try:
                answer = self._acquire(path, priority, calls, seen)
            except OSError:
                answer = _Closed(self._seconds() + self._policy.store_pause, WaitReason.STORE)
            return self._spread(path, answer) if isinstance(answer, _Closed) else self._let_go(path, answer)

    def settle(self, permit: Permit, outcome: Outcome) -> datetime | None:
        """Report what became of the call; after a refusal the time before which the path stays closed.

        Writes only when something changed: after a refusal, for a probe, to free a slot.
        """
        if outcome is Outcome.FREQUENCY_REFUSED:
            now = self._seconds()
            closed = self._change(permit.path, lambda state: _after_refusal(state, permit, now))
            self._closed[permit.path] = closed.penalty_until if closed else now + _PENALTY
            return _moment(self._closed[permit.path])
        if outcome is Outcome.CONCURRENCY_REFUSED:
            self._change(permit.path, lambda state: self._after_congestion(state, permit))
            return _moment(self._seconds() + 1.0 + self._jitter())
        if permit.probe or permit.slot_id:
            passed = outcome is Outcome.ANSWERED
            self._change(permit.path, lambda state: _after_answer(state, permit, passed=passed))
        return None

    def _return_lapsed(self, path: str) -> None:
        """Give back what lapsed on other paths, once this process seems to have turned from them.

        Its next call there would give it back too; whoever waits for the hour meanwhile counts on it.
        """
        now = self._seconds()
        for (other, _), lease in self._leases.items():
            if lease.left and other != path and now > lease.use_by + self._policy.return_grace:
                self._change(other, functools.partial(core.given_back, bucket=lease.bucket, unused=lease.left))
                lease.granted, lease.left = lease.granted - lease.left, 0

    def _acquire(
        self, path: str, priority: Priority, calls: int, seen: Mapping[str, Stored]
    ) -> Permit | Wait | _Closed:
        lease = self._leases.get((path, priority))
        is_base = path in seen and (lease is None or lease.lapsed(self._seconds()))
        for attempt in range(_WRITE_ATTEMPTS):
            state, version = _read(seen[path]) if is_base and not attempt else self._load(path)
            now = self._seconds()
            closed_until = max(state.penalty_until, self._closed.get(path, 0.0))
            if now < closed_until:
                return _Closed(closed_until, WaitReason.PENALTY)
            limited = core.allowed_concurrency(state, now, self._policy) is not None
            lease = self._leases.get((path, priority))
            if lease and not lease.lapsed(now) and not limited and not state.penalty_level:
                return _from(lease, path, now)
            answer = self._ask(path, priority, state, version, calls, limited=limited)
            if answer is not None:
                return answer
        return _Closed(self._seconds() + self._policy.recheck, WaitReason.CONTENTION)

    def _ask(
        self, path: str, priority: Priority, state: RateState, version: int, calls: int, *, limited: bool
    ) -> Permit | Wait | _Closed | None:
        """Ask the rules for permits and store the outcome; None when the item changed under us.

        The write holds only over what was just read, so no penalty came in between: the first permit of a new lease
        needs no read of its own.
        """
        now, budget = self._seconds(), self._limits_of(path)
        lease = self._leases.get((path, priority))
        before = core.given_back(state, lease.bucket, lease.left) if lease and lease.left else state
        slot_id = secrets.token_hex(4) if limited else ""
        granted = self._granted(before, now, priority, budget, lease, calls, slot_id)
        if not granted.granted:
            if before is not state or granted.state.waiting_until != state.waiting_until:
                if not self._save(path, granted.state, version):
                    return None
                self._leases.pop((path, priority), None)
            return _Closed(granted.not_before, granted.reason or WaitReason.MINUTE)
        if not self._save(path, granted.state, version):
            return None
        if granted.probe or limited:
            self._leases.pop((path, priority), None)
            return Permit(path, granted.probe, slot_id)
        leased = self._leases[path, priority] = _Lease(
            left=granted.granted,
            granted=granted.granted,
            start=granted.not_before,
            use_by=granted.not_before + self._policy.lease_life,
            bucket=core.bucket_of(granted.not_before, self._policy),
        )
        return _from(leased, path, now)

    def _granted(
        self,
        state: RateState,
        now: float,
        priority: Priority,
        budget: limits.PathLimits,
        lease: _Lease | None,
        calls: int,
        slot_id: str,
    ) -> core.Grant:
        if not slot_id:
            wanted = max(calls, _next_size(lease, now, self._policy.lease_life))
            want = min(core.largest_lease(budget, self._policy), wanted)
            return core.grant(state, now, want, priority, budget, self._policy)
        slot = core.take_slot(state, now, slot_id, priority, self._policy)
        if not slot.granted:
            return slot
        # A limited call goes at once or not at all: its slot must not sit idle until a lease begins.
        granted = core.grant(slot.state, now, 1, priority, budget, self._policy._replace(horizon=0.0))
        return granted if granted.granted else granted._replace(state=core.free_slot(granted.state, slot_id))

    def _after_congestion(self, state: RateState, permit: Permit) -> RateState:
        budget = self._limits_of(permit.path)
        freed = _after_answer(state, permit, passed=True)
        return core.congested(freed, self._seconds(), budget, self._policy)

    def _change(self, path: str, change: Callable[[RateState], RateState]) -> RateState | None:
        """Apply ``change`` to the stored state; None when the store could not be told."""
        try:
            for _ in range(4 * _WRITE_ATTEMPTS):
                state, version = self._load(path)
                changed = change(state)
                if changed == state or self._save(path, changed, version):
                    return changed
        except OSError:
            pass
        return None

    def _load(self, path: str) -> tuple[RateState, int]:
        return _read(self._store.load(path))

    def _save(self, path: str, state: RateState, version: int) -> bool:
        return self._store.save(path, packed(state), version, self._now() + _KEPT)

    def _spread(self, path: str, closed: _Closed) -> Wait:
        """A crowd told the same moment comes back spread out, the wider the longer it has been waiting."""
        refusals = self._refusals.get(path, 0)
        self._refusals[path] = refusals + 1
        span = min(self._policy.horizon, self._policy.recheck * 2 ** min(refusals, 8))
        return Wait(_moment(closed.not_before + self._jitter() * span), closed.reason)

    def _let_go(self, path: str, answer: Permit | Wait) -> Permit | Wait:
        self._refusals.pop(path, None)
        return answer

    def _seconds(self) -> float:
        return self._now().timestamp()


_PENALTY: Final = (limits.PENALTY_MINUTE + limits.PENALTY_MARGIN).total_seconds()


def _read(stored: Stored) -> tuple[RateState, int]:
    return (unpacked(stored[0]), stored[1]) if stored else (RateState(), 0)


def _from(lease: _Lease, path: str, now: float) -> Permit | Wait:
    """One permit of the lease, or when it begins."""
    if now < lease.start:
        return Wait(_moment(lease.start), WaitReason.MINUTE)
    lease.left -= 1
    return Permit(path)


def _next_size(lease: _Lease | None, now: float, life: float) -> int:
    """As many permits as this process will use in most of a lease's life, going by the last one.

    It grows by no more than doubling, so that a short invocation wastes nothing; a lapsed permit is lost to the minute.
    """
    if lease is None:
        return 1
    used = lease.granted - lease.left
    usable = used * _LEASE_FILLING * life / max(now - lease.start, 0.001)
    return max(1, min(2 * lease.granted, int(usable)))


def _after_refusal(state: RateState, permit: Permit, now: float) -> RateState:
    return core.penalized(core.free_slot(state, permit.slot_id), now)


def _after_answer(state: RateState, permit: Permit, *, passed: bool) -> RateState:
    freed = core.free_slot(state, permit.slot_id) if permit.slot_id else state
    if not permit.probe:
        return freed
    return core.probe_passed(freed) if passed else core.probe_lost(freed)


def _moment(seconds: float) -> datetime:
    """Rounded up to the millisecond: a clock that cuts must not read it as still to come for ever."""
    return datetime.fromtimestamp(-(-seconds * 1000 // 1) / 1000, UTC)
