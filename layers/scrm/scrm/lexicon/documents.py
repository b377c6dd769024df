"""A lexicon as it is stored and travels, what is wrong with it, and what two of them differ in."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scrm.lexicon import folding, patterns
from scrm.lexicon.model import LONGEST_WORD, Action, Direction, Entry, Kind, Lexicon, Severity
from scrm.lexicon.patterns import Check, PatternError

MOST_ENTRIES: Final = 10_000
MOST_PHRASES: Final = 5_000
_SHORTEST: Final = 2
_OF_CUSTOMERS: Final = frozenset({Action.COMPLAINT, Action.OPT_OUT, Action.NEED_SIGNAL})


@dataclass(frozen=True, slots=True)
class Problem:
    """``where`` is the entry's id, or ``allowed``."""

    where: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of entries."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def problems_of(lexicon: Lexicon) -> list[Problem]:
    """Everything that is wrong; an empty list: it may be stored."""
    found = [problem for entry in lexicon.entries for problem in _of_entry(entry)]
    if len(lexicon.entries) > MOST_ENTRIES:
        found.append(Problem("entries", "too_many", f"a lexicon has {MOST_ENTRIES} entries at most"))
    if len(lexicon.allowed) + sum(len(entry.allowed) for entry in lexicon.entries) > MOST_PHRASES:
        found.append(Problem("allowed", "too_many", f"a lexicon allows {MOST_PHRASES} phrases at most"))
    ids = Counter(entry.entry_id for entry in lexicon.entries)
    found += [Problem(each, "repeated", "two entries have this id") for each, count in ids.items() if count > 1]
    return found


def _of_entry(entry: Entry) -> Iterator[Problem]:
    if entry.kind is Kind.PATTERN:
        try:
            patterns.compiled(entry.text)
        except PatternError as refused:
            yield Problem(entry.entry_id, "expression_refused", str(refused))
    elif len(entry.text) > LONGEST_WORD or len(folding.shared().plain(entry.text)) < _SHORTEST:
        detail = f"a word has {LONGEST_WORD} signs at most, and {_SHORTEST} letters, digits or characters at least"
        yield Problem(entry.entry_id, "length", detail)
    elif entry.check is not Check.NONE:
        yield Problem(entry.entry_id, "check_of_word", "only a pattern has a check")
    if entry.action in _OF_CUSTOMERS and entry.direction is not Direction.TO_STAFF:
        yield Problem(entry.entry_id, "direction", f"{entry.action.value} follows what customers write: to_staff")
    if not entry.scope:
        yield Problem(entry.entry_id, "scope", "an entry holds for one place at least")


def changes(before: Lexicon, after: Lexicon) -> Changes:
    """What an approver has to look at."""
    old, new = before.by_id(), after.by_id()
    return Changes(
        added=tuple(each for each in new if each not in old),
        removed=tuple(each for each in old if each not in new),
        changed=tuple(each for each in new if each in old and old[each] != new[each]),
    )


def written(lexicon: Lexicon) -> bytes:
    """As JSON, the same for the same lexicon."""
    plain = {"entries": [_plain(entry) for entry in lexicon.entries], "allowed": list(lexicon.allowed)}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read(raw: bytes) -> Lexicon:
    plain = json.loads(raw)
    return Lexicon(tuple(map(_entry, plain["entries"])), tuple(plain["allowed"]))


def sha256_of(lexicon: Lexicon) -> str:
    return hashlib.sha256(written(lexicon)).hexdigest()


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "text": entry.text,
        "kind": entry.kind.value,
        "direction": entry.direction.value,
        "severity": entry.severity.value,
        "action": entry.action.value,
        "scope": list(entry.scope),
        "allowed": list(entry.allowed),
        "check": entry.check.value,
    }


def _entry(plain: Mapping[str, Any]) -> Entry:
    return Entry(
        entry_id=plain["entry_id"],
        text=plain["text"],
        kind=Kind(plain["kind"]),
        direction=Direction(plain["direction"]),
        severity=Severity(plain["severity"]),
        action=Action(plain["action"]),
        scope=tuple(plain["scope"]),
        allowed=tuple(plain["allowed"]),
        check=Check(plain["check"]),
    )
