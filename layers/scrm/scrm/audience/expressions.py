"""A segment's expression: a small, typed language over a customer's fields (S22). Nothing of it is ever run as code.

    tier in (gold, private) and aum_band >= 3 and not long_tail
    holdings has none of (fund_01, fund_02) and assessed_on >= 2026-01-01 or tags has any of (vip)

``and`` binds closer than ``or``, ``not`` closest. What the bank does not know meets no comparison, and ``not`` of it
does: ask ``is known`` where that matters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from scrm.audience.fields import FIELDS, Field, FieldType, Known, Value


class Op(StrEnum):
    """How a field is compared."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    IN = "in"
    HAS_ANY = "has any of"
    HAS_ALL = "has all of"
    HAS_NONE = "has none of"
    IS_KNOWN = "is known"
    IS_TRUE = "is true"


OPS_OF: Final = {
    FieldType.WORD: (Op.EQUAL, Op.UNEQUAL, Op.IN, Op.IS_KNOWN),
    FieldType.WORDS: (Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE),
    FieldType.NUMBER: (Op.EQUAL, Op.UNEQUAL, Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST, Op.IN, Op.IS_KNOWN),
    FieldType.FLAG: (Op.IS_TRUE, Op.IS_KNOWN),
    FieldType.DAY: (Op.EQUAL, Op.UNEQUAL, Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST, Op.IS_KNOWN),
}
_CHINESE: Final = {
    Op.EQUAL: "为",
    Op.UNEQUAL: "不为",
    Op.LESS: "小于",
    Op.AT_MOST: "不超过",
    Op.MORE: "大于",
    Op.AT_LEAST: "不低于",
    Op.IN: "属于",
    Op.HAS_ANY: "包含任一",
    Op.HAS_ALL: "包含全部",
    Op.HAS_NONE: "均不包含",
}
_CHINESE_OF_DAYS: Final = {Op.LESS: "早于", Op.AT_MOST: "不晚于", Op.MORE: "晚于", Op.AT_LEAST: "不早于"}


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against values."""

    field: str
    op: Op
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    part: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """Two parts at least, none of them an `And`."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two parts at least, none of them an `Or`."""

    parts: tuple["Expression", ...]


type Expression = Compare | Not | And | Or
type Test = Callable[[Known], bool]


def canonical(expression: Expression) -> str:
    """The expression as text that parses back to it."""
    match expression:
        case And(parts):
            return " and ".join(_bracketed(part, isinstance(part, Or)) for part in parts)
        case Or(parts):
            return " or ".join(map(canonical, parts))
        case Not(part):
            return f"not {_bracketed(part, isinstance(part, And | Or))}"
        case Compare(field, Op.IS_TRUE):
            return field
        case Compare(field, Op.IS_KNOWN):
            return f"{field} is known"
        case Compare(field, op, values):
            listed = f"({', '.join(map(_text, values))})" if op in _LISTS else _text(values[0])
            return f"{field} {op} {listed}"


def explained(expression: Expression) -> str:
    """The expression as a person of the bank reads it."""
    match expression:
        case And(parts):
            return "，且".join(_in_brackets(part, isinstance(part, Or)) for part in parts)
        case Or(parts):
            return "，或".join(_in_brackets(part, isinstance(part, And)) for part in parts)
        case Not(Compare(field, Op.IS_TRUE | Op.IS_KNOWN as op)):
            name = FIELDS[field].chinese
            return f"不是{name}" if op is Op.IS_TRUE else f"{name}未知"
        case Not(part):
            return f"不满足（{explained(part)}）"
        case Compare():
            return _explained(expression)


def compiled(expression: Expression) -> Test:
    """A function that tells whether a customer belongs."""
    match expression:
        case And(parts):
            tests = tuple(map(compiled, parts))
            return lambda known: all(test(known) for test in tests)
        case Or(parts):
            tests = tuple(map(compiled, parts))
            return lambda known: any(test(known) for test in tests)
        case Not(part):
            test = compiled(part)
            return lambda known: not test(known)
        case Compare():
            return _comparison(expression)


def fields_of(expression: Expression) -> frozenset[str]:
    """What must be known of a customer to evaluate it."""
    match expression:
        case And(parts) | Or(parts):
            return frozenset().union(*map(fields_of, parts))
        case Not(part):
            return fields_of(part)
        case Compare(field):
            return frozenset({field})


def sensitive_fields(expression: Expression) -> tuple[str, ...]:
    """What it asks that wants an impact assessment first (R4)."""
    return tuple(sorted(name for name in fields_of(expression) if FIELDS[name].is_sensitive))


def all_of(parts: tuple[Expression, ...]) -> Expression:
    """Joined by ``and``, flat."""
    flat = tuple(each for part in parts for each in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)


def any_of(parts: tuple[Expression, ...]) -> Expression:
    """Joined by ``or``, flat."""
    flat = tuple(each for part in parts for each in (part.parts if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat)


RESERVED: Final = frozenset(
    {"and", "or", "not", "in", "has", "is", "any", "all", "none", "of", "known", "true", "false"}
)
_LISTS: Final = frozenset({Op.IN, Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE})


def _comparison(compare: Compare) -> Test:  # noqa: C901, PLR0911 - one line an operator
    read = FIELDS[compare.field].read
    wanted = frozenset(compare.values)
    value = compare.values[0] if compare.values else None
    match compare.op:
        case Op.IS_TRUE:
            return lambda known: read(known) is True
        case Op.IS_KNOWN:
            return lambda known: read(known) is not None
        case Op.EQUAL | Op.IN:
            return lambda known: read(known) in wanted
        case Op.UNEQUAL:
            return lambda known: (found := read(known)) is not None and found not in wanted
        case Op.LESS:
            return lambda known: (found := read(known)) is not None and found < value
        case Op.AT_MOST:
            return lambda known: (found := read(known)) is not None and found <= value
        case Op.MORE:
            return lambda known: (found := read(known)) is not None and found > value
        case Op.AT_LEAST:
            return lambda known: (found := read(known)) is not None and found >= value
        case Op.HAS_ANY:
            return lambda known: not wanted.isdisjoint(read(known))
        case Op.HAS_ALL:
            return lambda known: wanted.issubset(read(known))
        case Op.HAS_NONE:
            return lambda known: wanted.isdisjoint(read(known))


def _explained(compare: Compare) -> str:
    field = FIELDS[compare.field]
    if compare.op is Op.IS_TRUE:
        return f"是{field.chinese}"
    if compare.op is Op.IS_KNOWN:
        return f"{field.chinese}已知"
    is_day = field.type is FieldType.DAY
    word = _CHINESE_OF_DAYS[compare.op] if is_day and compare.op in _CHINESE_OF_DAYS else _CHINESE[compare.op]
    return f"{field.chinese}{word}{'、'.join(_chinese(field, value) for value in compare.values)}"


def _text(value: Value) -> str:
    if isinstance(value, str) and not (value.isidentifier() and value not in RESERVED):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.isoformat() if isinstance(value, date) else str(value)


def _bracketed(part: Expression, needed: bool) -> str:  # noqa: FBT001
    return f"({canonical(part)})" if needed else canonical(part)


def _in_brackets(part: Expression, needed: bool) -> str:  # noqa: FBT001
    return f"（{explained(part)}）" if needed else explained(part)


def _chinese(field: Field, value: Value) -> str:
    if field.name == "risk_class":
        return f"C{value}"
    return field.values.get(str(value), value.isoformat() if isinstance(value, date) else str(value))
