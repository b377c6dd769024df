"""Listed words written so that a plain search misses them: made from the lexicon, by class, with a seed (O7)."""

import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

from local.lexicon.look_alikes import LOOK_ALIKES
from scrm.lexicon.model import Direction, Entry, Kind, Lexicon

SEED: Final = 20261126
EACH: Final = 60
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"
_SEPARATORS: Final = (" ", "  ", ".", "-", "*", "_", "/", "|", "·", "~", "+", "…", "、", "🙂", "　", "，", "\n")
_CLAUSE_ENDS: Final = frozenset("，\n")
_CARRIERS: Final = (
    "您好，{}，您放心",
    "这款产品{}，别人我不说",
    "跟您说{}就行了",
    "王总，{}",
    "{}，真的",
    "我再说一遍：{}！",
    "昨天讲的{}还算数吗",
    "（{}）请您看看",
)
_TO_TRADITIONAL: Final = OpenCC("s2t")


@dataclass(frozen=True, slots=True)
class Sample:
    """A text that holds a listed word in disguise."""

    text: str
    entry: Entry

    @property
    def direction(self) -> Direction:
        return self.entry.direction


def evasions(lexicon: Lexicon, seed: int = SEED, each: int = EACH) -> Mapping[str, Sequence[Sample]]:
    """As many samples of each class, none twice."""
    words = [entry for entry in lexicon.entries if entry.kind is Kind.WORD]
    draw = random.Random(seed)
    return {name: _samples(words, disguise, draw, each) for name, disguise in _CLASSES.items()}


def _samples(
    words: Sequence[Entry], disguise: Callable[[str, random.Random], str], draw: random.Random, each: int
) -> Sequence[Sample]:
    made: dict[str, Sample] = {}
    while len(made) < each:
        entry = draw.choice(words)
        written = disguise(entry.text, draw)
        if written != entry.text:
            text = draw.choice(_CARRIERS).format(written)
            made[text] = Sample(text, entry)
    return tuple(made.values())


def _full_width(word: str, draw: random.Random) -> str:
    """Letters and digits wide; a Chinese word gets one of its characters spelled in wide letters."""
    spelled = word if any(sign.isascii() for sign in word) else _spelled(word, draw, {draw.randrange(len(word))})
    return "".join(
        chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" and draw.random() < 0.8 else sign
        for sign in (spelled.upper() if draw.random() < 0.5 else spelled)
    )


def _zero_width(word: str, draw: random.Random) -> str:
    gaps = set(draw.sample(range(1, len(word)), draw.randint(1, len(word) - 1)))
    return "".join(
        ("".join(draw.choices(_ZERO_WIDTH, k=draw.randint(1, 3))) if place in gaps else "") + sign
        for place, sign in enumerate(word)
    )


def _pinyin_mix(word: str, draw: random.Random) -> str:
    """Some characters, or all, as they sound; with tones now and then."""
    han = [place for place, sign in enumerate(word) if "\u4e00" <= sign <= "\u9fff"]
    if not han:
        return word
    return _spelled(word, draw, set(draw.sample(han, draw.randint(1, max(1, len(han) - 1)))))


def _spelled(word: str, draw: random.Random, places: set[int]) -> str:
    style = Style.TONE if draw.random() < 0.2 else Style.NORMAL
    readings = lazy_pinyin(word, style=style, errors=list)  # type: ignore[arg-type]
    return "".join(readings[place] if place in places else sign for place, sign in enumerate(word))


def _split(word: str, draw: random.Random) -> str:
    """One separator or several; a clause's end in every gap of a word, or in none."""
    if draw.random() < 0.5 and len(word) > 2:
        separator = draw.choice(_SEPARATORS)
        return separator.join(word)
    soft = [each for each in _SEPARATORS if each not in _CLAUSE_ENDS]
    gaps = set(draw.sample(range(1, len(word)), draw.randint(1, len(word) - 1)))
    return "".join((draw.choice(soft) if place in gaps else "") + sign for place, sign in enumerate(word))


def _homoglyph(word: str, draw: random.Random) -> str:
    """Signs that look the same or are the same word's: letters of other scripts, radicals, traditional forms."""
    written = [draw.choice(options) if (options := list(_look_alikes(sign))) else sign for sign in word]
    kept = draw.randrange(len(word)) if draw.random() < 0.5 else -1
    return "".join(
        sign if place == kept else other for place, (sign, other) in enumerate(zip(word, written, strict=True))
    )


def _look_alikes(sign: str) -> Iterator[str]:
    yield from (alike for alike, target in LOOK_ALIKES.items() if target == sign)
    yield from _COMPATIBLE.get(sign, ())
    traditional = _TO_TRADITIONAL.convert(sign)
    if traditional != sign and len(traditional) == 1:
        yield traditional


def _compatible() -> dict[str, list[str]]:
    """Radicals and compatibility forms by the character they stand for."""
    found: dict[str, list[str]] = {}
    for point in (*range(0x2E80, 0x2FE0), *range(0xF900, 0xFB00), *range(0x1D400, 0x1D800)):
        plain = unicodedata.normalize("NFKC", chr(point)).casefold()
        if len(plain) == 1 and plain != chr(point) and plain.isalnum():
            found.setdefault(plain, []).append(chr(point))
    return found


_COMPATIBLE: Final = _compatible()
_CLASSES: Final[Mapping[str, Callable[[str, random.Random], str]]] = {
    "full_width": _full_width,
    "zero_width": _zero_width,
    "pinyin_mix": _pinyin_mix,
    "split": _split,
    "homoglyph": _homoglyph,
}
