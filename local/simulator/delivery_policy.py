"""How callbacks misbehave: lost, doubled, late, out of order."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from local.simulator.decisions import percent_of


@dataclass(slots=True, kw_only=True)
class DeliveryRule:
    """``match`` is a pattern over ``app:event.change_type``, for example ``*:change_external_contact.*``.

    ``lose_next`` loses that many, then ``lose_percent`` of the rest. ``copies`` further copies are sent to
    ``duplicate_percent`` of the events. Every delivery is late by ``delay_seconds`` and up to ``reorder_seconds`` more,
    drawn for each, which puts them out of order. ``hold`` keeps them back until the rules are replaced.
    """

    match: str = "*"
    lose_next: int = 0
    lose_percent: float = 0.0
    duplicate_percent: float = 0.0
    copies: int = 1
    delay_seconds: float = 0.0
    reorder_seconds: float = 0.0
    hold: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """Seconds after now of each copy; empty when the event is lost."""

    delays: tuple[float, ...] = (0.0,)
    held: bool = False


@dataclass(slots=True, kw_only=True)
class CallbackPolicy:
    """The first matching rule decides; draws repeat for the same seed and delivery number."""

    seed: int = 0
    rules: list[DeliveryRule] = field(default_factory=list)

    def plan(self, name: str, delivery_no: int) -> DeliveryPlan:
        rule = next((rule for rule in self.rules if fnmatchcase(name, rule.match)), None)
        if rule is None:
            return DeliveryPlan()
        if rule.lose_next > 0:
            rule.lose_next -= 1
            return DeliveryPlan(())
        if self._draw(delivery_no, "lose") < rule.lose_percent:
            return DeliveryPlan(())
        copies = 1 + (rule.copies if self._draw(delivery_no, "duplicate") < rule.duplicate_percent else 0)
        return DeliveryPlan(tuple(self._delay(rule, delivery_no, copy) for copy in range(copies)), rule.hold)

    def _delay(self, rule: DeliveryRule, delivery_no: int, copy: int) -> float:
        return rule.delay_seconds + rule.reorder_seconds * self._draw(delivery_no, f"delay{copy}") / 100

    def _draw(self, delivery_no: int, purpose: str) -> float:
        return percent_of(self.seed, str(delivery_no), purpose)
