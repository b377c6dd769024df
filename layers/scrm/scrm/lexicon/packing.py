"""Which entries WeCom itself can hold before they are sent, packed into its rules, and which only our scan sees (S71).

A rule of WeCom has one kind of interception, a range of departments and 300 words; a corp has 100 rules, and they look
at what members write. A rule's name comes from its range, action and severity, not from its words, so that another
version changes a rule and does not make a new one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched
from typing import Final

from scrm import ids
from scrm.lexicon.model import Action, Direction, Entry, Kind, Lexicon, Severity

WORDS_PER_RULE: Final = 300
RULES_PER_CORP: Final = 100
DEPARTMENTS_PER_RULE: Final = 1_000
_INTERCEPTS: Final = frozenset({Action.BLOCK, Action.WARN})
_SEVERITIES: Final = {Severity.SERIOUS: "严重", Severity.WARNING: "警示", Severity.NOTICE: "提示"}
_ACTIONS: Final = {Action.BLOCK: "拦截", Action.WARN: "提醒"}
_OURS: Final = "scrm"
_MARK_LENGTH: Final = 6


class DetectOnlyCause(StrEnum):
    """Why only our scan sees an entry."""

    DETECTED_ONLY = "detected_only"
    PATTERN = "pattern"
    WORDS_OF_CUSTOMERS = "words_of_customers"
    TOO_MANY_PLACES = "too_many_places"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class InterceptRule:
    """One rule of WeCom. ``entry_ids`` are whose words it holds."""

    name: str
    action: Action
    severity: Severity
    words: tuple[str, ...]
    department_ids: tuple[int, ...]
    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """Every entry is in a rule or has a cause why not."""

    rules: tuple[InterceptRule, ...]
    detect_only: Mapping[str, DetectOnlyCause]


@dataclass(frozen=True, slots=True)
class _Place:
    action: Action
    severity: Severity
    scope: tuple[str, ...]

    @property
    def order(self) -> tuple[int, int, tuple[str, ...]]:
        """The most serious first, what is stopped before what is warned of."""
        return list(_SEVERITIES).index(self.severity), list(_ACTIONS).index(self.action), self.scope


def packed(lexicon: Lexicon, room: int = RULES_PER_CORP) -> Packed:
    """``room`` is how many rules the corp has left for us: other apps' rules count too."""
    detect_only: dict[str, DetectOnlyCause] = {}
    places: dict[_Place, list[Entry]] = {}
    for entry in lexicon.entries:
        if (cause := _cause(entry)) is not None:
            detect_only[entry.entry_id] = cause
        else:
            place = _Place(entry.action, entry.severity, tuple(sorted(set(entry.scope))))
            places.setdefault(place, []).append(entry)
    rules = [rule for place in sorted(places, key=lambda each: each.order) for rule in _rules(place, places[place])]
    for rule in rules[room:]:
        detect_only |= dict.fromkeys(rule.entry_ids, DetectOnlyCause.NO_ROOM)
    return Packed(tuple(rules[:room]), detect_only)


def _cause(entry: Entry) -> DetectOnlyCause | None:
    if entry.action not in _INTERCEPTS:
        return DetectOnlyCause.DETECTED_ONLY
    if entry.kind is Kind.PATTERN:
        return DetectOnlyCause.PATTERN
    if entry.direction is Direction.TO_STAFF:
        return DetectOnlyCause.WORDS_OF_CUSTOMERS
    if len(set(entry.scope)) > DEPARTMENTS_PER_RULE:
        return DetectOnlyCause.TOO_MANY_PLACES
    return None


def _rules(place: _Place, entries: list[Entry]) -> Iterator[InterceptRule]:
    """In the order of the words; a word that two entries list is sent once."""
    by_word: dict[str, list[str]] = {}
    for entry in entries:
        by_word.setdefault(entry.text, []).append(entry.entry_id)
    mark = ids.derive(_OURS, place.action.value, place.severity.value, *place.scope).partition("_")[2][:_MARK_LENGTH]
    departments = tuple(sorted(int(path.rstrip("/").rpartition("/")[2]) for path in place.scope))
    for number, words in enumerate(batched(sorted(by_word), WORDS_PER_RULE, strict=False), 1):
        yield InterceptRule(
            name=f"{_OURS}-{_SEVERITIES[place.severity]}{_ACTIONS[place.action]}-{mark}-{number:02d}",
            action=place.action,
            severity=place.severity,
            words=words,
            department_ids=departments,
            entry_ids=tuple(entry_id for word in words for entry_id in by_word[word]),
        )
