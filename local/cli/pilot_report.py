"""What the report of a pilot's end says first (S46): the verdict, every criterion, and how the figures went."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType
from typing import Final

from local.cli import pilot_words as words
from local.cli.client import Row
from local.cli.target_tables import STAGES

_LEFT, _RIGHT = 56.0, 900.0
_TOP, _BOTTOM = 26.0, 132.0
_HEADROOM: Final = 1.3
"""A line at the very edge of a chart is hard to see."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A row of the table: one criterion over the months. ``cells``: text and finding by month."""

    stage: str
    name: str
    bound: str
    cells: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Point:
    """A month on a chart, in the units of the SVG."""

    x: float
    y: float
    month: str
    text: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """One KPI over the months that have a figure. ``bound``: where the line of what is asked lies, and its text.

    ``runs``: points of months that follow one another, so that no line is drawn over a month without a figure.
    """

    name: str
    points: Sequence[Point]
    runs: Sequence[str]
    months: Sequence[tuple[float, str]]
    bound: tuple[float, str]
    top: str


@dataclass(frozen=True, slots=True)
class Part:
    """What the template ``pilot_exit.html`` reads; ``found`` as the API tells it."""

    found: Row
    months: Sequence[str]
    criteria: Sequence[Criterion]
    reasons: Sequence[str]
    trends: Sequence[Trend]
    words: ModuleType = words


def part(found: Row) -> Part:
    months = sorted({line["month"] for line in found["lasting"]}) or [found["through"]]
    return Part(found, months, criteria(found), words.reasons(found["reasons"]), trends(found))


def criteria(found: Row) -> list[Criterion]:
    by_kpi: dict[tuple[str, str], list[Row]] = {}
    for line in found["lasting"]:
        by_kpi.setdefault((line["stage"], line["kpi"]), []).append(line)
    return [
        Criterion(
            stage="持续性" if stage == "sustained" else STAGES.get(stage, stage),
            name=words.kpi(kpi),
            bound=words.bound(lines[0]),
            cells=[(_cell(line), line["finding"]) for line in lines],
        )
        for (stage, kpi), lines in by_kpi.items()
    ]


def trends(found: Row) -> list[Trend]:
    """Of each KPI that the stages ask for. Bounds on what is lost are shares of another KPI and have no line here."""
    asked = {line["kpi"]: line for line in found["lasting"] if line["stage"] != "sustained"}
    told = [row["month"] for row in found["trend"]]
    shown = _months(min(told, default=found["through"]), found["through"])
    return [_trend(line, [row for row in found["trend"] if row["kpi"] == kpi], shown) for kpi, line in asked.items()]


def _months(first: str, last: str) -> list[str]:
    """Every month from ``2027-03`` to ``2027-05``, those without a figure too."""
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last)]
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(numbers[0], numbers[1] + 1)]


def _cell(line: Row) -> str:
    told = words.value(line)
    return words.FINDINGS[line["finding"]] if line["figure"] is None else told


def _trend(line: Row, rows: Sequence[Row], shown: Sequence[str]) -> Trend:
    bound = Fraction(line["bound"])
    values = {row["month"]: share for row in rows if (share := _exact(row["figure"])) is not None}
    top = float(max([bound, *values.values()])) * _HEADROOM
    top = min(top, 1.0) if words.is_share(line["kpi"]) and max([bound, *values.values()]) <= 1 else top
    places = {month: _across(number, len(shown)) for number, month in enumerate(shown)}
    texts = {row["month"]: words.value({**line, **row}) for row in rows}
    points = [
        Point(places[month], _up(float(value), top), month, texts[month], value >= bound)
        for month, value in sorted(values.items())
    ]
    return Trend(
        name=words.kpi(line["kpi"]),
        points=points,
        runs=_runs(points, shown),
        months=[(places[month], month) for month in shown],
        bound=(_up(float(bound), top), words.bound(line)),
        top=f"{top:.0%}" if words.is_share(line["kpi"]) else f"{top:,.0f}",
    )


def _runs(points: Sequence[Point], shown: Sequence[str]) -> list[str]:
    runs: list[list[Point]] = []
    for point in points:
        follows = runs and shown.index(point.month) == shown.index(runs[-1][-1].month) + 1
        runs[-1].append(point) if follows else runs.append([point])
    return [" ".join(f"{point.x},{point.y}" for point in run) for run in runs if len(run) > 1]


def _exact(figure: Row) -> Fraction | None:
    if figure["denominator"] is None:
        return Fraction(figure["numerator"])
    return Fraction(figure["numerator"], figure["denominator"]) if figure["denominator"] else None


def _across(number: int, count: int) -> float:
    return round(_LEFT + 40 + (number + 0.5) * (_RIGHT - _LEFT - 80) / max(count, 1), 1)


def _up(value: float, top: float) -> float:
    return round(_BOTTOM - value / top * (_BOTTOM - _TOP), 1)
