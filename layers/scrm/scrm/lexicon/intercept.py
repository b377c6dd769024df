"""WeCom's rules are made equal to the version in force (S71, O7): what must not be sent is held before it is.

A rule is ours by its name, which `packing` makes; rules of other apps and of people are counted, never touched. What we
wrote is remembered as WeCom showed it afterwards: a rule that is shown otherwise later was changed by somebody there.
It is told and made right again, because one version drives both sides.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from scrm import clock
from scrm.lexicon.model import Action
from scrm.lexicon.packing import RULES_PER_CORP, DetectOnlyCause, InterceptRule, packed
from scrm.lexicon.versions import LexiconStore

_OURS: Final = re.compile(r"scrm-\w{4}-[0-9a-z]{6}-\d\d")
_MARK_LENGTH: Final = 16


class RuleRefusedError(Exception):
    """WeCom does not take this rule, or lets us not change it; carries its errcode, 0 for what was not even sent."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


class SyncOvertakenError(Exception):
    """Another pass ran at the same time; the message should be tried again."""


@dataclass(frozen=True, slots=True)
class ListedRule:
    rule_id: str
    name: str


@dataclass(frozen=True, slots=True)
class HeldRule:
    """A rule as WeCom shows it; ``action`` is None for a kind of interception nobody has described."""

    rule_id: str
    name: str
    action: Action | None
    words: tuple[str, ...]
    department_ids: tuple[int, ...]
    userids: tuple[str, ...] = ()
    semantics: tuple[int, ...] = ()

    @property
    def mark(self) -> str:
        return _mark(self.action, self.words, self.department_ids, self.userids, self.semantics)


class RulesAtWecom(Protocol):
    """Writes raise RuleRefusedError; an addition whose answer was lost is found in the list by the next pass."""

    def listed(self) -> Sequence[ListedRule]:
        """Every rule of the corp."""

    def shown(self, rule_id: str) -> HeldRule | None:
        """None when it was deleted in between."""

    def add(self, rule: InterceptRule) -> str:
        """Its id. Raises SyncOvertakenError when the name is taken since the rules were listed."""

    def change(self, held: HeldRule, rule: InterceptRule) -> None: ...

    def delete(self, rule_id: str) -> None:
        """One that is gone already is no error."""


@dataclass(frozen=True, slots=True)
class RuleMark:
    """What we wanted of a rule when we last wrote it or found it right, and how WeCom showed it then.

    The two differ where WeCom keeps words in its own way; it is then neither written again nor told each hour.
    """

    wanted: str
    held: str


@dataclass(frozen=True, slots=True)
class SyncState:
    """What the last pass left. ``version`` is what it applied, ``refused`` an errcode by name of a rule.

    ``drifted`` are rules that somebody had changed or deleted when that was last seen, at ``drifted_at``. ``no_room``
    counts entries for which the corp has no rule left, ``others`` the rules that are not ours. ``revision`` rises with
    each save.
    """

    version: int = 0
    checked_at: datetime | None = None
    marks: Mapping[str, RuleMark] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    drifted: tuple[str, ...] = ()
    drifted_at: datetime | None = None
    others: int = 0
    no_room: int = 0
    revision: int = 0

    def is_of(self, version: int) -> bool:
        """Whether WeCom holds everything of a version that it can hold."""
        return self.version == version and not self.refused


class SyncStates(Protocol):
    def load(self) -> SyncState: ...

    def save(self, state: SyncState) -> bool:
        """Over the revision before; False when somebody was faster."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass did; ``drifted`` are the names it found changed by others."""

    version: int
    added: int
    changed: int
    deleted: int
    drifted: tuple[str, ...]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RuleSync:
    """Use case; it may come twice and break off anywhere. What it is about to write is forgotten first."""

    lexicons: LexiconStore
    rules: RulesAtWecom
    states: SyncStates
    now: Callable[[], datetime] = clock.now

    def run(self) -> Passed | None:
        """None while no version is in force. Raises SyncOvertakenError."""
        number = self.lexicons.in_force()
        lexicon = self.lexicons.lexicon(number) if number else None
        if lexicon is None:
            return None
        before, listed = self.states.load(), self.rules.listed()
        ours = {each.name: each.rule_id for each in listed if _OURS.fullmatch(each.name)}
        others = len(listed) - len(ours)
        plan = packed(lexicon, max(0, RULES_PER_CORP - others))
        wanted = {rule.name: rule for rule in plan.rules}
        held = {name: shown for name, rule_id in ours.items() if (shown := self.rules.shown(rule_id)) is not None}
        drifted = _drifted(before.marks, held)
        due = _Due.of(wanted, held, before.marks)

        seen = replace(
            before,
            marks={name: mark for name, mark in before.marks.items() if name not in due.names},
            drifted=drifted or before.drifted,
            drifted_at=self.now() if drifted else before.drifted_at,
        )
        state = self._saved(seen)
        writing = _Writing(self.rules, wanted, held, dict(state.marks))
        writing.marks |= {name: RuleMark(_wanted(wanted[name]), held[name].mark) for name in due.right}
        writing.write(due, room=RULES_PER_CORP - len(listed))
        no_room = sum(cause is DetectOnlyCause.NO_ROOM for cause in plan.detect_only.values())
        left = replace(state, version=number, checked_at=self.now(), others=others, no_room=no_room)
        self._saved(replace(left, marks=writing.marks, refused=writing.refused))
        return Passed(number, len(due.missing), len(due.other), len(due.needless), drifted, writing.refused)

    def _saved(self, state: SyncState) -> SyncState:
        made = replace(state, revision=state.revision + 1)
        if not self.states.save(made):
            raise SyncOvertakenError
        return made


