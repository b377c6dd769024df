"""Circuit breaker for outages of WeCom, shared by all functions.

Our own and small, because Powertools' breaker reads wall time, and time here is `scrm.clock`: the local run moves it.
It opens on timeouts, broken connections, 5xx and an exhausted -1; never on 45009, which is a pause and no outage.
A store that does not answer leaves it closed: the breaker saves quota, it protects nothing that could break.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from scrm import clock
from scrm.wecom.governor import RateStore, Stored

_KEY: Final = "circuit:wecom"
_KEPT: Final = timedelta(days=1)
_WRITE_ATTEMPTS: Final = 8


class BreakerPolicy(NamedTuple):
    """Seconds."""

    failures_to_open: int = 5
    failure_window: float = 60.0  # failures further apart than this do not add up
    first_pause: float = 15.0  # doubles with every failed probe
    longest_pause: float = 60.0
    probe_life: float = 20.0  # a probe whose process died is replaced after this
    cached_for: float = 1.0  # how old a process's view of the closed circuit may be


class Circuit(NamedTuple):
    """``open_until`` 0 is closed; past it the circuit is half open and one call probes."""

    failures: int = 0
    failed_at: float = 0.0
    open_until: float = 0.0
    openings: int = 0
    probe_until: float = 0.0


def admitted(circuit: Circuit, now: float, policy: BreakerPolicy) -> tuple[Circuit, float | None]:
    """The circuit after this call asked, and None to go ahead or the time to ask again."""
    if not circuit.open_until:
        return circuit, None
    if now < circuit.open_until:
        return circuit, circuit.open_until
    if now < circuit.probe_until:
        return circuit, circuit.probe_until
    return circuit._replace(probe_until=now + policy.probe_life), None


def failed(circuit: Circuit, now: float, policy: BreakerPolicy) -> Circuit:
    """After a call without an answer. One issued before the circuit opened adds nothing."""
    if circuit.open_until:
        return circuit if now < circuit.open_until else _opened(circuit, now, policy)
    recent = circuit.failures if now - circuit.failed_at < policy.failure_window else 0
    counted = circuit._replace(failures=recent + 1, failed_at=now)
    return _opened(counted, now, policy) if counted.failures >= policy.failures_to_open else counted


def answered(circuit: Circuit, now: float) -> Circuit:
    """After any answer of WeCom, errors included. A late one does not close an open circuit; the probe does."""
    return circuit if now < circuit.open_until else Circuit()


def _opened(circuit: Circuit, now: float, policy: BreakerPolicy) -> Circuit:
    pause = min(policy.longest_pause, policy.first_pause * 2**circuit.openings)
    return Circuit(open_until=now + pause, openings=min(circuit.openings + 1, 10))


class CircuitBreaker:
    def __init__(
        self, store: RateStore, *, now: Callable[[], datetime] = clock.now, policy: BreakerPolicy | None = None
    ) -> None:
        self._store = store
        self._now = now
        self._policy = policy or BreakerPolicy()
        self._seen = Circuit()
        self._seen_at = 0.0

    @property
    def keys_due(self) -> tuple[str, ...]:
        """What `admit` would read of the store now: a caller that reads anyway takes it along."""
        return () if self._is_known(self._now().timestamp()) else (_KEY,)

    def admit(self, seen: Mapping[str, Stored] | None = None) -> datetime | None:
        """None when a call may be made, else the time before which none may. ``seen`` was read just now."""
        now = self._now().timestamp()
        if self._is_known(now):
            return None
        try:
            return self._admit(now, seen or {})
        except OSError:
            return None

    def record_failure(self) -> None:
        """WeCom gave no answer."""
        now = self._now().timestamp()
        self._change(lambda circuit: failed(circuit, now, self._policy))

    def record_answer(self) -> None:
        """WeCom answered; writes only when failures are known."""
        if self._seen != Circuit():
            now = self._now().timestamp()
            self._change(lambda circuit: answered(circuit, now))

    def _is_known(self, now: float) -> bool:
        return not self._seen.open_until and now - self._seen_at < self._policy.cached_for

    def _admit(self, now: float, seen: Mapping[str, Stored]) -> datetime | None:
        for attempt in range(_WRITE_ATTEMPTS):
            known = seen[_KEY] if _KEY in seen and not attempt else self._store.load(_KEY)
            circuit, version = self._taken(known, now)
            asked, not_before = admitted(circuit, now, self._policy)
            if not_before is not None:
                return datetime.fromtimestamp(not_before, UTC)
            if asked == circuit or self._save(asked, version):
                return None
        return datetime.fromtimestamp(now + 1.0, UTC)  # others are probing

    def _change(self, change: Callable[[Circuit], Circuit]) -> None:
        try:
            for _ in range(_WRITE_ATTEMPTS):
                circuit, version = self._taken(self._store.load(_KEY), self._now().timestamp())
                changed = change(circuit)
                if changed == circuit or self._save(changed, version):
                    return
        except OSError:
            return

    def _taken(self, stored: Stored, now: float) -> tuple[Circuit, int]:
        circuit, version = (Circuit(**json.loads(stored[0])), stored[1]) if stored else (Circuit(), 0)
        self._seen, self._seen_at = circuit, now
        return circuit, version

    def _save(self, circuit: Circuit, version: int) -> bool:
        saved = self._store.save(_KEY, json.dumps(circuit._asdict()), version, self._now() + _KEPT)
        if saved:
            self._seen = circuit
        return saved
