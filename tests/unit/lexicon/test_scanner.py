"""Words are found however they are written, and only where they were meant (S71, O7)."""

import json
import re
from collections.abc import Iterator
from typing import SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.lexicon import pinyin
from scrm.lexicon.folding import TABLES
from scrm.lexicon.model import Direction, Entry, Evasion, Finding, Kind, Lexicon
from scrm.lexicon.patterns import Check, PatternError, compiled
from scrm.lexicon.scanner import Scanner

SYLLABLES = {syllable for signs in json.loads((TABLES / "readings.json").read_bytes()).values() for syllable in signs}
WORDS = ["保本", "保本保息", "无风险", "零风险", "稳赚不赔", "承诺收益", "risk-free", "100%收益", "重仓", "投诉"]
SCANNER = Scanner(Lexicon(tuple(Entry(word, word) for word in WORDS), allowed=("不保本", "有无风险")))


def scan(text: str, scanner: Scanner = SCANNER) -> list[tuple[str, str, Evasion | None]]:
    """Word, what was written, and how."""
    found = scanner.scan(text, Direction.TO_CUSTOMER, "/1/10/")
    return [(each.word, text[each.start : each.end], each.evasion) for each in found]


@pytest.mark.parametrize(
    ("text", "written", "evasion"),
    [
        ("这款保本理财", "保本", None),
        ("我们保本金安全", "保本", None),
        ("保 本 理财", "保 本", Evasion.SPLIT),
        ("保🙂本", "保🙂本", Evasion.SPLIT),
        ("保\u200b本", "保\u200b本", Evasion.ZERO_WIDTH),
        ("保夲理财", "保夲", Evasion.HOMOGLYPH),
        ("bao本", "bao本", Evasion.PINYIN),
        ("ＢＡＯ 本", "ＢＡＯ 本", Evasion.PINYIN),
        ("保ben理财", "保ben", Evasion.PINYIN),
        ("baoben理财", "baoben", Evasion.PINYIN),
        ("zhong仓", "zhong仓", Evasion.PINYIN),
        ("稳賺不賠", "稳賺不賠", Evasion.TRADITIONAL),
        ("稳，赚，不，赔", "稳，赚，不，赔", Evasion.SPLIT),
        ("ＲＩＳＫ－free", "ＲＩＳＫ－free", Evasion.FULL_WIDTH),
        ("Risk-Free", "Risk-Free", None),
        ("１００％收益", "１００％收益", Evasion.FULL_WIDTH),
        ("有无风险？无风险！", "无风险", None),
    ],
)
def test_a_word_is_found(text: str, written: str, evasion: Evasion | None) -> None:
    assert [found[1:] for found in scan(text)] == [(written, evasion)]


@pytest.mark.parametrize(
    "text",
    [
        "您已投保本行产品",
        "担保本金的利息",
        "明天投保 本周生效",
        "由我来保，本月可以",
        "您的社保本月缴纳",
        "本产品不保本",
        "不保夲",
        "请看有无风险提示",
        "报ben理财",  # another character that sounds alike
        "casino risk-freedom",
        "1100%收益",
        "baobenefit理财",
        "",
    ],
)
def test_a_near_miss_is_none(text: str) -> None:
    assert scan(text) == []


def test_a_character_is_found_spelled_in_a_whole_sentence_of_syllables() -> None:
    """Spaces between syllables are nothing, so that a sentence is one run of letters."""
    text = "这款保ben de li cai chan pin mei tian dou you shou yi nin ke yi fang xin mai jin lai ba"

    assert scan(text) == [("保本", "保ben", Evasion.PINYIN)]


def test_words_that_overlap_are_all_found() -> None:
    assert [found[0] for found in scan("保本保息")] == ["保本", "保本保息"]


def test_direction_and_place_decide_who_is_looked_at() -> None:
    scanner = Scanner(
        Lexicon(
            (
                Entry("ours", "保本", direction=Direction.TO_CUSTOMER),
                Entry("theirs", "保本", direction=Direction.TO_STAFF),
                Entry("branch", "保本", scope=("/1/10/", "/1/12/")),
            )
        )
    )

    def found(direction: Direction, node_path: str) -> set[str]:
        return {each.entry_id for each in scanner.scan("保本", direction, node_path)}

    assert found(Direction.TO_CUSTOMER, "/1/10/3/") == {"ours", "branch"}
    assert found(Direction.TO_STAFF, "/1/11/") == {"theirs"}
    assert found(Direction.BOTH, "/1/12/") == {"ours", "theirs", "branch"}


def test_a_phrase_is_allowed_for_its_entry_alone() -> None:
    scanner = Scanner(Lexicon((Entry("one", "退款", allowed=("退款政策",)), Entry("two", "退款"))))

    assert [each.entry_id for each in scanner.scan("退 款 政策", Direction.TO_STAFF, "/1/")] == ["two"]


