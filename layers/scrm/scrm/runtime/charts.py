"""Charts as SVG: coordinates are worked out here, the page's templates draw them.

No library: two kinds of charts, and what draws them at the function's side weighs more than the rest of the report.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_WIDTH: Final = 480
_HEIGHT: Final = 230
_LEFT: Final = 62
_RIGHT: Final = 20
_TOP: Final = 18
_BOTTOM: Final = 30
_STEPS: Final = (1, 2, 2.5, 5, 10)
_GRID_LINES: Final = 5
_MONTHS: Final = 12
_WAN: Final = 10_000
_YI: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """Target and actual, summed up over the year; ``low`` and ``high``: where the year will end, None where unknown."""

    width: int
    height: int
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    target: str
    actual: str
    actual_points: Sequence[tuple[float, float]]
    forecast: str
    fan: str
    left: int = _LEFT
    right: int = _WIDTH - _RIGHT


@dataclass(frozen=True, slots=True)
class Bar:
    """``share`` of the longest bar, 0 to 1; None: there is no figure and ``text`` says why."""

    name: str
    share: float | None
    text: str
    is_met: bool


def line_chart(
    targets: Sequence[int],
    actuals: Sequence[int],
    forecast: tuple[int, int | None, int | None] | None,
    first_month: int = 1,
) -> LineChart:
    """Twelve monthly targets and the months that are told, from ``first_month`` on; amounts in the unit that is written
    at the axis."""
    target, actual = _summed(targets), _summed(actuals)
    ends = [value for value in (forecast or ()) if value is not None]
    low, high = min(0, *actual, *ends, 0), max(1, *target, *actual, *ends)
    step = _step((high - low) / _GRID_LINES)
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step

    def x(month: int) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * month / _MONTHS, 1)

    def y(value: float) -> float:
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (top - value) / (top - bottom), 1)

    def path(points: Iterable[tuple[int, int]]) -> str:
        return " ".join(f"{x(month)},{y(value)}" for month, value in points)

    lines = round((top - bottom) / step)
    reached = list(enumerate(actual, start=first_month - 1))
    last = reached[-1]
    dashes = fan = ""
    if forecast is not None:
        dashes = f"{x(last[0])},{y(last[1])} {x(_MONTHS)},{y(forecast[0])}"
        if forecast[1] is not None and forecast[2] is not None:
            fan = f"{x(last[0])},{y(last[1])} {x(_MONTHS)},{y(forecast[1])} {x(_MONTHS)},{y(forecast[2])}"
    return LineChart(
        width=_WIDTH,
        height=_HEIGHT,
        x_ticks=[Tick(x(month), f"{month}月") for month in range(1, _MONTHS + 1)],
        y_ticks=[Tick(y(bottom + number * step), short(bottom + number * step)) for number in range(lines + 1)],
        target=path(enumerate(target)),
        actual=path(reached),
        actual_points=[(x(month), y(value)) for month, value in reached[1:]],
        forecast=dashes,
        fan=fan,
    )


def short(value: float) -> str:
    """As people in China say it: 1.2亿, 35万, 800."""
    for unit, name in ((_YI, "亿"), (_WAN, "万")):
        if abs(value) >= unit:
            return f"{value / unit:,.2f}".rstrip("0").rstrip(".") + name
    return f"{value:,.0f}"


def _summed(months: Sequence[int]) -> list[int]:
    total, found = 0, [0]
    for month in months:
        total += month
        found.append(total)
    return found


def _step(rough: float) -> float:
    """A distance of grid lines that people like to read."""
    size = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1
    return max(1, next(step * size for step in _STEPS if step * size >= rough))
