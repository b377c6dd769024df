"""Call budgets per path: sliding windows of a minute and of an hour, for the corp and for the source IP (1.4).

A call that finds a window full starts that window's penalty; every call of the path inside a penalty fails, and
refused calls do not count as used budget.
"""

from collections import deque
from dataclasses import dataclass, field

from local.simulator.knobs import Knobs

MINUTE = 60
HOUR = 3_600
_NO_TIME = 1e-9  # a penalty knob of 0 still refuses the call itself
DEBUG_CALLS_PER_MINUTE = 5  # ``debug=1`` in the URL cuts the quota (1.1)


@dataclass(slots=True)
class Window:
    """Times of the accepted calls of the last ``seconds``."""

    seconds: int
    times: deque[float] = field(default_factory=deque)

    def used(self, now: float) -> int:
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        return len(self.times)


@dataclass(slots=True)
class PathBudget:
    minute: Window = field(default_factory=lambda: Window(MINUTE))
    hour: Window = field(default_factory=lambda: Window(HOUR))
    penalty_until: float = 0.0


@dataclass(frozen=True, slots=True)
class _Cap:
    scope: str
    per_minute: float
    per_hour: float


@dataclass(slots=True)
class RateLimits:
    """Keys are (scope, path); a scope is the corp, a source IP, or a debugging caller."""

    budgets: dict[tuple[str, str], PathBudget] = field(default_factory=dict)

    def admit(self, path: str, source: str, knobs: Knobs, now: float, *, debug: bool = False) -> bool:
        """Count one call; False when it must fail with 45009."""
        factor = knobs.limit_factor
        caps = [
            _Cap("corp", knobs.corp_calls_per_minute * factor, knobs.corp_calls_per_hour * factor),
            _Cap(f"ip:{source}", knobs.ip_calls_per_minute * factor, knobs.ip_calls_per_hour * factor),
        ]
        if debug:
            caps.append(_Cap("debug", DEBUG_CALLS_PER_MINUTE, knobs.corp_calls_per_hour * factor))
        capped = [(self.budgets.setdefault((cap.scope, path), PathBudget()), cap) for cap in caps]
        if any(now < budget.penalty_until for budget, _ in capped):
            return False
        for budget, cap in capped:
            if penalty := _penalty(budget, cap, knobs, now):
                budget.penalty_until = now + penalty
                return False
        for budget, _ in capped:
            budget.minute.times.append(now)
            budget.hour.times.append(now)
        return True

    def penalties(self, now: float) -> dict[str, float]:
        """``scope path`` -> end of the running penalty."""
        running = ((key, budget.penalty_until) for key, budget in self.budgets.items() if budget.penalty_until > now)
        return {f"{scope} {path}": until for (scope, path), until in running}


def _penalty(budget: PathBudget, cap: _Cap, knobs: Knobs, now: float) -> float:
    if budget.hour.used(now) + 1 > cap.per_hour:
        return max(knobs.hour_penalty_seconds, _NO_TIME)
    if budget.minute.used(now) + 1 > cap.per_minute:
        return max(knobs.minute_penalty_seconds, _NO_TIME)
    return 0.0