def test_a_pattern_counts_with_its_check_digit_and_keeps_its_place() -> None:
    card = Entry("card", r"(?<!\d)\d{4}(?:[ -]?\d{4}){3}(?!\d)", kind=Kind.PATTERN, check=Check.BANK_CARD)
    scanner = Scanner(Lexicon((card,)))

    found = scanner.scan("卡号４111 1111-1111 1111，订单 4111 1111 1111 1112", Direction.TO_CUSTOMER, "/1/")

    assert found == (Finding("card", "", 2, 21, None),)


@pytest.mark.parametrize("number", ["11010519491231002X", "11010519491231002x", "440524188001010014"])
def test_an_identity_number_has_its_check_sign(number: str) -> None:
    entry = Entry("id", r"(?<!\d)\d{17}[\dXx](?![\dXx])", kind=Kind.PATTERN, check=Check.IDENTITY)
    scanner = Scanner(Lexicon((entry,)))
    wrong = f"{number[:16]}{(int(number[16]) + 1) % 10}{number[17]}"

    assert scan(number, scanner)
    assert not scan(wrong, scanner)


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+b",
        "a*",
        r"\d+",
        "(a|a){1,64}b",
        "(?:a{0,9}){9}b",
        r"(a)\1",
        "(?>a)",
        "(?(1)a|b)",
        "a{1,1000}",
        "[",
        "",
        "a" * 201,
        "a{0,5}",
        "(?=a)",
        "a{0,30}a{0,30}a{0,30}b",
    ],
)
def test_an_expression_that_may_run_away_is_refused(expression: str) -> None:
    with pytest.raises(PatternError):
        compiled(expression)


@given(st.from_regex(re.compile(r"[ab01(){}|?,\[\]\\d]{1,30}"), fullmatch=True))
def test_any_expression_is_refused_or_bounded(expression: str) -> None:
    try:
        found = compiled(expression)
    except PatternError:
        return

    found.search("a0b1" * 50)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.text(max_size=30))
def test_findings_lie_in_the_text_in_order(words: list[str], around: str) -> None:
    text = around.join(["", *words, ""])

    found = SCANNER.scan(text, Direction.TO_STAFF, "/1/")

    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert list(found) == sorted(found, key=lambda each: each.start)


def test_an_empty_lexicon_finds_nothing() -> None:
    assert Scanner(Lexicon(())).scan("保本", Direction.BOTH, "/1/") == ()
    assert Scanner(Lexicon((Entry("signs", "……"),), allowed=("，",))).scan("……", Direction.BOTH, "/1/") == ()


class CountedLetters(str):
    """Counts the pieces that are taken out of it."""

    pieces = 0

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        self.pieces += 1
        return super().__getitem__(key)


def every_way(letters: str, start: int = 0) -> Iterator[tuple[int, ...]]:
    """Ends of syllables, by trying."""
    if start == len(letters):
        yield ()
    for end in range(start + 1, len(letters) + 1):
        if letters[start:end] in SYLLABLES:
            yield from ((end, *rest) for rest in every_way(letters, end))


LETTERS = 100_000
"""So many that steps which grow with their square would not come to an end in a test."""


@pytest.mark.parametrize(
    "text",
    [
        "a" * LETTERS,
        "xian" * (LETTERS // 4),
        "q" * LETTERS + "保",
        "保" + "xian" * (LETTERS // 4) + "q本",
        ("保" + "an" * 23 + "q本") * (LETTERS // 50),
        ("保" + "xian" * 11 + "q") * (LETTERS // 50),
        "不保本" * (LETTERS // 3),
        "risk-free" * (LETTERS // 9),
        "保" + " " * LETTERS + "木",
        "a\u0301" * (LETTERS // 2),
        "1380013800" * (LETTERS // 10),
    ],
)
def test_a_hostile_text_is_read_in_steps_that_grow_with_its_length(text: str) -> None:
    assert scan(text) == []


@pytest.mark.parametrize("letters", ["an" * 24, "xian" * 12, "xianan" * 7 + "q", "a" * 48, "lianguang" * 5 + "v", "zq"])
def test_letters_are_cut_in_few_steps_however_many_ways_there_are(letters: str) -> None:
    counted = CountedLetters(letters)

    pinyin.shared().syllables(counted)

    assert 0 < counted.pieces <= len("zhuang") * len(letters)


@given(
    st.lists(st.sampled_from(["xi", "an", "xian", "g", "gu", "uang", "lian", "ng", "q", "e"]), min_size=1, max_size=9)
)
def test_letters_are_cut_as_trying_every_way_would(parts: list[str]) -> None:
    letters = "".join(parts)
    readings = pinyin.shared()

    found = readings.syllables(letters)

    ways = sorted(every_way(letters))
    assert list(found) == list(dict.fromkeys([ways[-1], ways[0]] if ways else []))
