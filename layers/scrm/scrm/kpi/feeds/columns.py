"""The columns of each feed as the bank delivers them, and when a row cannot be used: the published schema.

Conditions are SQL over the columns as `typed` reads them. Reasons name column and rule, never content.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from scrm.kpi.feeds.datasets import Feed

NODE: Final = "node"
"""Column of the customer master that names a node of the organisation, by the bank's branch code or WeCom's id."""
MONTH: Final = "month"
DAY: Final = "day"


class Kind(StrEnum):
    HASH = "hash"
    CODE = "code"
    LABEL = "label"
    USERID = "userid"
    NODE = "node"
    PERIOD = "period"
    PAST_DAY = "past_day"
    COUNT = "count"
    FLAG = "flag"
    MONEY = "money"


_PATTERNS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.HASH: ("^[0-9a-f]{64}$", "it must be a hash of 64 hexadecimal digits in lower case, never an account number"),
    Kind.CODE: ("^[A-Za-z0-9_-]{1,64}$", "it must be 1 to 64 letters, digits and _ -"),
    Kind.LABEL: (r"^[\p{L}\p{N}_.-]{1,32}$", "it must be a word of 1 to 32 letters, digits and _ . -"),
    Kind.USERID: (
        "^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$",
        "it must be a userid of WeCom, 1 to 64 letters, digits and _ - @ .",
    ),
    Kind.NODE: ("^[A-Za-z0-9_-]{1,64}$", "it must be a branch code or a department's id"),
}
NUMBERS: Final = frozenset({Kind.COUNT, Kind.FLAG, Kind.MONEY})
_MOST_COUNTED: Final = 1_000_000
_DIGITS: Final = 15
_MOST_MONEY: Final = 10**_DIGITS - 1
"""A sum over ten thousand customers who all have it still is a BIGINT."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What rows are held to beside their columns' rules. ``period`` is one of a manifest that was read, so no SQL."""

    period: str
    last_day: date
    negative_money: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    may_be_empty: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    def typed(self, source: str, *, is_text: bool) -> str:
        """SQL: the cell as it is judged; a number that is none is null."""
        if not self.is_number:
            return f"coalesce(trim(CAST({source} AS VARCHAR)), '')"
        if not is_text:
            return f"CAST({source} AS BIGINT)"
        cell = f"trim({source})"
        return f"CASE WHEN regexp_matches({cell}, '^-?[0-9]{{1,{_DIGITS}}}$') THEN CAST({cell} AS BIGINT) END"

    def problems(self, judged_by: Judgement) -> Iterator[tuple[str, str]]:
        """SQL condition and rule broken, in the order in which they are told."""
        name = self.name
        match self.kind:
            case Kind.MONEY:
                yield f"{name} IS NULL", "it must be a whole number of fen"
                yield f"{name} > {_MOST_MONEY} OR {name} < -{_MOST_MONEY}", f"it must have {_DIGITS} digits at most"
                if not judged_by.negative_money:
                    yield f"{name} < 0", "it must not be negative"
            case Kind.COUNT:
                yield f"{name} IS NULL", "it must be a whole number"
                yield f"{name} < 0 OR {name} > {_MOST_COUNTED}", f"it must be from 0 to {_MOST_COUNTED}"
            case Kind.FLAG:
                yield f"{name} IS NULL OR {name} < 0 OR {name} > 1", "it must be 0 or 1"
            case Kind.PERIOD:
                yield f"{name} <> '{judged_by.period}'", "it must be the manifest's period, without time or zone"
            case Kind.PAST_DAY:
                unreadable = (
                    f"NOT regexp_matches({name}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$') "
                    f"OR TRY_CAST({name} AS DATE) IS NULL"
                )
                yield self._unless_empty(unreadable), "it must be a day like 2019-05-31, without time or zone"
                yield (
                    self._unless_empty(f"{name} > '{judged_by.last_day.isoformat()}'"),
                    "the day lies after the manifest's period",
                )
                yield self._unless_empty(f"{name} < '1900-01-01'"), "no day before 1900 can be right"
            case kind:
                pattern, rule = _PATTERNS[kind]
                yield self._unless_empty(f"NOT regexp_matches({name}, '{pattern}')"), rule

    def _unless_empty(self, condition: str) -> str:
        return f"{self.name} <> '' AND ({condition})" if self.may_be_empty else condition


_KEY: Final = Column("customer_key", Kind.HASH)
_FACTS: Final = (
    Column("aum_fen", Kind.MONEY),
    Column("holdings", Kind.COUNT),
    Column("cards_bound", Kind.COUNT),
    Column("active", Kind.FLAG),
    Column("mobile_active", Kind.FLAG),
)
COLUMNS: Final[Mapping[Feed, Sequence[Column]]] = {
    Feed.BANK_CUSTOMERS: (
        _KEY,
        Column("external_userid", Kind.CODE, may_be_empty=True),
        Column("unionid", Kind.CODE, may_be_empty=True),
        Column("owner_userid", Kind.USERID, may_be_empty=True),
        Column(NODE, Kind.NODE),
        Column("tier", Kind.LABEL, may_be_empty=True),
        Column("age_band", Kind.LABEL, may_be_empty=True),
        Column("opened_on", Kind.PAST_DAY, may_be_empty=True),
    ),
    Feed.CUSTOMER_MONTHS: (_KEY, Column(MONTH, Kind.PERIOD), *_FACTS),
    Feed.CUSTOMER_DAYS: (_KEY, Column(DAY, Kind.PERIOD), *_FACTS),
    Feed.PRODUCT_HOLDINGS: (
        _KEY,
        Column(MONTH, Kind.PERIOD),
        Column("product", Kind.CODE),
        Column("amount_fen", Kind.MONEY),
    ),
}
KEYS: Final[Mapping[Feed, tuple[str, ...]]] = {
    Feed.BANK_CUSTOMERS: ("customer_key",),
    Feed.CUSTOMER_MONTHS: ("customer_key",),
    Feed.CUSTOMER_DAYS: ("customer_key",),
    Feed.PRODUCT_HOLDINGS: ("customer_key", "product"),
}
"""Of which a version has one row each."""


def totals_of(feed: Feed) -> tuple[str, ...]:
    """Columns of which the manifest tells the sum."""
    return tuple(column.name for column in COLUMNS[feed] if column.is_number)


def problem(feed: Feed, judged_by: Judgement) -> str:
    """SQL: the first rule that a row breaks, ``column: rule``; null for one that can be used."""
    whens = [
        f"WHEN {condition} THEN '{column.name}: {rule.replace("'", "''")}'"
        for column in COLUMNS[feed]
        for condition, rule in column.problems(judged_by)
    ]
    if feed is Feed.BANK_CUSTOMERS:
        whens.append(f"WHEN node_path IS NULL THEN '{NODE}: no node of the organisation has this code or id'")
    return f"CASE {' '.join(whens)} END"
