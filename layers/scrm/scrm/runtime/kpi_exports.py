"""A month's figures and progress as tables for spreadsheets, CSV and XLSX.

Names of branches are other people's text: nothing that a spreadsheet would take for a formula leaves as one.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from scrm.kpi.report import MonthReport
from scrm.runtime.kpi_report_page import metric_title
from scrm.spreadsheets import harmless
from scrm.sql import Dataset

type Cell = str | int | float | None
type Row = tuple[Cell, ...]

FIGURES: Final = (
    "month",
    "node_id",
    "node_name",
    "kpi",
    "title",
    "unit",
    "definition_version",
    "is_leading",
    "numerator",
    "denominator",
    "as_of",
    "absent",
    "told_version",
)
PROGRESS: Final = (
    "plan_id",
    "plan_version",
    "node_id",
    "node_name",
    "metric",
    "title",
    "first_month",
    "last_month",
    "absent",
    "absent_month",
    "closed_months",
    "target_to_date",
    "actual_to_date",
    "missing",
    "year_target",
    "forecast",
    "forecast_low",
    "forecast_high",
)
_NUMBERS: Final = frozenset({"definition_version", "is_leading", "numerator", "denominator", "told_version"})
PARQUET: Final = Dataset(
    name="kpi_figures",
    prefix="reports/kpi",
    columns={name: "BIGINT" if name in _NUMBERS else "VARCHAR" for name in FIGURES},
    sorted_by=("node_id", "kpi", "definition_version"),
)


def as_csv(report: MonthReport) -> bytes:
    """The figures; with a byte order mark, without which Excel in China reads GB18030."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIGURES)
    writer.writerows(map(_cells, figures(report)))
    return "\ufeff".encode() + text.getvalue().encode()


def as_xlsx(report: MonthReport) -> bytes:
    """Figures and progress, a sheet each."""
    import xlsxwriter  # noqa: PLC0415 - only who exports needs it

    body = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(body, plain) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        for name, columns, rows in (("指标", FIGURES, figures(report)), ("目标进度", PROGRESS, progress(report))):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, columns, head)
            for number, row in enumerate(rows, start=1):
                sheet.write_row(number, 0, _cells(row))
    return body.getvalue()


def figures(report: MonthReport) -> Iterable[Row]:
    """Of the node and of those next below it, every version in force."""
    names = {report.place.node_id: report.place.name} | {one.place.node_id: one.place.name for one in report.nodes}
    for node_id, readings in report.figures.items():
        for one in readings:
            definition, figure = one.definition, one.figure
            yield (
                report.month,
                node_id,
                names[node_id],
                definition.kpi,
                definition.title,
                definition.unit.value,
                definition.version,
                int(one.is_leading),
                figure.numerator if figure else None,
                figure.denominator if figure else None,
                figure.as_of.isoformat() if figure else None,
                one.absent.value if one.absent else None,
                one.told_version,
            )


def parquet_rows(report: MonthReport) -> Iterable[Mapping[str, Cell]]:
    """The figures as they are: no spreadsheet reads Parquet, so text stays text."""
    return (dict(zip(FIGURES, row, strict=True)) for row in figures(report))


def progress(report: MonthReport) -> Iterable[Row]:
    """Each plan in force, of the node and of those next below it."""
    names = {one.place.node_id: one.place.name for one in report.nodes}
    for plan in report.plans:
        own = [(report.place.node_id, report.place.name, plan.metrics)]
        below = [(node_id, names[node_id], metrics) for node_id, metrics in plan.below.items()]
        for node_id, name, metrics in (*own, *below):
            for one in metrics:
                done = one.attained
                forecast = done.forecast if done else None
                yield (
                    plan.plan.plan_id,
                    plan.plan.version,
                    node_id,
                    name,
                    one.metric,
                    metric_title(one.metric),
                    one.told.first,
                    one.told.through or None,
                    one.told.lack.value if one.told.lack else None,
                    one.told.lacks or None,
                    done.closed_months if done else 0,
                    done.target_to_date if done else None,
                    done.actual_to_date if done else None,
                    done.missing if done else None,
                    sum(one.targets),
                    forecast.expected if forecast else None,
                    forecast.low if forecast else None,
                    forecast.high if forecast else None,
                )


def _cells(row: Sequence[Cell]) -> list[Cell]:
    return [harmless(cell) if isinstance(cell, str) else cell for cell in row]
