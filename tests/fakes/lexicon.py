"""Versions of the lexicon in memory, by the rules of the table."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scrm.lexicon.intercept import HeldRule, ListedRule, RuleRefusedError, SyncOvertakenError, SyncState
from scrm.lexicon.model import Lexicon
from scrm.lexicon.packing import RULES_PER_CORP, InterceptRule
from scrm.lexicon.replays import Replay
from scrm.lexicon.versions import LexiconVersion
from scrm.paging import Page


@dataclass
class FakeLexicons:
    """Implements `scrm.lexicon.versions.LexiconStore`."""

    versions: dict[int, LexiconVersion] = field(default_factory=dict)
    lexicons: dict[int, Lexicon] = field(default_factory=dict)
    current: int = 0

    def latest(self) -> LexiconVersion | None:
        return self.versions[max(self.versions)] if self.versions else None

    def version(self, number: int) -> LexiconVersion | None:
        return self.versions.get(number)

    def page(self, cursor: str | None, limit: int) -> Page[LexiconVersion]:
        found = [self.versions[number] for number in sorted(self.versions, reverse=True)]
        start = int(cursor or 0)
        following = start + limit
        return Page(tuple(found[start:following]), str(following) if following < len(found) else None)

    def lexicon(self, number: int) -> Lexicon | None:
        return self.lexicons.get(number)

    def in_force(self) -> int:
        return self.current

    def add(self, version: LexiconVersion, lexicon: Lexicon) -> bool:
        if version.number in self.versions:
            return False
        self.versions[version.number], self.lexicons[version.number] = version, lexicon
        return True

    def save(self, version: LexiconVersion) -> bool:
        if self.versions[version.number].revision != version.revision - 1:
            return False
        self.versions[version.number] = version
        return True

    def put_in_force(self, version: LexiconVersion, retired: LexiconVersion | None) -> bool:
        steps = [version] if retired is None else [version, retired]
        if self.current != (retired.number if retired else 0):
            return False
        if any(self.versions[each.number].revision != each.revision - 1 for each in steps):
            return False
        self.versions |= {each.number: each for each in steps}
        self.current = version.number
        return True


@dataclass
class ToldSteps:
    """Implements `scrm.lexicon.versions.LexiconJournal`."""

    steps: list[tuple[int, str, str]] = field(default_factory=list)

    def told(self, version: LexiconVersion, step: str, actor: str, at: datetime) -> None:
        if (version.number, step, actor) not in self.steps:
            self.steps.append((version.number, step, actor))


@dataclass
class FakeRuleSync:
    """Implements `scrm.lexicon.intercept.SyncStates`; ``asked`` counts requests for a pass."""

    state: SyncState = field(default_factory=SyncState)
    asked: int = 0

    def load(self) -> SyncState:
        return self.state

    def save(self, state: SyncState) -> bool:
        if self.state.revision != state.revision - 1:
            return False
        self.state = state
        return True

    def request(self) -> None:
        self.asked += 1


@dataclass
class FakeRules:
    """Implements `scrm.lexicon.intercept.RulesAtWecom`; ``refusals`` are by department, ``theirs`` names of other apps.

    With ``shouts`` words are shown otherwise than given; after ``dies_after`` writes the next one is carried out and
    not answered.
    """

    held: dict[str, HeldRule] = field(default_factory=dict)
    refusals: dict[int, int] = field(default_factory=dict)
    theirs: set[str] = field(default_factory=set)
    shouts: bool = False
    dies_after: int = 1_000
    writes: list[tuple[str, str]] = field(default_factory=list)

    def listed(self) -> Sequence[ListedRule]:
        return [ListedRule(rule.rule_id, rule.name) for rule in self.held.values()]

    def shown(self, rule_id: str) -> HeldRule | None:
        return self.held.get(rule_id)

    def add(self, rule: InterceptRule) -> str:
        if any(each.name == rule.name for each in self.held.values()):
            raise SyncOvertakenError
        if len(self.held) >= RULES_PER_CORP:
            raise RuleRefusedError(41069)
        self._refuse(rule)
        rule_id = f"r{len(self.writes)}"
        self._put(rule_id, rule)
        self._written("add", rule.name)
        return rule_id

    def change(self, held: HeldRule, rule: InterceptRule) -> None:
        if rule.name in self.theirs:
            raise RuleRefusedError(60011)
        self._refuse(rule)
        self._put(held.rule_id, rule)
        self._written("change", rule.name)

    def delete(self, rule_id: str) -> None:
        self._written("delete", self.held.pop(rule_id).name)

    def by_hand(self, name: str, *words: str) -> None:
        """Somebody changes a rule's words in the console, or deletes it when none are left."""
        rule_id = next(each.rule_id for each in self.held.values() if each.name == name)
        if words:
            self.held[rule_id] = replace(self.held[rule_id], words=words)
        else:
            del self.held[rule_id]

    def words(self) -> set[str]:
        return {word for rule in self.held.values() for word in rule.words}

    def _refuse(self, rule: InterceptRule) -> None:
        for department in rule.department_ids:
            if department in self.refusals:
                raise RuleRefusedError(self.refusals[department])

    def _put(self, rule_id: str, rule: InterceptRule) -> None:
        words = tuple(f"{word}!" for word in rule.words) if self.shouts else rule.words
        self.held[rule_id] = HeldRule(rule_id, rule.name, rule.action, words, rule.department_ids)

    def _written(self, what: str, name: str) -> None:
        self.writes.append((what, name))
        if len(self.writes) > self.dies_after:
            self.dies_after = 1_000
            raise ConnectionError("the answer was lost")


@dataclass
class MemoryReplays:
    """Implements `ReplayStore` and `ReplayQueue`."""

    replays: dict[str, Replay] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def load(self, version: int, replay_id: str) -> Replay | None:
        found = self.replays.get(replay_id)
        return found if found and found.version == version else None

    def create(self, replay: Replay) -> bool:
        return self.replays.setdefault(replay.replay_id, replay) is replay

    def save(self, replay: Replay) -> None:
        self.replays[replay.replay_id] = replay

    def due(self, version: int, replay_id: str) -> None:
        self.told.append(replay_id)
