"""Finds what the lexicon lists in a message, however it is written (S71, O7, T3)."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ahocorasick_rs import AhoCorasick

from scrm.lexicon import folding, patterns, pinyin, words
from scrm.lexicon.model import Direction, Entry, Evasion, Finding, Kind, Lexicon
from scrm.lexicon.writing import way_of_writing

_CLAUSE_MARKS: Final = re.compile(r"[，。；！？：、,;!?\n\r]")
_UNLIKELY: Final = math.log(1e-4)
"""Nobody writes a clause's end into a word; only a word whose every gap is filled was taken apart on purpose."""
_PAIR: Final = 2
_LATIN: Final = re.compile(r"[a-z0-9]")


@dataclass(frozen=True, slots=True)
class _Hit:
    entry: Entry
    start: int
    end: int
    is_spelled: bool = False


class _Allowed:
    """Allowed phrases of a text by where they begin: a hit asks for as many places as the longest of them has signs."""

    def __init__(self, phrases: Iterable[tuple[set[str] | None, int, int]]) -> None:
        self._from: dict[int, list[tuple[set[str] | None, int]]] = {}
        self._longest = 0
        for of, start, end in phrases:
            self._from.setdefault(start, []).append((of, end))
            self._longest = max(self._longest, end - start)

    def covers(self, entry_id: str, start: int, end: int) -> bool:
        return bool(self._from) and any(
            end <= last and (of is None or entry_id in of)
            for first in range(start, start - self._longest, -1)
            for of, last in self._from.get(first, ())
        )