@dataclass(frozen=True, slots=True)
class _Due:
    """Names of rules: to add, to change, to delete, and those that are right."""

    missing: tuple[str, ...]
    other: tuple[str, ...]
    needless: tuple[str, ...]
    right: tuple[str, ...]

    @classmethod
    def of(
        cls, wanted: Mapping[str, InterceptRule], held: Mapping[str, HeldRule], marks: Mapping[str, RuleMark]
    ) -> "_Due":
        both = [name for name in wanted if name in held]
        right = tuple(name for name in both if _is_right(wanted[name], held[name], marks.get(name)))
        return cls(
            missing=tuple(name for name in wanted if name not in held),
            other=tuple(name for name in both if name not in right),
            needless=tuple(name for name in held if name not in wanted),
            right=right,
        )

    @property
    def names(self) -> frozenset[str]:
        """What is about to be written."""
        return frozenset((*self.missing, *self.other, *self.needless))


@dataclass(slots=True)
class _Writing:
    """Writes what is due; one rule that WeCom refuses keeps none of the others."""

    rules: RulesAtWecom
    wanted: Mapping[str, InterceptRule]
    held: Mapping[str, HeldRule]
    marks: dict[str, RuleMark]
    refused: dict[str, int] = field(default_factory=dict)

    def write(self, due: _Due, room: int) -> None:
        """New rules before old ones go, where there is room: a word that moves is held all the time."""
        room = max(0, room)
        for name in due.other:
            self._tried(name, self._change)
        for name in due.missing[:room]:
            self._tried(name, self._add)
        for name in due.needless:
            self._tried(name, self._delete)
        for name in due.missing[room:]:
            self._tried(name, self._add)

    def _tried(self, name: str, write: Callable[[str], str]) -> None:
        """``write`` gives the id of a rule that is to be read back, or nothing."""
        try:
            rule_id = write(name)
        except RuleRefusedError as error:
            self.refused[name] = error.errcode
            return
        shown = self.rules.shown(rule_id) if rule_id else None
        if shown is not None:
            self.marks[name] = RuleMark(_wanted(self.wanted[name]), shown.mark)

    def _add(self, name: str) -> str:
        return self.rules.add(self.wanted[name])

    def _change(self, name: str) -> str:
        self.rules.change(self.held[name], self.wanted[name])
        return self.held[name].rule_id

    def _delete(self, name: str) -> str:
        self.rules.delete(self.held[name].rule_id)
        return ""


def _is_right(wanted: InterceptRule, held: HeldRule, mark: RuleMark | None) -> bool:
    return held.mark == _wanted(wanted) or RuleMark(_wanted(wanted), held.mark) == mark


def _drifted(marks: Mapping[str, RuleMark], held: Mapping[str, HeldRule]) -> tuple[str, ...]:
    return tuple(sorted(name for name, mark in marks.items() if name not in held or held[name].mark != mark.held))


def _wanted(rule: InterceptRule) -> str:
    return _mark(rule.action, rule.words, rule.department_ids, (), ())


def _mark(
    action: Action | None,
    words: Iterable[str],
    department_ids: Iterable[int],
    userids: Iterable[str],
    semantics: Iterable[int],
) -> str:
    """The same for the same rule, in whatever order its parts come."""
    parts = [action and action.value, sorted(words), sorted(department_ids), sorted(userids), sorted(semantics)]
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:_MARK_LENGTH]
