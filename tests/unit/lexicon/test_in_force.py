"""The version in force is compiled once, and a new one is seen at the next use."""

import pytest

from scrm.lexicon.in_force import LexiconCache
from scrm.lexicon.model import Direction, Entry, Lexicon


class Versions:
    def __init__(self) -> None:
        self.number, self.reads = 0, 0
        self.lexicons: dict[int, Lexicon] = {}

    def in_force(self) -> int:
        return self.number

    def lexicon(self, number: int) -> Lexicon | None:
        self.reads += 1
        return self.lexicons.get(number)


def found(cache: LexiconCache, text: str) -> list[str]:
    return [each.entry_id for each in cache.current().scan(text, Direction.BOTH, "/1/10/")]


def test_before_the_first_version_nothing_is_found() -> None:
    cache = LexiconCache(Versions())

    assert (cache.current().version, found(cache, "保本")) == (0, [])


def test_a_version_is_compiled_once_and_replaced_when_another_comes_into_force() -> None:
    versions = Versions()
    versions.lexicons = {1: Lexicon((Entry("promise", "保本"),)), 2: Lexicon((Entry("deal", "飞单"),))}
    cache = LexiconCache(versions)

    versions.number = 1
    assert found(cache, "保本飞单") == found(cache, "保本飞单") == ["promise"]
    assert versions.reads == 1
    assert cache.current().entry("promise").text == "保本"
    versions.number = 2
    assert (found(cache, "保本飞单"), versions.reads) == (["deal"], 2)


def test_a_version_without_entries_stored_is_no_empty_one() -> None:
    versions = Versions()
    versions.number = 3

    with pytest.raises(LookupError):
        LexiconCache(versions).current()