class Scanner:
    """One version of the lexicon, ready. Building takes tens of milliseconds at 10,000 words; a scan, microseconds."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._fold = folding.shared()
        listed: dict[str, list[Entry]] = {}
        allowed: dict[str, set[str] | None] = {}
        for entry in lexicon.entries:
            if entry.kind is Kind.WORD and (word := self._fold.plain(entry.text)):
                listed.setdefault(word, []).append(entry)
            for phrase in entry.allowed:
                if (known := allowed.setdefault(self._fold.plain(phrase), set())) is not None:
                    known.add(entry.entry_id)
        allowed |= dict.fromkeys(map(self._fold.plain, lexicon.allowed))
        allowed.pop("", None)
        self._words = list(listed)
        self._entries = list(listed.values())
        self._allowed = list(allowed.values())
        signs = [*listed, *allowed]
        self._automaton = AhoCorasick(signs) if signs else None
        self._spelled = pinyin.PinyinMatcher(self._words, pinyin.shared())
        self._patterns = [
            (entry, patterns.compiled(entry.text)) for entry in lexicon.entries if entry.kind is Kind.PATTERN
        ]

    def scan(self, text: str, direction: Direction, node_path: str) -> tuple[Finding, ...]:
        """Every hit in the text, by place."""
        plain = self._fold.plain(text)
        found = self.matches(plain)
        spelled = list(self._spelled.find(plain))
        by_pattern = tuple(self._pattern_findings(text, direction, node_path)) if self._patterns else ()
        if not found and not spelled:
            return by_pattern
        hits = [hit for hit in self._hits(found, direction, node_path) if not self._is_pair_by_chance(plain, hit)]
        hits += self._spelled_hits(spelled, direction, node_path)
        if not hits:
            return by_pattern
        places = self._fold.places(text)
        findings = {*by_pattern, *self._as_written(text, plain, places, hits)}
        return tuple(sorted(findings, key=lambda each: (each.start, each.end, each.entry_id)))

    def matches(self, plain: str) -> list[tuple[int, int, int]]:
        """Listed words and allowed phrases in a folded text, overlapping: number, start, end."""
        if self._automaton is None:
            return []
        return self._automaton.find_matches_as_indexes(plain, overlapping=True)

    def word(self, number: int) -> str | None:
        """The folded word that `matches` numbers so; None for an allowed phrase."""
        return self._words[number] if number < len(self._words) else None

    def _hits(self, found: Sequence[tuple[int, int, int]], direction: Direction, node_path: str) -> Iterator[_Hit]:
        count = len(self._words)
        allowed = _Allowed(
            [(self._allowed[number - count], start, end) for number, start, end in found if number >= count]
        )
        for number, start, end in found:
            for entry in self._entries[number] if number < count else ():
                if entry.concerns(direction, node_path) and not allowed.covers(entry.entry_id, start, end):
                    yield _Hit(entry, start, end)

    def _spelled_hits(
        self, spelled: Sequence[tuple[int, int, int]], direction: Direction, node_path: str
    ) -> Iterator[_Hit]:
        for number, start, end in spelled:
            for entry in self._entries[number]:
                if entry.concerns(direction, node_path):
                    yield _Hit(entry, start, end, is_spelled=True)

    def _as_written(self, text: str, plain: str, places: list[int], hits: Iterable[_Hit]) -> Iterator[Finding]:
        for hit in hits:
            first, last = places[hit.start], places[hit.end - 1] + 1
            written = text[first:last]
            if hit.is_spelled:
                yield Finding(hit.entry.entry_id, hit.entry.text, first, last, Evasion.PINYIN)
            elif not self._is_beside_letters(text, plain, hit, first, last) and not _is_chance(
                text, plain, places, hit
            ):
                evasion = way_of_writing(written, hit.entry.text)
                yield Finding(hit.entry.entry_id, hit.entry.text, first, last, evasion)

    @staticmethod
    def _is_pair_by_chance(plain: str, hit: _Hit) -> bool:
        """Most chance hits are of two characters, and known as such before places are looked up."""
        return (
            hit.end - hit.start == _PAIR
            and _is_han(plain, hit)
            and words.shared().cuts_through(plain, hit.start, hit.end)
        )

    def _is_beside_letters(self, text: str, plain: str, hit: _Hit, first: int, last: int) -> bool:
        """Whether a word that begins or ends in Latin letters or digits is part of a longer one: fd in pdf."""
        before = _LATIN.match(plain[hit.start]) and first and _LATIN.match(self._fold.plain(text[first - 1])[-1:])
        after = _LATIN.match(plain[hit.end - 1]) and _LATIN.match(self._fold.plain(text[last : last + 1])[:1])
        return bool(before or after)

    def _pattern_findings(self, text: str, direction: Direction, node_path: str) -> Iterator[Finding]:
        """Patterns see the text with digits and letters of one width, and its spaces and signs."""
        narrow = None
        for entry, expression in self._patterns:
            if not entry.concerns(direction, node_path):
                continue
            if narrow is None:
                narrow = _narrow(text)
            for found in expression.finditer(narrow):
                if patterns.holds(entry.check, found[0]):
                    yield Finding(entry.entry_id, "", found.start(), found.end(), None)


def _is_chance(text: str, plain: str, places: list[int], hit: _Hit) -> bool:
    """Whether the signs of a Chinese word stand there as parts of other words."""
    if not _is_han(plain, hit):
        return False
    gaps = [text[places[place - 1] + 1 : places[place]] for place in range(hit.start + 1, hit.end)]
    filled = sum(map(bool, gaps))
    if filled == len(gaps) and len(gaps) >= _PAIR:
        return False
    handicap = _UNLIKELY if any(map(_CLAUSE_MARKS.search, gaps)) else 0.0
    if len(gaps) + 1 == _PAIR and not handicap:
        return False  # known before
    return words.shared().cuts_through(plain, hit.start, hit.end, handicap)


def _is_han(plain: str, hit: _Hit) -> bool:
    return all("\u4e00" <= sign <= "\u9fff" for sign in plain[hit.start : hit.end])


_WIDE: Final = {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)} | {0x3000: " "}


def _narrow(text: str) -> str:
    """Full-width signs as their narrow ones, so that places stay."""
    return text if text.isascii() else _WIDE_SIGN.sub(lambda found: _WIDE[ord(found[0])], text)


_WIDE_SIGN: Final = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff0d\u3000]")
