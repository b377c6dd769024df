"""Texts as the lexicon compares them: letters and digits of one width, case and script, and nothing between them.

NFKC, case, accents, traditional characters, look-alikes, invisible signs, spaces and punctuation are one table and one
character class: a text costs one pass that touches only the signs that change. The table is generated
(``local/lexicon/make_tables.py``), so that no package for it runs in a function.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLES: Final = Path(__file__).with_name("tables")
_BEYOND: Final = "\U00010000-\U0010ffff"


class Fold:
    """One for a process: `shared`."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._target = {sign: target for target, signs in table["folded"].items() for sign in signs}
        letters = "".join(re.escape(sign) for sign in self._target if sign <= "\uffff")
        between = "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in table["removed"])
        self._changing = re.compile(f"[{letters}{between}{_BEYOND}]")
        self._between = re.compile(f"[{between}]")
        self._letters = re.compile(f"[{letters}{_BEYOND}]")
        self._get = self._target.get

    def plain(self, text: str) -> str:
        """The text without what separates; beyond the basic plane only what has a place in the table stays."""
        get = self._get
        return self._letters.sub(lambda found: get(found[0], ""), self._between.sub("", text))

    def places(self, text: str) -> list[int]:
        """Where each sign of `plain` stands in the text. Costs more than `plain`: for texts with hits only."""
        places: list[int] = []
        after = 0
        for found in self._changing.finditer(text):
            start = found.start()
            places += range(after, start)
            places += [start] * len(self._get(found[0], ""))
            after = start + 1
        places += range(after, len(text))
        return places


@cache
def shared() -> Fold:
    return Fold(json.loads((TABLES / "fold.json").read_text(encoding="utf-8")))
