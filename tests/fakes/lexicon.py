"""Versions of the lexicon in memory, by the rules of the table."""

from dataclasses import dataclass, field
from datetime import datetime

from scrm.lexicon.model import Lexicon
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
