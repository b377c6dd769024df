"""Text of other people in files that somebody opens with a spreadsheet."""

from typing import Final

_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins so is taken for a formula; in full width too by an East Asian Excel."""


def harmless(text: str) -> str:
    """The text; where it begins as a formula does, told to be text."""
    return f"'{text}" if text.startswith(_FORMULAS) else text
