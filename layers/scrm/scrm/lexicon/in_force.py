"""The version of the lexicon that is in force, ready to scan: compiled once, and asked for its number at every use."""

from collections.abc import Sequence
from typing import Final, Protocol

from scrm.lexicon.model import Direction, Entry, Finding, Lexicon
from scrm.lexicon.scanner import Scanner

_KEPT: Final = 2


class Lexicons(Protocol):
    def in_force(self) -> int:
        """The version's number; 0 before the first."""
        ...

    def lexicon(self, number: int) -> Lexicon | None: ...


class CompiledLexicon:
    """Implements `scrm.screening.screen.LexiconInForce`."""

    def __init__(self, version: int, lexicon: Lexicon) -> None:
        self.version = version
        self._entries = lexicon.by_id()
        self._scanner = Scanner(lexicon)

    def entry(self, entry_id: str) -> Entry:
        return self._entries[entry_id]

    def scan(self, text: str, direction: Direction, node_path: str) -> Sequence[Finding]:
        return self._scanner.scan(text, direction, node_path)


class LexiconCache:
    """One per process. Before the first version nothing is found, and messages are indexed all the same."""

    def __init__(self, lexicons: Lexicons) -> None:
        self._lexicons = lexicons
        self._compiled = CompiledLexicon(0, Lexicon(()))

    def current(self) -> CompiledLexicon:
        """Raises LookupError: the version in force has no entries stored."""
        number = self._lexicons.in_force()
        if number != self._compiled.version:
            lexicon = self._lexicons.lexicon(number)
            if lexicon is None:
                raise LookupError(number)
            self._compiled = CompiledLexicon(number, lexicon)
        return self._compiled


class CompiledVersions:
    """Two versions at a time, for who compares them; they never change."""

    def __init__(self, lexicons: Lexicons) -> None:
        self._lexicons = lexicons
        self._kept = {0: CompiledLexicon(0, Lexicon(()))}

    def compiled(self, number: int) -> CompiledLexicon:
        """An empty one for 0. Raises LookupError: the version has no entries stored."""
        if number not in self._kept:
            lexicon = self._lexicons.lexicon(number)
            if lexicon is None:
                raise LookupError(number)
            if len(self._kept) > _KEPT:
                del self._kept[max(self._kept)]
            self._kept[number] = CompiledLexicon(number, lexicon)
        return self._kept[number]
