"""KPIs on the wire. Ratios are numerator and denominator, money is in fen."""

from collections.abc import Iterable
from datetime import date
from typing import Self

from pydantic import Field

from scrm.kpi.catalogue import Aggregation, AsOf, Catalogue, KpiDefinition, OwnerLevel, Source, Unit
from scrm.kpi.figures import Absence, Computed
from scrm.kpi.reading import Reading
from scrm.runtime.http.wire import Page, Reply


class Kpi(Reply):
    """One version of a definition. ``is_leading``: targets and gates go by it in the month that was asked for."""

    kpi: str
    version: int
    title: str
    unit: Unit
    aggregation: Aggregation
    numerator: list[str] = Field(description="Measures that are added; none: head office tells the figure itself.")
    denominator: list[str]
    source: Source
    as_of: AsOf
    owner_level: OwnerLevel
    facts: list[str] = Field(description="The facts or feeds that the measures are made of.")
    known_by: list[str] = Field(description="Where one of these is told, a count that has nothing is 0 and not absent.")
    cell: str = Field(description="Counts the customers behind the figure, which is hidden below the bank's number.")
    factor: int
    first_month: str
    last_month: str
    is_leading: bool

    @classmethod
    def of(cls, found: KpiDefinition, catalogue: Catalogue, month: str) -> Self:
        own = {name: getattr(found, name) for name in cls.model_fields if name != "is_leading"}
        lists = {name: list(own[name]) for name in ("numerator", "denominator", "facts", "known_by")}
        return cls(**{**own, **lists}, is_leading=catalogue.leading(found.kpi, month) == found)


class KpiList(Reply):
    month: str
    hide_below: int
    items: list[Kpi]


class KpiFigure(Reply):
    """``absent`` says why there is no figure. ``told_version``: 0 for a figure that was computed this moment."""

    kpi: str
    title: str
    unit: Unit
    definition_version: int
    is_leading: bool
    numerator: int | None
    denominator: int | None
    as_of: date | None
    absent: Absence | None
    told_version: int
    source: str

    @classmethod
    def of(cls, found: Reading) -> Self:
        definition, figure = found.definition, found.figure
        return cls(
            kpi=definition.kpi,
            title=definition.title,
            unit=definition.unit,
            definition_version=definition.version,
            is_leading=found.is_leading,
            numerator=figure.numerator if figure else None,
            denominator=figure.denominator if figure else None,
            as_of=figure.as_of if figure else None,
            absent=found.absent,
            told_version=found.told_version,
            source=found.source,
        )


class NodeFigures(Reply):
    """Every KPI of a node in a month. ``holds_more_has_less`` (S3): customers hold more products than a month before
    and yet less money; null where a figure is absent."""

    node_id: str
    month: str
    holds_more_has_less: bool | None
    items: list[KpiFigure]


class FigureBelow(Reply):
    node_id: str
    name: str
    figures: list[KpiFigure]


class MadeOf(Reply):
    """Facts (``facts/<name>/<day>/`` of the data bucket) or a feed with the version that was published last."""

    name: str
    version: int | None


class KpiDrill(Page):
    """One KPI of a node, by each version in force, what is next below it, and what it is made of."""

    node_id: str
    month: str
    figures: list[KpiFigure]
    made_of: list[MadeOf]
    items: list[FigureBelow]


class MemberFigure(Reply):
    userid: str
    figure: KpiFigure


class MemberFigures(Reply):
    node_id: str
    month: str
    items: list[MemberFigure]


class DayFigure(Reply):
    day: date
    numerator: int | None
    denominator: int | None
    absent: Absence | None


class DayFigures(Reply):
    kpi: str
    node_id: str
    items: list[DayFigure]

    @classmethod
    def told(cls, kpi: str, node_id: str, found: Iterable[tuple[date, Computed]]) -> Self:
        items = [
            DayFigure(
                day=day,
                numerator=one.figure.numerator if one.figure else None,
                denominator=one.figure.denominator if one.figure else None,
                absent=one.absent,
            )
            for day, one in found
        ]
        return cls(kpi=kpi, node_id=node_id, items=items)
