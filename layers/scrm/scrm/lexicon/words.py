"""Where words end in Chinese text, as far as a hit needs to know it.

Chinese writes no spaces, so a listed word may appear where nobody wrote it: 您投保本行产品 holds 保本. Which way to cut
a text is likelier is judged by how often its words occur; a hit counts unless every likeliest cut goes through it.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Final

from scrm.lexicon.folding import TABLES

_AROUND: Final = 3
"""How many characters on each side are looked at; words of the table have three at most."""
_UNKNOWN: Final = math.log(1e-7)
_LISTED: Final = {1: math.log(1e-5), 2: math.log(1e-5), 3: math.log(1e-4)}
_LISTED_LONG: Final = math.log(1e-3)
"""A listed word stands there by chance the less the longer it is."""


class Segmentation:
    """One for a process: `shared`."""

    def __init__(self, counts: Mapping[str, str]) -> None:
        total = math.log(int(counts["total"]))
        self._weight: dict[str, float] = {}
        for count, words in counts.items():
            if count != "total":
                self._weight |= dict.fromkeys(words.split(" "), math.log(int(count)) - total)

    def cuts_through(self, text: str, start: int, end: int, handicap: float = 0.0) -> bool:
        """Whether ``text[start:end]`` is more likely parts of other words; ``handicap`` (a logarithm) speaks for it."""
        if not handicap and not self._reaches_in(text, start) and not self._reaches_in(text, end):
            return False
        first, last = start, end
        while first > 0 and start - first < _AROUND and _is_han(text[first - 1]):
            first -= 1
        while last < len(text) and last - end < _AROUND and _is_han(text[last]):
            last += 1
        upto = self._likeliest(text[first:last])
        inside = max(self._likeliest(text[start:end])[-1], _LISTED.get(end - start, _LISTED_LONG))
        as_word = upto[start - first] + inside + self._likeliest(text[end:last])[-1]
        return upto[-1] > as_word + handicap

    def _reaches_in(self, text: str, place: int) -> bool:
        """Whether some word lies across a place of the text."""
        weight = self._weight
        return place > 0 and (
            text[place - 1 : place + 1] in weight
            or text[place - 1 : place + 2] in weight
            or (place > 1 and text[place - 2 : place + 1] in weight)
        )

    def _likeliest(self, text: str) -> list[float]:
        """The weight of the likeliest way to cut a text into words, up to each of its places."""
        weight = self._weight.get
        best = [0.0]
        for end, sign in enumerate(text, 1):
            found = best[-1] + weight(sign, _UNKNOWN)
            if end > 1 and (pair := weight(text[end - 2 : end])) is not None and best[end - 2] + pair > found:
                found = best[end - 2] + pair
            if end > 2 and (three := weight(text[end - 3 : end])) is not None and best[end - 3] + three > found:  # noqa: PLR2004
                found = best[end - 3] + three
            best.append(found)
        return best


def _is_han(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"


@cache
def shared() -> Segmentation:
    return Segmentation(json.loads((TABLES / "words.json").read_text(encoding="utf-8")))
