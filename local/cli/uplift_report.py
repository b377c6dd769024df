"""The report of a pilot's end (S16): one HTML file that opens anywhere, with nothing to fetch.

Every text that comes from the bank is escaped; charts are SVG inside the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.cli import pilot_report
from local.cli import uplift_words as words
from local.cli.client import Row
from local.cli.tables import local_time

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LEFT, _RIGHT = 170.0, 690.0
_ROW = 54.0
_LARGEST_SEGMENTS: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure with its interval as positions on the chart; None: no figure."""

    label: str
    y: float
    naive: float | None
    value: float | None
    low: float | None
    high: float | None
    text: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``ticks``: position and label. Positions are in the units of the SVG."""

    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, str]]
    zero: float
    bar: float
    height: float


def page(result: Row, by_segment: Mapping[str, Sequence[Row]], returns: Row, pilot: Row | None = None) -> str:
    """``by_segment``: findings by stratum. ``pilot``: its exit, which comes first."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {
        "percent": words.percent,
        "interval": words.interval,
        "yuan": words.yuan,
        "probability": words.probability,
    }
    return environment.get_template("uplift_report.html").render(
        result=result,
        review=result["review"],
        words=words,
        causal=words.is_causal(result),
        honesty=words.honesty(result),
        charts={arm: chart(words.any_of(result["findings"], arm=arm), result["bar"]) for arm in result["overall"]},
        segments={name: _largest(rows) for name, rows in by_segment.items() if rows},
        returns=returns,
        made_at=local_time(result["made_at"]),
        registered_at=local_time(result["review"]["registered_at"]),
        confidence=f"{result['confidence']:.0%}",
        pilot=pilot_report.part(pilot) if pilot else None,
    )


def chart(findings: Sequence[Row], bar: float) -> Chart:
    """A forest: the naive figure as a hollow mark, the believed one with its interval, the bar as a line."""
    shown = [figure for row in findings if (figure := words.figure(row))]
    naive = [found["value"] for row in findings if (found := words.naive(row))]
    ends = [0.0, bar, *naive, *(one["low"] for one in shown), *(one["high"] for one in shown)]
    low, high = min(ends) - 0.02, max(ends) + 0.02
    step = _step(high - low)

    def at(share: float) -> float:
        return float(round(_LEFT + (share - low) / (high - low) * (_RIGHT - _LEFT), 1))

    ticks = [number * step for number in range(round(low / step) - 1, round(high / step) + 2)]
    bars = [_bar(number, row, at) for number, row in enumerate(findings)]
    return Chart(
        bars,
        [(at(tick), f"{tick:+.0%}" if step >= 0.01 else f"{tick:+.1%}") for tick in ticks if low <= tick <= high],  # noqa: PLR2004 - whole percents
        at(0.0),
        at(bar),
        _ROW * len(bars) + 52,
    )


def _bar(number: int, row: Row, at: Callable[[float], float]) -> Bar:
    figure, naive = words.figure(row), words.naive(row)
    said = f"{words.percent(words.value_of(figure))}（{words.interval(figure)}）"
    return Bar(
        label=words.KPIS[row["kpi"]],
        y=_ROW * number + 46,
        naive=at(naive["value"]) if naive else None,
        value=at(figure["value"]) if figure else None,
        low=at(figure["low"]) if figure else None,
        high=at(figure["high"]) if figure else None,
        text=said if figure else f"{words.VERDICTS[row['verdict']]}，不显示百分比",
        verdict=row["verdict"],
    )


def _step(span: float) -> float:
    return next((step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if span / step <= 9), 1.0)  # noqa: PLR2004 - ticks


def _largest(rows: Sequence[Row]) -> list[Row]:
    """Of the segments with most treated customers, all their rows."""
    size: dict[str, int] = {}
    for row in rows:
        size[row["segment"]] = max(size.get(row["segment"], 0), row["treated"])
    largest = sorted(size, key=lambda name: (-size[name], name))[:_LARGEST_SEGMENTS]
    return [row for name in largest for row in rows if row["segment"] == name]
