"""The lexicon: what is looked for, in whose words, for whom it holds and what follows (S71)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scrm.lexicon.patterns import Check
from scrm.node_paths import ROOT_PATH

LONGEST_WORD: Final = 32
"""As many signs as WeCom takes in a rule."""


class Direction(StrEnum):
    """Whose words are meant."""

    TO_CUSTOMER = "to_customer"
    TO_STAFF = "to_staff"
    BOTH = "both"


class Severity(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    SERIOUS = "serious"


class Action(StrEnum):
    """What follows from a hit; a member is warned or stopped by WeCom itself, before he has sent."""

    BLOCK = "block"
    WARN = "warn"
    DETECT = "detect"
    COMPLAINT = "complaint"
    OPT_OUT = "opt_out"
    NEED_SIGNAL = "need_signal"


class Kind(StrEnum):
    WORD = "word"
    PATTERN = "pattern"


class Evasion(StrEnum):
    """How a hit was written otherwise than the lexicon has it."""

    FULL_WIDTH = "full_width"
    ZERO_WIDTH = "zero_width"
    SPLIT = "split"
    PINYIN = "pinyin"
    TRADITIONAL = "traditional"
    HOMOGLYPH = "homoglyph"


@dataclass(frozen=True, slots=True)
class Entry:
    """``text`` is a word, or for patterns an expression. ``scope`` are node paths; whoever lies below is meant.

    A hit inside one of the phrases ``allowed`` is none.
    """

    entry_id: str
    text: str
    kind: Kind = Kind.WORD
    direction: Direction = Direction.BOTH
    severity: Severity = Severity.WARNING
    action: Action = Action.DETECT
    scope: tuple[str, ...] = (ROOT_PATH,)
    allowed: tuple[str, ...] = ()
    check: Check = Check.NONE

    def concerns(self, direction: Direction, node_path: str) -> bool:
        """Whether a message in that direction, of a member at that place, is looked at for it."""
        if Direction.BOTH not in {self.direction, direction} and self.direction is not direction:
            return False
        return any(node_path.startswith(path) for path in self.scope)


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit; ``start`` and ``end`` are places in the text as it was written. ``evasion``: None as it stands."""

    entry_id: str
    word: str
    start: int
    end: int
    evasion: Evasion | None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries of one version, and phrases in which no entry is a hit."""

    entries: tuple[Entry, ...]
    allowed: tuple[str, ...] = ()

    def by_id(self) -> Mapping[str, Entry]:
        return {entry.entry_id: entry for entry in self.entries}
