"""Operators write rules of automatic tags; a second person releases them (S22)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from scrm import ids
from scrm.tagging.model import ID_PREFIX, RuleState, RuleWish, TagRule
from scrm.tagging.ports import ProtectedTags, RuleJournal, TagRules

MOST_TAGS: Final = 20
MOST_CONDITIONS: Final = 100


class InvalidRuleError(Exception):
    """The rule cannot be like this; the text says why."""


class StepRefusedError(Exception):
    """The step is not possible now; the text says why, for people."""


class StaleRuleError(Exception):
    """Somebody changed the rule meanwhile; read it again."""

    def __init__(self) -> None:
        super().__init__("somebody changed this rule meanwhile; read it again")


class UnknownRuleError(Exception):
    """There is no such rule."""


@dataclass(frozen=True, slots=True)
class TagRuleDesk:
    """Use case of operators. Whoever calls has looked whether the node is the caller's to decide about."""

    store: TagRules
    protected: ProtectedTags
    journal: RuleJournal
    now: Callable[[], datetime]

    def draft(self, node_id: str, node_path: str, wish: RuleWish, actor: str, key: str) -> TagRule:
        """A new rule; a repeat finds the first. Raises InvalidRuleError."""
        self._check(wish)
        rule_id, now = ids.derive(ID_PREFIX, actor, key), self.now()
        rule = TagRule(rule_id, node_id, node_path, wish, RuleState.DRAFT, now, actor, now)
        if not self.store.save(rule):
            rule = self.found(rule_id)
        self.journal.told(rule, "drafted", actor)
        return rule

    def found(self, rule_id: str) -> TagRule:
        """Raises UnknownRuleError."""
        rule = self.store.find(rule_id)
        if rule is None:
            raise UnknownRuleError
        return rule

    def change(self, rule_id: str, revision: int, wish: RuleWish, actor: str) -> TagRule:
        """A draft, over the revision that was read. What is released stays as it was approved: write another rule.

        Raises InvalidRuleError, StaleRuleError, StepRefusedError, UnknownRuleError.
        """
        self._check(wish)
        rule = self.found(rule_id)
        if rule.revision == revision + 1 and (rule.wish, rule.changed_by) == (wish, actor):
            return rule  # a repeat whose first answer was lost
        if rule.state is not RuleState.DRAFT:
            raise StepRefusedError(f"the rule is {rule.state.value}; only a draft can be changed")
        return self._saved(
            replace(rule, wish=wish, changed_by=actor, changed_at=self.now()), revision, "changed", actor
        )

    def release(self, rule_id: str, revision: int, actor: str) -> TagRule:
        """By anybody but who wrote the very words. Raises StaleRuleError, StepRefusedError, UnknownRuleError."""
        rule = self.found(rule_id)
        if rule.state is RuleState.RELEASED and rule.released_by == actor:
            return rule
        if rule.state is not RuleState.DRAFT:
            raise StepRefusedError(f"the rule is {rule.state.value}; only a draft can be released")
        if rule.changed_by == actor:
            raise StepRefusedError("who wrote a rule does not release it: somebody else has to")
        self._check(rule.wish)
        released = replace(rule, state=RuleState.RELEASED, released_by=actor, released_at=self.now())
        return self._saved(released, revision, "released", actor)

    def retire(self, rule_id: str, revision: int, actor: str) -> TagRule:
        """It tags nobody any more; tags that were set stay. Raises StaleRuleError, UnknownRuleError."""
        rule = self.found(rule_id)
        if rule.state is RuleState.RETIRED:
            return rule
        retired = replace(rule, state=RuleState.RETIRED, ended_by=actor, ended_at=self.now())
        return self._saved(retired, revision, "retired", actor)

    def _saved(self, rule: TagRule, revision: int, action: str, actor: str) -> TagRule:
        if rule.revision != revision:
            raise StaleRuleError
        stored = replace(rule, revision=revision + 1)
        if not self.store.save(stored):
            raise StaleRuleError
        self.journal.told(stored, action, actor)
        return stored

    def _check(self, wish: RuleWish) -> None:
        if not wish.tags or len(wish.tags) > MOST_TAGS or len(set(wish.tags)) < len(wish.tags):
            raise InvalidRuleError(f"name 1 to {MOST_TAGS} tags, each once")
        if len(wish.came_by) > MOST_CONDITIONS or len(wish.tiers) > MOST_CONDITIONS:
            raise InvalidRuleError(f"name at most {MOST_CONDITIONS} contact ways and {MOST_CONDITIONS} tiers")
        if wish.group in self.protected.groups():
            raise InvalidRuleError("the product itself maintains the tags of this group; choose another one")
