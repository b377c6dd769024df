"""Operators say with which released content a node's new customers are greeted (S55, S56)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from scrm.welcome.model import WelcomeRule
from scrm.welcome.ports import WelcomeRules


class StaleRuleError(Exception):
    """Somebody changed the rule meanwhile; read it again."""

    def __init__(self) -> None:
        super().__init__("somebody changed this rule meanwhile; read it again")


class RuleRefusedError(Exception):
    """The content cannot greet anybody; the text says why."""


class WelcomeJournal(Protocol):
    """The audit log, as far as rules go; a repeat of a change is the same entry."""

    def told(self, rule: WelcomeRule, node_path: str, action: str, actor: str, at: datetime) -> None: ...


class GreetingContents(Protocol):
    def hash_for(self, activity_id: str, version: int, node_path: str) -> str:
        """The hash of the variant that would be sent. Raises RuleRefusedError."""


@dataclass(frozen=True, slots=True)
class WelcomeDesk:
    """Use case of operators. Whoever calls has looked whether the node is the caller's to decide about."""

    store: WelcomeRules
    contents: GreetingContents
    journal: WelcomeJournal
    now: Callable[[], datetime]

    def in_force(self, node_path: str) -> list[WelcomeRule]:
        """The rules of a node and of those above it, its own first."""
        node_ids = [part for part in node_path.split("/") if part]
        return [rule for node_id in reversed(node_ids) for rule in self.store.of_node(node_id)]

    def put(self, wanted: WelcomeRule, node_path: str) -> WelcomeRule:
        """Store over ``wanted.revision``, 0 for a new rule. Raises RuleRefusedError, StaleRuleError."""
        digest = self.contents.hash_for(wanted.activity_id, wanted.version, node_path)
        rule = replace(wanted, content_hash=digest, set_at=self.now())
        if not self.store.save(rule):
            raise StaleRuleError
        stored = replace(rule, revision=rule.revision + 1)
        self.journal.told(stored, node_path, "set", rule.set_by, rule.set_at)
        return stored

    def remove(self, node_id: str, state: str, node_path: str, actor: str) -> WelcomeRule | None:
        """The rule that was removed; None when there was none. Raises StaleRuleError."""
        rule = next(iter(self.store.rules((node_id,), (state,))), None)
        if rule is None:
            return None
        self.journal.told(rule, node_path, "removed", actor, self.now())
        if not self.store.remove(rule):
            raise StaleRuleError
        return rule
