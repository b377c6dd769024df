"""Decisions of two persons in memory, and an audit log that remembers."""

from dataclasses import replace
from datetime import datetime

from scrm.handover.errors import StaleVersionError
from scrm.handover.four_eyes import PendingDecision
from scrm.node_paths import covers
from scrm.paging import Page


class MemoryDecisions:
    """Implements DecisionStore and DecisionJournal."""

    def __init__(self) -> None:
        self.by_id: dict[str, PendingDecision] = {}
        self.journal: list[tuple[str, str]] = []

    def find(self, decision_id: str) -> PendingDecision | None:
        return self.by_id.get(decision_id)

    def save(self, decision: PendingDecision) -> PendingDecision:
        known = self.by_id.get(decision.decision_id)
        if (known.version if known else 0) != decision.version:
            raise StaleVersionError(decision.decision_id)
        saved = self.by_id[decision.decision_id] = replace(decision, version=decision.version + 1)
        return saved

    def waiting(self, node_path: str, now: datetime, cursor: str | None, limit: int) -> Page[PendingDecision]:
        found = [each for each in self.by_id.values() if each.waits(now) and covers(node_path, each.wish.node_path)]
        return Page(tuple(sorted(found, key=lambda each: each.made_at, reverse=True)[:limit]))

    def told(self, decision: PendingDecision, action: str, actor: str, at: datetime) -> None:
        self.journal.append((action, actor))
