"""What customers do when asked to move to another member: scripted one by one, or by seeded percentages."""

import hashlib
from dataclasses import dataclass, field

from local.simulator.model import Decision

_PERCENT_STEPS = 10_000


@dataclass(slots=True, kw_only=True)
class ScriptedDecision:
    """``after_seconds`` None takes the knob's delay; ``vanish`` ends an on-job attempt without a record (status 5)."""

    decision: Decision
    after_seconds: int | None = None


@dataclass(slots=True, kw_only=True)
class DecisionScript:
    """Percentages of those not named in ``by_customer``; what is left of 100 is ignored (completes by waiting)."""

    accept_percent: float = 0.0
    refuse_percent: float = 0.0
    seed: int = 0
    by_customer: dict[str, ScriptedDecision] = field(default_factory=dict)

    def decide(self, external_userid: str, attempt_no: int) -> ScriptedDecision:
        """The same for the same seed, customer and number of the attempt."""
        if scripted := self.by_customer.get(external_userid):
            return scripted
        drawn = percent_of(self.seed, external_userid, str(attempt_no))
        if drawn < self.accept_percent:
            return ScriptedDecision(decision="accept")
        refused = drawn < self.accept_percent + self.refuse_percent
        return ScriptedDecision(decision="refuse" if refused else "ignore")


def percent_of(seed: int, *parts: str) -> float:
    """A reproducible draw from [0, 100)."""
    digest = hashlib.sha256("\x00".join((str(seed), *parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % (100 * _PERCENT_STEPS) / _PERCENT_STEPS
