"""What each KPI is (S4, S5, S10): numerator, denominator, unit, source, as-of rule, aggregation and who answers for it.

A definition is made of measures (`scrm.kpi.measures`), which are whole numbers that add up over the members of a node,
so that a node's figure is made of sums and never of its children's ratios. A changed definition is a new version. Both
are computed while both are in force; the *leading* one, which targets and gates go by, is the lower version until its
last month has passed: a plan is compared with the definition that it was made with.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from scrm.kpi.errors import InvalidCatalogueError

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Unit(StrEnum):
    """What one is. ``fen`` is money; ``share`` is a part of a whole, ``rate`` a number per something."""

    PERSONS = "persons"
    CUSTOMERS = "customers"
    SENDS = "sends"
    TASKS = "tasks"
    CASES = "cases"
    SHARE = "share"
    RATE = "rate"
    SECONDS = "seconds"
    FEN = "fen"


class Aggregation(StrEnum):
    """How a period is made of its days; over the members of a node everything sums.

    ``sum``: days add up. ``ratio_of_sums``: both sides add up, then they are divided. ``last``: where it stands on the
    last day that is told. ``distinct``: persons counted once in the month; the source tells them from its first day on,
    so its last day counts, and a day tells of the month so far.
    """

    SUM = "sum"
    RATIO_OF_SUMS = "ratio_of_sums"
    LAST = "last"
    DISTINCT = "distinct"


class AsOf(StrEnum):
    """Of which day a figure is: of the events' business day, of the last snapshot, of the day the bank published."""

    EVENT_DAY = "event_day"
    LAST_SNAPSHOT = "last_snapshot"
    LAST_PUBLICATION = "last_publication"
    TOLD = "told"


class Source(StrEnum):
    """Who tells the measures. ``told`` has none: head office tells the figure itself (docs/targets.md, section 3)."""

    CONTACTS = "contacts"
    SENDS = "sends"
    TASKS = "tasks"
    ARCHIVE = "archive"
    HANDOVER = "handover"
    STATISTICS = "statistics"
    RELATIONS = "relations"
    BANK_FACTS = "bank_facts"
    TOLD = "told"


class OwnerLevel(StrEnum):
    """The lowest level of the organisation that answers for the KPI; below it figures only explain."""

    BANK = "bank"
    BRANCH = "branch"
    TEAM = "team"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """One version of one KPI.

    ``numerator`` and ``denominator`` are measures that are added together, each times ``factor`` (which turns licences
    into money); no denominator: a count. ``known_by``: other measures of the same source; in a period that tells one of
    them a count of which nothing is told is 0, and not absent. ``cell``: the measure that counts the customers behind a
    figure about them, empty where a figure is not about customers' own affairs; below the bank's least number it is
    hidden. ``facts``: the objects or feeds the measures are made of. ``first_month`` and ``last_month`` (``2027-03``):
    when it is in force, empty for ever. ``title``: what bank people read.
    """

    kpi: str
    version: int
    title: str
    unit: Unit
    aggregation: Aggregation
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    source: Source
    as_of: AsOf
    owner_level: OwnerLevel
    facts: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()
    cell: str = ""
    factor: int = 1
    first_month: str = ""
    last_month: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.kpi) or self.version < 1:
            raise InvalidCatalogueError(self.kpi, "a KPI has a name such as card_binding and a version from 1 on")
        if any(month and not _MONTH.fullmatch(month) for month in (self.first_month, self.last_month)):
            raise InvalidCatalogueError(self.kpi, "months are written as 2027-03")
        if self.first_month and self.last_month and self.last_month < self.first_month:
            raise InvalidCatalogueError(self.kpi, "the last month lies before the first")
        if bool(self.numerator) is (self.source is Source.TOLD):
            raise InvalidCatalogueError(self.kpi, "a KPI has measures, or it is told by head office (source told)")
        if self.aggregation is Aggregation.RATIO_OF_SUMS and not self.denominator:
            raise InvalidCatalogueError(self.kpi, "a ratio of sums has a denominator")
        if self.aggregation is Aggregation.SUM and self.denominator:
            raise InvalidCatalogueError(self.kpi, "a sum has no denominator; a ratio of sums has one")
        if self.known_by and self.aggregation is not Aggregation.SUM:
            raise InvalidCatalogueError(self.kpi, "only a sum is known by other measures")
        if self.factor < 1:
            raise InvalidCatalogueError(self.kpi, "the factor is 1 or more")

    @property
    def is_counted(self) -> bool:
        """Made of events, so that days and members have figures of their own."""
        return self.aggregation in {Aggregation.SUM, Aggregation.RATIO_OF_SUMS} and bool(self.numerator)

    def is_in_force(self, month: str) -> bool:
        return (not self.first_month or self.first_month <= month) and (not self.last_month or month <= self.last_month)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All definitions. Raises InvalidCatalogueError where two say the same version of a KPI.

    ``hide_below``: figures about fewer customers are hidden; 1 hides none.
    """

    definitions: tuple[KpiDefinition, ...]
    hide_below: int = 10
    _by_kpi: Mapping[str, Sequence[KpiDefinition]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_kpi: dict[str, list[KpiDefinition]] = {}
        for one in sorted(self.definitions, key=lambda each: each.version):
            known = by_kpi.setdefault(one.kpi, [])
            if known and known[-1].version == one.version:
                raise InvalidCatalogueError(one.kpi, f"version {one.version} is defined twice")
            known.append(one)
        object.__setattr__(self, "_by_kpi", by_kpi)

    @property
    def kpis(self) -> tuple[str, ...]:
        """Names in the order in which they were defined."""
        return tuple(dict.fromkeys(one.kpi for one in self.definitions))

    def versions(self, kpi: str) -> Sequence[KpiDefinition]:
        """Every version of a KPI, the first first; none of an unknown one."""
        return self._by_kpi.get(kpi, ())

    def in_force(self, month: str) -> list[KpiDefinition]:
        """Every definition that is computed for a month, the leading version of each KPI before those beside it."""
        return [one for kpi in self.kpis for one in self._by_kpi[kpi] if one.is_in_force(month)]

    def leading(self, kpi: str, month: str) -> KpiDefinition | None:
        """The definition that targets and gates go by; None where none is in force."""
        return next((one for one in self.versions(kpi) if one.is_in_force(month)), None)

    def extended(
        self, own: Iterable[KpiDefinition], last_months: Mapping[str, str], factors: Mapping[str, int]
    ) -> "Catalogue":
        """With a bank's own definitions; ``last_months`` ends the versions named as ``kpi@version``, ``factors``
        price what is shipped without a price."""
        whole = [*self.definitions, *own]
        named = {_named(one) for one in whole}
        if unknown := sorted(name for name in last_months if name not in named):
            raise InvalidCatalogueError(unknown[0], "there is no such version to end; it is named as kpi@version")
        return Catalogue(
            tuple(
                replace(
                    one,
                    last_month=last_months.get(_named(one), one.last_month),
                    factor=factors.get(one.kpi, one.factor),
                )
                for one in whole
            ),
            self.hide_below,
        )


def _named(one: KpiDefinition) -> str:
    return f"{one.kpi}@{one.version}"
