"""Welcome messages in memory: rules and claims by the rules of the table, a WeCom that answers as it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scrm.welcome.model import Greeting, WelcomeRule


@dataclass
class FakeWelcomeRules:
    """Implements `scrm.welcome.ports.WelcomeRules` and `WelcomeClaims`."""

    rows: dict[tuple[str, str], WelcomeRule] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)

    def rules(self, node_ids: Sequence[str], states: Sequence[str]) -> Sequence[WelcomeRule]:
        return [rule for (node_id, state), rule in self.rows.items() if node_id in node_ids and state in states]

    def of_node(self, node_id: str) -> Sequence[WelcomeRule]:
        return [rule for (owner, _), rule in sorted(self.rows.items()) if owner == node_id]

    def save(self, rule: WelcomeRule) -> bool:
        known = self.rows.get((rule.node_id, rule.state))
        if (known.revision if known else 0) != rule.revision:
            return False
        self.rows[rule.node_id, rule.state] = replace(rule, revision=rule.revision + 1)
        return True

    def remove(self, rule: WelcomeRule) -> bool:
        return self.rows.pop((rule.node_id, rule.state), None) is not None

    def claim(self, code: str, at: datetime) -> bool:
        if code in self.claimed:
            return False
        self.claimed.add(code)
        return True


@dataclass
class FakeWelcomes:
    """Implements `scrm.welcome.ports.WelcomeSender`; raises what is in ``failures`` first."""

    failures: list[Exception] = field(default_factory=list)
    sent: list[tuple[str, Greeting]] = field(default_factory=list)

    def send(self, code: str, greeting: Greeting) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((code, greeting))
