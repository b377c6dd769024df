"""Personal data in what people write: found and covered, unless somebody may read it for a reason (R2, R15).

What is covered keeps its length, so that positions of hits hold in the covered text too. Digits count however they are
written: full-width, with blanks, hyphens or invisible characters between them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

COVER: Final = "*"
_SHOWN_OF_PHONE: Final = (3, 4)
_SHOWN_AT_END: Final = 4
_ID_LENGTH: Final = 18
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_LONG_NUMBER: Final = 15  # so many digits are an account or a document, whatever their check digit says

_INVISIBLE: Final = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
_GAP: Final = rf"[\s\-.·{_INVISIBLE}]{{0,2}}"
_FULL_WIDTH: Final = str.maketrans(
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "－": "-"}
)
_NUMBER: Final = re.compile(rf"[0-9](?:{_GAP}[0-9]){{10,24}}(?:{_GAP}[Xx](?![A-Za-z]))?")
_PHONE: Final = re.compile(r"(?:0{0,2}86)?(1[3-9][0-9]{9})\Z")
_MAIL: Final = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}")
_SECRET: Final = re.compile(
    rf"(?:密码|口令|验证码|校验码|動態碼|动态码|CVV2?|cvv2?|(?i:password|passcode|pin code))"
    rf"[\s:：=是为為{_INVISIBLE}]{{0,6}}([A-Za-z0-9!@#$%^&_{_INVISIBLE}]{{3,32}})"
)


class PersonalDataKind(StrEnum):
    """What a covered piece is; a ``secret`` (password, code) nobody has a reason to read (C3 of JR/T 0171)."""

    MOBILE = "mobile"
    IDENTITY_NUMBER = "identity_number"
    CARD = "card"
    MAIL = "mail"
    SECRET = "secret"  # noqa: S105 - the name of a kind


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A piece of a text, from ``start`` to before ``end``."""

    kind: PersonalDataKind
    start: int
    end: int


def find(text: str) -> tuple[PersonalData, ...]:
    """Every piece of personal data in ``text``, in order, none inside another; one that holds a secret is a secret."""
    plain = text.translate(_FULL_WIDTH)
    pieces = sorted([*_secrets(plain), *_numbers(plain), *_mails(plain)], key=lambda piece: (piece.start, -piece.end))
    kept: list[PersonalData] = []
    for piece in pieces:
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
        else:
            kept[-1] = _joined(kept[-1], piece)
    return tuple(kept)


def _joined(one: PersonalData, other: PersonalData) -> PersonalData:
    """A password may look like a mail address or be as long as a card: what holds it is nobody's to read."""
    is_secret = PersonalDataKind.SECRET in {one.kind, other.kind}
    return PersonalData(PersonalDataKind.SECRET if is_secret else one.kind, one.start, max(one.end, other.end))


def cover(text: str) -> str:
    """``text`` as somebody without a reason reads it: 138****1234, the last four of a card, nothing of a secret."""
    covered = list(text)
    for piece in find(text):
        for position in _hidden(piece, text):
            covered[position] = COVER
    return "".join(covered)


def cover_secrets(text: str) -> str:
    """``text`` as somebody with a reason reads it: passwords and codes stay covered."""
    covered = list(text)
    for piece in find(text):
        if piece.kind is PersonalDataKind.SECRET:
            covered[piece.start : piece.end] = COVER * (piece.end - piece.start)
    return "".join(covered)


def _hidden(piece: PersonalData, text: str) -> list[int]:
    """Positions to cover; what stands between digits stays, so that lines and length do."""
    signs = [position for position in range(piece.start, piece.end) if text[position].isalnum()]
    if piece.kind is PersonalDataKind.SECRET:
        return list(range(piece.start, piece.end))
    if piece.kind is PersonalDataKind.MAIL:
        return [position for position in signs if position < text.translate(_FULL_WIDTH).index("@", piece.start)]
    first = _SHOWN_OF_PHONE[0] if piece.kind is PersonalDataKind.MOBILE else 0
    return signs[first : len(signs) - _SHOWN_AT_END]


def _secrets(plain: str) -> Iterator[PersonalData]:
    for match in _SECRET.finditer(plain):
        if any(sign.isdigit() for sign in match[1]):
            yield PersonalData(PersonalDataKind.SECRET, *match.span(1))


def _mails(plain: str) -> Iterator[PersonalData]:
    for match in _MAIL.finditer(plain):
        yield PersonalData(PersonalDataKind.MAIL, *match.span())


def _numbers(plain: str) -> Iterator[PersonalData]:
    for match in _NUMBER.finditer(plain):
        positions = [match.start() + offset for offset, sign in enumerate(match[0]) if sign.isalnum()]
        digits = "".join(plain[position] for position in positions)
        for kind, first, last in _kinds(digits):
            yield PersonalData(kind, positions[first], positions[last - 1] + 1)


def _kinds(digits: str) -> Iterator[tuple[PersonalDataKind, int, int]]:
    """What a run of digits is, with where it begins and ends in the run."""
    phone = _PHONE.match(digits)
    if phone:
        yield PersonalDataKind.MOBILE, phone.start(1), phone.end(1)
    elif _is_identity_number(digits):
        yield PersonalDataKind.IDENTITY_NUMBER, 0, len(digits)
    elif len(digits) >= _LONG_NUMBER or _passes_luhn(digits):
        yield PersonalDataKind.CARD, 0, len(digits)
    else:  # two numbers may stand side by side: 尾号 13 8 1380013…; a phone number inside is covered
        for inner in re.finditer(r"1[3-9][0-9]{9}", digits):
            yield PersonalDataKind.MOBILE, inner.start(), inner.end()


def _is_identity_number(digits: str) -> bool:
    if len(digits) != _ID_LENGTH or not digits[:-1].isdigit():
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, digits, strict=False))
    return _ID_CHECKS[total % 11] == digits[-1].upper()


def _passes_luhn(digits: str) -> bool:
    """Card numbers have 13 to 19 digits, the last of them a check digit (ISO/IEC 7812)."""
    if len(digits) < 13 or not digits.isdigit():  # noqa: PLR2004 - see above
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004
