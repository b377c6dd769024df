"""Read a segment's expression, by hand and by precedence; every error names the place and what would fit."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from scrm.audience.expressions import OPS_OF, RESERVED, Compare, Expression, Not, Op, all_of, any_of
from scrm.audience.fields import FIELDS, Field, FieldType, Value

LONGEST: Final = 4_000
"""Characters of an expression."""
MOST_VALUES: Final = 200
DEEPEST: Final = 30
_LARGEST: Final = 1_000_000_000


class ExpressionError(ValueError):
    """It is not understood; ``position`` is the character, from 1, ``suggestion`` a name that was perhaps meant."""

    def __init__(self, problem: str, position: int, suggestion: str = "") -> None:
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"{problem} at character {position}{hint}")
        self.position = position
        self.suggestion = suggestion


class Kind(StrEnum):
    """What a piece of the text is."""

    DAY = "day"
    NUMBER = "number"
    NAME = "name"
    TEXT = "text"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    position: int


_TOKEN: Final = re.compile(
    r'(?P<day>\d{4}-\d{2}-\d{2}\b)|(?P<number>-?\d+\b)|(?P<name>[^\W\d]\w*)|(?P<text>"(?:[^"\\]|\\["\\])*")'
    r"|(?P<sign><=|>=|!=|[=<>(),])|(?P<space>\s+)"
)
_SIGNS: Final = {"=": Op.EQUAL, "!=": Op.UNEQUAL, "<": Op.LESS, "<=": Op.AT_MOST, ">": Op.MORE, ">=": Op.AT_LEAST}
_HAS: Final = {"any": Op.HAS_ANY, "all": Op.HAS_ALL, "none": Op.HAS_NONE}


def parse(text: str) -> Expression:
    """Raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has {LONGEST} characters at most; it goes on", LONGEST + 1)
    reader = _Reader(list(_tokens(text)))
    found = reader.alternatives(0)
    reader.expect_end()
    return found


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            what = "a quoted word that does not end" if text[place] == '"' else "an unexpected character"
            raise ExpressionError(what, place + 1)
        if match.lastgroup != "space":
            yield Token(Kind(match.lastgroup or ""), match[0], place + 1)
        place = match.end()
    yield Token(Kind.END, "the end", len(text) + 1)


class _Reader:
    """The tokens, and how far they were read."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def alternatives(self, depth: int) -> Expression:
        parts = [self._conditions(depth)]
        while self._took("or"):
            parts.append(self._conditions(depth))
        return any_of(tuple(parts))

    def expect_end(self) -> None:
        if self._next.kind is not Kind.END:
            raise ExpressionError(f"{self._next.text} is not expected here: and, or or the end", self._next.position)

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _conditions(self, depth: int) -> Expression:
        parts = [self._condition(depth)]
        while self._took("and"):
            parts.append(self._condition(depth))
        return all_of(tuple(parts))

    def _condition(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise ExpressionError(f"brackets and not may nest {DEEPEST} deep", self._next.position)
        if self._took("not"):
            return Not(self._condition(depth + 1))
        if self._took("("):
            found = self.alternatives(depth + 1)
            self._expect(")")
            return found
        return self._comparison()

    def _comparison(self) -> Expression:
        token = self._take()
        field = FIELDS.get(token.text) if token.kind is Kind.NAME else None
        if field is None:
            if token.kind is not Kind.NAME or token.text in RESERVED:
                raise ExpressionError(f"a field is expected, not {token.text}", token.position)
            near = difflib.get_close_matches(token.text.lower(), FIELDS, n=1, cutoff=0.0)
            raise ExpressionError(f"unknown field {token.text}", token.position, near[0] if near else "")
        start = self._next
        op = self._op(field)
        if op not in OPS_OF[field.type]:
            raise ExpressionError(f"{field.name} takes {', '.join(OPS_OF[field.type])}; {op} fails", start.position)
        if op in {Op.IS_TRUE, Op.IS_KNOWN}:
            return Compare(field.name, op)
        if op in {Op.IN, Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE}:
            return Compare(field.name, op, self._values(field))
        return Compare(field.name, op, (self._value(field),))

    def _op(self, field: Field) -> Op:
        if self._next.kind is Kind.SIGN and self._next.text in _SIGNS:
            return _SIGNS[self._take().text]
        if self._took("in"):
            return Op.IN
        if self._took("is"):
            self._expect("known")
            return Op.IS_KNOWN
        if self._took("has"):
            word = self._take()
            if word.text not in _HAS:
                raise ExpressionError("any, all or none is expected", word.position)
            self._expect("of")
            return _HAS[word.text]
        if field.type is FieldType.FLAG:
            return Op.IS_TRUE
        raise ExpressionError(f"{field.name} takes {', '.join(OPS_OF[field.type])}", self._next.position)

    def _values(self, field: Field) -> tuple[Value, ...]:
        self._expect("(")
        found = [self._value(field)]
        while self._took(","):
            found.append(self._value(field))
        if len(found) > MOST_VALUES:
            raise ExpressionError(f"a list has {MOST_VALUES} values at most; it ends", self._next.position)
        self._expect(")")
        return tuple(dict.fromkeys(found))

    def _value(self, field: Field) -> Value:
        token = self._take()
        match field.type:
            case FieldType.DAY:
                return _day(token)
            case FieldType.NUMBER:
                return _number(field, token)
            case _:
                return _word(field, token)

    def _take(self) -> Token:
        token = self._next
        if token.kind is Kind.END:
            raise ExpressionError("something is missing", token.position)
        self._place += 1
        return token

    def _took(self, text: str) -> bool:
        if self._next.kind in {Kind.NAME, Kind.SIGN} and self._next.text == text:
            self._place += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise ExpressionError(f"{text} is expected, not {self._next.text}", self._next.position)


def _day(token: Token) -> date:
    try:
        if token.kind is Kind.DAY:
            return date.fromisoformat(token.text)
    except ValueError:
        pass
    raise ExpressionError(f"a day like 2026-11-26 is expected, not {token.text}", token.position)


def _number(field: Field, token: Token) -> int:
    if field.name == "risk_class" and re.fullmatch(r"C[1-5]", token.text):
        return int(token.text[1])
    if token.kind is not Kind.NUMBER or abs(int(token.text)) > _LARGEST:
        raise ExpressionError(f"a whole number is expected, not {token.text}", token.position)
    return int(token.text)


def _word(field: Field, token: Token) -> str:
    if token.kind is Kind.TEXT:
        found = re.sub(r"\\(.)", r"\1", token.text[1:-1])
    elif token.kind is Kind.NAME and token.text not in RESERVED:
        found = token.text
    else:
        raise ExpressionError(f"a word is expected, not {token.text}; put others into quotes", token.position)
    if field.values and found not in field.values:
        near = difflib.get_close_matches(found, field.values, n=1, cutoff=0.0)
        raise ExpressionError(f"{field.name} is never {found}", token.position, near[0])
    return found
