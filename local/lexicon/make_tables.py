"""Writes the tables of ``scrm/lexicon/tables``: ``python -m local.lexicon.make_tables jieba-0.42.1.tar.gz``.

Three files, all of them generated, all of them committed:

* ``fold.json``: which sign counts as which. From Unicode's data (NFKC, case, marks), OpenCC's characters (traditional,
  Taiwan, Hong Kong, Japan to simplified; Apache 2.0) and the look-alikes of ``look_alikes.py``, which are our own.
* ``readings.json``: the readings of a character without tones, the usual one first. From pypinyin (MIT).
* ``words.json``: how often common words occur. From jieba's dictionary (MIT), given as its source archive, and for
  words of banks ``bank_words.py``, which is our own.

None of these packages runs in a function.
"""

import hashlib
import json
import sys
import tarfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from opencc import OpenCC
from pypinyin import Style, pinyin

from local.lexicon.bank_words import BANK_WORDS, COUNT
from local.lexicon.look_alikes import LOOK_ALIKES

TABLES: Final = Path(__file__).parents[2] / "layers" / "scrm" / "scrm" / "lexicon" / "tables"
JIEBA_SHA256: Final = "055ca12f62674fafed09427f176506079bc135638a14e23e25be909131928db2"
KEPT: Final = "%"
"""Part of words such as 100%收益; every other sign that is no letter and no digit separates."""
_LAST: Final = "\uffff"
"""Of the basic plane."""
_MOST_STEPS: Final = 5
_SURROGATES: Final = range(0xD800, 0xE000)
_HAN: Final = range(0x4E00, 0xA000)
_LEAST: Final = {1: 20, 2: 20, 3: 50}
"""How often a word of so many characters has to occur in jieba's counts to be of use."""


def main() -> int:
    archive = Path(sys.argv[1])
    if hashlib.sha256(archive.read_bytes()).hexdigest() != JIEBA_SHA256:
        print("this is not the archive of jieba 0.42.1", file=sys.stderr)
        return 1
    TABLES.mkdir(exist_ok=True)
    _write("fold.json", fold_table())
    _write("readings.json", readings())
    _write("words.json", word_counts(archive))
    return 0


def fold_table() -> dict[str, Any]:
    """``folded``: target to the signs that count as it. ``removed``: ranges of code points that count as nothing."""
    folded: dict[str, list[str]] = defaultdict(list)
    removed: list[int] = []
    converters = [OpenCC(name) for name in ("t2s", "tw2s", "hk2s")]
    japan = (OpenCC("jp2t"), OpenCC("t2s"))
    for point in range(0x110000):
        if point in _SURROGATES:
            removed.append(point)
            continue
        target = _settled(chr(point), converters, japan)
        if not target:
            removed.append(point)
        elif target != chr(point):
            folded[target].append(chr(point))
    bmp = [point for point in removed if point <= ord(_LAST)]  # beyond it, what is not folded counts as nothing anyhow
    return {"removed": list(_ranges(bmp)), "folded": {target: "".join(signs) for target, signs in folded.items()}}


def _settled(sign: str, converters: list[OpenCC], japan: tuple[OpenCC, OpenCC]) -> str:
    """What a sign counts as once what it becomes is folded too."""
    target = _target(sign, converters, japan)
    for _ in range(_MOST_STEPS):
        following = "".join(_target(part, converters, japan) for part in target)
        if following == target:
            return "".join(part for part in target if part <= _LAST)  # what is rarer than that counts as nothing
        target = following
    raise ValueError(f"{sign!r} is folded in a circle")


def _target(sign: str, converters: list[OpenCC], japan: tuple[OpenCC, OpenCC]) -> str:
    if sign in LOOK_ALIKES:
        return LOOK_ALIKES[sign]
    if _is_latin_u_umlaut(sign):
        return "v"  # as readings are typed: lv for lü
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sign).casefold())
    return "".join(_simple(part, converters, japan) for part in plain if _is_letter(part))


def _simple(sign: str, converters: list[OpenCC], japan: tuple[OpenCC, OpenCC]) -> str:
    """One letter: without its marks, simplified, or the letter it looks like."""
    if sign in LOOK_ALIKES:
        return LOOK_ALIKES[sign]
    base = unicodedata.normalize("NFKD", sign)[0]
    if base.isascii():
        return base
    for converter in converters:
        simple: str = converter.convert(sign)
        if len(simple) == 1 and sign != simple <= _LAST:
            return simple
    if not _is_in_gb2312(sign):
        simple = japan[1].convert(japan[0].convert(sign))
        if len(simple) == 1 and simple <= _LAST:
            return simple
    return sign


def _is_letter(sign: str) -> bool:
    return sign == KEPT or unicodedata.category(sign)[0] in "LN"


def _is_latin_u_umlaut(sign: str) -> bool:
    parts = unicodedata.normalize("NFKD", sign)
    return parts[0] in "uU" and "\u0308" in parts


def _is_in_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _ranges(points: list[int]) -> Iterator[list[int]]:
    start = last = points[0]
    for point in points[1:]:
        if point != last + 1:
            yield [start, last]
            start = point
        last = point
    yield [start, last]


def readings() -> dict[str, dict[str, str]]:
    """``usual``: reading to the characters that are mostly read so; ``other``: to those that may be."""
    usual: dict[str, list[str]] = defaultdict(list)
    other: dict[str, list[str]] = defaultdict(list)
    for point in _HAN:
        sign = chr(point)
        if not _is_in_gb2312(sign):
            continue
        found = [_typed(each) for each in pinyin(sign, style=Style.NORMAL, heteronym=True)[0]]
        for number, reading in enumerate(dict.fromkeys(each for each in found if each.isascii() and each.isalpha())):
            (other if number else usual)[reading].append(sign)
    return {
        name: {reading: "".join(signs) for reading, signs in sorted(table.items())}
        for name, table in (("usual", usual), ("other", other))
    }


def _typed(reading: str) -> str:
    return reading.replace("ü", "v")


def word_counts(archive: Path) -> dict[str, str]:
    """Count, rounded to a power of two, to the words that occur so often; ``total`` counts them all."""
    with tarfile.open(archive) as packed:
        dictionary = packed.extractfile("jieba-0.42.1/jieba/dict.txt")
        if dictionary is None:
            raise LookupError("the archive holds no dictionary")
        lines = dictionary.read().decode().splitlines()
    total, counted = 0, defaultdict(list)
    own = {word for word in BANK_WORDS if len(word) in _LEAST}
    for line in lines:
        word, count, *_ = line.split()
        total += int(count)
        if word in own and int(count) >= COUNT:
            own.remove(word)
        if (
            word not in own
            and int(count) >= _LEAST.get(len(word), sys.maxsize)
            and all(ord(sign) in _HAN for sign in word)
        ):
            counted[int(count).bit_length() - 1].append(word)
    counted[COUNT.bit_length() - 1] += own
    return {"total": str(total), **{str(1 << power): " ".join(sorted(counted[power])) for power in sorted(counted)}}


def _write(name: str, table: Any) -> None:
    text = json.dumps(table, ensure_ascii=name == "fold.json", separators=(",", ":"))
    (TABLES / name).write_text(text.replace('","', '",\n"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
