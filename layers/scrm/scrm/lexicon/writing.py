"""How a hit was written, for the figures of each kind of evasion and for who looks at a case."""

import unicodedata

from scrm.lexicon.model import Evasion

_FORMAT = "Cf"


def way_of_writing(written: str, word: str) -> Evasion | None:
    """None if it stands there as the lexicon has it, but for case."""
    if written.casefold() == word.casefold():
        return None
    visible = "".join(sign for sign in written if not _is_invisible(sign))
    if visible.casefold() == word.casefold():
        return Evasion.ZERO_WIDTH
    narrow = unicodedata.normalize("NFKC", visible).casefold()
    if narrow == word.casefold():
        return Evasion.FULL_WIDTH if any("\uff01" <= sign <= "\uffee" for sign in visible) else Evasion.HOMOGLYPH
    if _letters(narrow) == _letters(word.casefold()):
        return Evasion.SPLIT
    return Evasion.TRADITIONAL if _is_traditional(narrow) else Evasion.HOMOGLYPH


def _is_invisible(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category in {_FORMAT, "Cc", "Mn", "Me"} or sign in "\u3164\u115f\u1160\u2800"


def _letters(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign)[0] in "LN" or sign == "%")


def _is_traditional(text: str) -> bool:
    """Big5 has the traditional characters, GB 2312 the simplified ones."""
    return any(_is_in(sign, "big5") and not _is_in(sign, "gb2312") for sign in text if sign >= "\u4e00")


def _is_in(sign: str, charset: str) -> bool:
    try:
        sign.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
