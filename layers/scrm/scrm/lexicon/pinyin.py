"""Words with some of their characters written as they sound: bao本, 保ben, baoben理财.

A text becomes a row of syllables where Latin letters touch Chinese. A character keeps its own place in it, so that
报ben is not taken for 保本: what is written as a character has to be that character.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from scrm.lexicon.folding import TABLES

_FIRST: Final = 0xE000
"""Syllables are signs of the private area while they are compared."""
_BARRIER: Final = "\uf8ff"
_AROUND: Final = 16
_MOST_SPELLINGS: Final = 8
_TOUCHING: Final = re.compile("(?<![a-z])(?:[a-z]++(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[a-z]++)")
"""A run is looked at once, from its beginning and whole: a text of nothing but letters is read in one pass."""
_LATIN: Final = re.compile("[a-z]")


class Readings:
    """Syllables of characters and of Latin letters. One for a process: `shared`."""

    def __init__(self, table: dict[str, dict[str, str]]) -> None:
        spelled = sorted({*table["usual"], *table["other"]})
        self._syllable = {reading: chr(_FIRST + number) for number, reading in enumerate(spelled)}
        self.usual = {sign: self._syllable[reading] for reading, signs in table["usual"].items() for sign in signs}
        self._options = dict(self.usual)
        for reading, signs in table["other"].items():
            for sign in signs:
                self._options[sign] += self._syllable[reading]
        self._longest = max(map(len, spelled))

    def spellings(self, word: str) -> list[str]:
        """A word's rows of syllables, with other readings of its characters up to a limit; what has none stays."""
        rows = [""]
        for each in map(self._options.get, word, word):
            rows = [row + syllable for row in rows for syllable in each][:_MOST_SPELLINGS]
        return rows

    def syllables(self, letters: str) -> Sequence[tuple[int, ...]]:
        """Ways to cut Latin letters into syllables, as their ends: long ones first, and short ones first if other."""
        onwards = self._onwards(letters)
        if not onwards[0]:
            return ()
        longest, shortest = _walk(onwards, -1), _walk(onwards, 0)
        return (longest,) if longest == shortest else (longest, shortest)

    def of(self, letters: str) -> str:
        return self._syllable[letters]

    def _onwards(self, letters: str) -> list[list[int]]:
        """For each place where syllables may end from which the rest comes out even: to there, short ones first.

        Worked from the end, so that each place is looked at once, however many ways there are through it.
        """
        count = len(letters)
        onwards: list[list[int]] = [[] for _ in letters]
        for start in range(count - 1, -1, -1):
            onwards[start] = [
                end
                for end in range(start + 1, min(start + self._longest, count) + 1)
                if (end == count or onwards[end]) and letters[start:end] in self._syllable
            ]
        return onwards


def _walk(onwards: Sequence[Sequence[int]], which: int) -> tuple[int, ...]:
    """One way through: each time the shortest syllable (0) or the longest (-1)."""
    ends: list[int] = []
    place = 0
    while place < len(onwards):
        place = onwards[place][which]
        ends.append(place)
    return tuple(ends)


@cache
def shared() -> Readings:
    return Readings(json.loads((TABLES / "readings.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class _Row:
    """A stretch of a text as syllables; ``starts`` and ``ends`` are where each stands in the text."""

    syllables: str
    starts: list[int]
    ends: list[int]
    typed: list[bool]


class PinyinMatcher:
    """Finds words of two or more characters of which one at least is spelled."""

    def __init__(self, words: Sequence[str], readings: Readings) -> None:
        self._readings = readings
        self._words = words
        self._numbers: dict[str, list[int]] = {}
        for number, word in enumerate(words):
            for row in readings.spellings(word) if len(word) > 1 else ():
                self._numbers.setdefault(row, []).append(number)
        self._sizes = sorted({len(row) for row in self._numbers})

    def find(self, plain: str) -> Iterator[tuple[int, int, int]]:
        """Word, start and end in the folded text."""
        if not _LATIN.search(plain):
            return
        for row in self._rows(plain):
            for start, end in self._places(row):
                for number in self._numbers.get(row.syllables[start:end], ()):
                    if self._is_written(plain, row, start, self._words[number]):
                        yield number, row.starts[start], row.ends[end - 1]

    def _places(self, row: _Row) -> Iterator[tuple[int, int]]:
        """Where a word may stand, from syllable to syllable, with a typed one among them."""
        following = len(row.typed)
        for start in range(len(row.typed) - 1, -1, -1):
            if row.typed[start]:
                following = start
            for size in self._sizes:
                if following < start + size <= len(row.typed):
                    yield start, start + size

    def _is_written(self, plain: str, row: _Row, start: int, word: str) -> bool:
        """What is written as a character is the word's own; a word that is spelled out whole is a run of its own."""
        for place, sign in enumerate(word, start):
            if not row.typed[place] and plain[row.starts[place]] != sign:
                return False
        if all(row.typed[start : start + len(word)]):
            before, after = row.starts[start] - 1, row.ends[start + len(word) - 1]
            return not (_is_latin(plain[before : before + 1]) or _is_latin(plain[after : after + 1]))
        return True

    def _rows(self, plain: str) -> Iterator[_Row]:
        """The stretches around touching letters, each cut in up to two ways."""
        stretch: tuple[int, int] | None = None
        for found in _TOUCHING.finditer(plain):
            first, last = max(0, found.start() - _AROUND), min(len(plain), found.end() + _AROUND)
            if stretch is not None and first <= stretch[1]:
                stretch = stretch[0], last
            else:
                if stretch is not None:
                    yield from self._cut(plain, *stretch)
                stretch = first, last
        if stretch is not None:
            yield from self._cut(plain, *stretch)

    def _cut(self, plain: str, first: int, last: int) -> Iterator[_Row]:
        yield (longest := self._row(plain, first, last, 0))
        if (shortest := self._row(plain, first, last, -1)) != longest:
            yield shortest

    def _row(self, plain: str, first: int, last: int, way: int) -> _Row:
        row = _Row("", [], [], [])
        signs: list[str] = []

        def add(syllable: str, start: int, end: int, *, is_typed: bool) -> None:
            signs.append(syllable)
            row.starts.append(start)
            row.ends.append(end)
            row.typed.append(is_typed)

        place = first
        while place < last:
            run_end = place
            while run_end < last and _is_latin(plain[run_end]):
                run_end += 1
            if run_end == place:
                add(self._readings.usual.get(plain[place], plain[place]), place, place + 1, is_typed=False)
                place += 1
                continue
            ways = self._readings.syllables(plain[place:run_end])
            start = place
            for end in (place + each for each in (ways[way] if ways else ())):
                add(self._readings.of(plain[start:end]), start, end, is_typed=True)
                start = end
            if not ways:
                add(_BARRIER, place, run_end, is_typed=False)
            place = run_end
        return _Row("".join(signs), row.starts, row.ends, row.typed)


def _is_latin(sign: str) -> bool:
    return "a" <= sign <= "z"
