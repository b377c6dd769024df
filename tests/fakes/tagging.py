"""Automatic tags in memory: rules by the rules of the table, and a WeCom that has a tag library."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from scrm.clock import BUSINESS_ZONE
from scrm.paging import Page
from scrm.tagging.model import LibraryTag, Newcomer, RuleState, TagRule
from scrm.tagging.ports import TagGoneError


@dataclass
class FakeTagRules:
    """Implements `scrm.tagging.ports.TagRules` and `Tallies`."""

    rows: dict[str, TagRule] = field(default_factory=dict)
    done: dict[tuple[str, str], Newcomer] = field(default_factory=dict)

    def find(self, rule_id: str) -> TagRule | None:
        return self.rows.get(rule_id)

    def save(self, rule: TagRule) -> bool:
        known = self.rows.get(rule.rule_id)
        if (known.revision if known else 0) != rule.revision - 1:
            return False
        self.rows[rule.rule_id] = rule
        return True

    def of_node(self, node_id: str, cursor: str | None, limit: int) -> Page[TagRule]:
        found = [rule for _, rule in sorted(self.rows.items()) if rule.node_id == node_id]
        begin = int(cursor or 0)
        more = str(begin + limit) if begin + limit < len(found) else None
        return Page(tuple(found[begin : begin + limit]), more)

    def released(self, node_ids: Sequence[str]) -> Sequence[TagRule]:
        rows = (rule for _, rule in sorted(self.rows.items()))
        return [rule for rule in rows if rule.node_id in node_ids and rule.state is RuleState.RELEASED]

    def count(self, rule: TagRule, newcomer: Newcomer) -> bool:
        key = (rule.rule_id, newcomer.external_userid)
        if key in self.done:
            return False
        self.done[key] = newcomer
        return True

    def per_day(self, rule_id: str) -> dict[date, int]:
        days = [one.at.astimezone(BUSINESS_ZONE).date() for (rule, _), one in self.done.items() if rule == rule_id]
        return {day: days.count(day) for day in days}


@dataclass
class FakeTagLibrary:
    """Implements `scrm.tagging.ports.TagLibrary`. ``shown`` is what was read last, ``living`` what there is."""

    living: list[LibraryTag] = field(default_factory=list)
    marks: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    shown: list[LibraryTag] | None = None
    calls: list[str] = field(default_factory=list)

    def tags(self, *, fresh: bool = False) -> Sequence[LibraryTag]:
        if fresh or self.shown is None:
            self.shown = list(self.living)
        return self.shown

    def add(self, group: str, names: Sequence[str]) -> Sequence[LibraryTag]:
        self.calls.append("add")
        made = [LibraryTag(f"et_{group}_{name}", group, name) for name in names]
        self.living += [tag for tag in made if tag not in self.living]
        self.shown = [*(self.shown or ()), *made]
        return made

    def mark(self, userid: str, external_userid: str, tag_ids: Collection[str]) -> None:
        self.calls.append("mark")
        if self.failures:
            raise self.failures.pop(0)
        if not {tag.tag_id for tag in self.living}.issuperset(tag_ids):
            raise TagGoneError
        self.marks.setdefault((userid, external_userid), set()).update(tag_ids)


@dataclass
class FakeSubjects:
    """Implements `scrm.tagging.ports.RuleSubjects`."""

    paths: dict[str, str] = field(default_factory=dict)
    tiers: dict[str, str] = field(default_factory=dict)
    asked_tiers: list[str] = field(default_factory=list)
    read_again: list[tuple[str, str]] = field(default_factory=list)

    def path_of(self, userid: str) -> str | None:
        return self.paths.get(userid)

    def tier_of(self, external_userid: str) -> str:
        self.asked_tiers.append(external_userid)
        return self.tiers.get(external_userid, "")

    def tagged(self, userid: str, external_userid: str) -> None:
        self.read_again.append((userid, external_userid))
