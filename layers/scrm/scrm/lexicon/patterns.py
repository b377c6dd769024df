"""Regular expressions that cannot run away (R2, R15): bounded, and with few ways to match.

What a pattern may hold is a list, not a guess at what is dangerous. The number of ways in which an expression can match
from one place is counted and limited; a text of any length is then read in time that grows with its length only.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from re import _constants as sre, _parser as parser  # type: ignore[attr-defined]  # isort: skip

LONGEST: Final = 200
MOST_WAYS: Final = 1_000
MOST_SIGNS: Final = 200
"""The longest text that one match may take."""
_PLAIN: Final = frozenset({sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY, sre.CATEGORY, sre.AT})


class PatternError(ValueError):
    """The expression is not one of those that are taken; says why."""


class Check(StrEnum):
    """What the digits of a match have to be."""

    NONE = "none"
    BANK_CARD = "bank_card"
    IDENTITY = "identity"


def compiled(expression: str) -> re.Pattern[str]:
    """Raises PatternError."""
    if not 1 <= len(expression) <= LONGEST:
        raise PatternError(f"an expression has 1 to {LONGEST} signs")
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            tree = parser.parse(expression)
        ways = _ways(tree)
    except (re.error, OverflowError, RecursionError) as broken:
        raise PatternError("it is no regular expression") from broken
    shortest, longest = tree.getwidth()
    if ways > MOST_WAYS:
        raise PatternError("it can match in too many ways; bound its repetitions more closely")
    if not shortest:
        raise PatternError("it matches nothing at all as well")
    if longest > MOST_SIGNS:
        raise PatternError(f"it may match more than {MOST_SIGNS} signs; bound its repetitions")
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        return re.compile(expression, re.ASCII)


def holds(check: Check, text: str) -> bool:
    """Whether the check digit of a number is right."""
    return _CHECKS[check](text)


def _ways(tree: Iterable[Any]) -> int:
    ways = 1
    for operation, argument in tree:
        if operation in _PLAIN:
            continue
        if operation in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            least, most, repeated = argument
            if most is sre.MAXREPEAT or most > MOST_SIGNS:
                raise PatternError("a repetition without an end is not taken: write {1,20} for + and {0,20} for *")
            ways *= max(1, _ways(repeated)) ** most * (most - least + 1)
        elif operation is sre.SUBPATTERN:
            ways *= _ways(argument[-1])
        elif operation is sre.BRANCH:
            ways *= sum(_ways(branch) for branch in argument[1])
        elif operation in {sre.ASSERT, sre.ASSERT_NOT}:
            ways *= _ways(argument[1])
        else:
            raise PatternError("references, conditions and atomic groups are not taken")
        if ways > MOST_WAYS:
            raise PatternError("it can match in too many ways; bound its repetitions more closely")
    return ways


def _is_bank_card(text: str) -> bool:
    """Luhn's formula."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - two digits add up
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_identity(text: str) -> bool:
    """GB 11643: seventeen digits and a check sign."""
    number = "".join(sign for sign in text.upper() if sign.isdigit() or sign == "X")
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return number[17] == "10X98765432"[weighed % 11]


_CHECKS: Final[Mapping[Check, Callable[[str], bool]]] = {
    Check.NONE: lambda _: True,
    Check.BANK_CARD: _is_bank_card,
    Check.IDENTITY: _is_identity,
}
