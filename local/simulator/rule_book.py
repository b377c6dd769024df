"""The corp's rules of words that members must not send (聊天敏感词)."""

import secrets
from dataclasses import dataclass, field

MOST_RULES = 100


@dataclass(slots=True, kw_only=True)
class InterceptRule:
    """``app`` made it and alone may change it. ``kind`` 1 stops a message, 2 warns of it."""

    rule_id: str
    app: str
    name: str
    words: list[str]
    semantics: list[int]
    kind: int
    users: list[str]
    departments: list[int]
    created_at: float


@dataclass(slots=True)
class RuleBook:
    by_id: dict[str, InterceptRule] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def named(self, name: str) -> InterceptRule | None:
        return next((rule for rule in self.by_id.values() if rule.name == name), None)

    def add(self, rule: InterceptRule) -> bool:
        """False when the corp has no place for another one."""
        if len(self.by_id) >= MOST_RULES:
            return False
        self.by_id[rule.rule_id] = rule
        return True

    def remove(self, rule: InterceptRule) -> None:
        del self.by_id[rule.rule_id]
        self.deleted.add(rule.rule_id)

    @staticmethod
    def new_id() -> str:
        return f"ruleSIM{secrets.token_hex(10)}"
