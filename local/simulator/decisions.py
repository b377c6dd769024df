"""What customers do when asked to move to another member: scripted one by one, or by seeded percentages."""

import hashlib
from dataclasses import dataclass, field

from local.simulator.model import Decision

_PERCENT_STEPS = 10_000


@dataclass(slots=True, kw_only=True)
class ScriptedDecision:
    """``after_seconds`` None takes the knob's delay. ``vanish`` ends an on-job attempt without a record (status 5);
    ``full`` finds the takeover member at their cap when the customer decides (status 4)."""

    decision: Decision
    after_seconds: int | None = None


@dataclass(slots=True, kw_only=True)
class DecisionScript:
    """Percentages of those not named in ``by_customer``; what is left of 100 is ignored (completes by waiting).

    A list in ``by_customer`` is for the first, the second, and so on, attempt to move the customer; the last one stays.
    ``untold`` are customers whose ``transfer_fail`` is never sent.
    """

    accept_percent: float = 0.0
    refuse_percent: float = 0.0
    seed: int = 0
    by_customer: dict[str, ScriptedDecision | list[ScriptedDecision]] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)

    def decide(self, external_userid: str, attempt_no: int) -> ScriptedDecision:
        """The same for the same seed, customer and number of the attempt, which begins at 1."""
        if scripted := self.by_customer.get(external_userid):
            in_turn = scripted if isinstance(scripted, list) else [scripted]
            return in_turn[min(attempt_no, len(in_turn)) - 1]
        drawn = percent_of(self.seed, external_userid, str(attempt_no))
        if drawn < self.accept_percent:
            return ScriptedDecision(decision="accept")
        refused = drawn < self.accept_percent + self.refuse_percent
        return ScriptedDecision(decision="refuse" if refused else "ignore")


def percent_of(seed: int, *parts: str) -> float:
    """A reproducible draw from [0, 100)."""
    digest = hashlib.sha256("\x00".join((str(seed), *parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % (100 * _PERCENT_STEPS) / _PERCENT_STEPS
