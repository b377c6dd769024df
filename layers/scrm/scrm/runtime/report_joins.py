"""Joins the monthly report to the organisation and to reviews of uplift."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

from scrm.clock import BUSINESS_ZONE
from scrm.kpi.catalogue import KpiDefinition
from scrm.kpi.figures import Period
from scrm.kpi.report import MonthReport, Place, UpliftRow, UpliftTable
from scrm.org.model import OrgNode
from scrm.paging import Page
from scrm.runtime.kpi_exports import as_csv, as_xlsx
from scrm.runtime.kpi_report_page import render
from scrm.uplift.reviews import Review, ReviewState
from scrm.uplift.terms import ReviewKind

_AT_ONCE: Final = 100
_TITLES: Final = {
    "aum_fen": "客户资产（AUM）",
    "holdings": "户均持有产品数",
    "cards_bound": "户均三方绑卡数",
    "active": "参活率",
    "mobile_active": "手机银行月活率",
}


class Organisation(Protocol):
    """The organisation's table."""

    def node(self, node_id: str) -> OrgNode | None: ...

    def children(self, node_id: str, cursor: str | None, limit: int) -> Page[OrgNode]: ...


class Reviews(Protocol):
    def all(self) -> Iterator[Review]: ...


class Results(Protocol):
    def result(self, review_id: str, version: int) -> Mapping[str, Any]: ...


class OrgPlaces:
    """Implements `scrm.kpi.report.Places`."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def place(self, node_id: str) -> Place | None:
        node = self._organisation.node(node_id)
        return Place(node.node_id, node.name, node.path) if node else None

    def below(self, node_id: str, month: str) -> Sequence[Place]:
        first = Period.of_month(month).first
        return [
            Place(node.node_id, node.name, node.path)
            for node in self._children(node_id)
            if node.closed_at is None or node.closed_at.astimezone(BUSINESS_ZONE).date() >= first
        ]

    def _children(self, node_id: str) -> Iterator[OrgNode]:
        cursor = None
        while True:
            page = self._organisation.children(node_id, cursor, _AT_ONCE)
            yield from page.items
            if (cursor := page.cursor) is None:
                return


class ReviewedUplift:
    """Implements `scrm.kpi.report.UpliftSource`: the node's own review of added customers that was due last.

    A review is due on the day after the month that it reads, and belongs into that month's report.
    """

    def __init__(self, reviews: Reviews, results: Results) -> None:
        self._reviews = reviews
        self._results = results

    def latest(self, node_id: str, month: str) -> UpliftTable | None:
        due_by = Period.of_month(month).last + timedelta(days=1)
        done = [
            one
            for one in self._reviews.all()
            if one.node_id == node_id
            and one.kind is ReviewKind.ADDED
            and one.state is ReviewState.DONE
            and one.due_on <= due_by
        ]
        if not done:
            return None
        found = max(done, key=lambda one: (one.due_on, one.review_id))
        told = self._results.result(found.review_id, found.versions)
        in_wecom = told.get("in_wecom") or {}  # results made before it was counted have none
        return UpliftTable(
            found.review_id,
            found.name,
            found.is_late,
            [_row(row) for row in told["findings"]],
            in_wecom=in_wecom.get("people", 0),
            unlinked=in_wecom.get("unlinked", 0),
            may_hide="unlinked_may_hide_it" in told["notes"],
        )


def files_of(report: MonthReport, definitions: Mapping[str, KpiDefinition]) -> dict[str, bytes]:
    """The report by form; ``definitions``: the leading ones by KPI."""
    return {"html": render(report, definitions), "xlsx": as_xlsx(report), "csv": as_csv(report)}


def _row(told: Mapping[str, Any]) -> UpliftRow:
    naive, adjusted = told["naive"], told["adjusted"]
    return UpliftRow(
        kpi=told["kpi"],
        title=_TITLES.get(told["kpi"], told["kpi"]),
        naive=naive["value"] if naive else None,
        adjusted=adjusted["value"] if adjusted else None,
        low=adjusted["low"] if adjusted else None,
        high=adjusted["high"] if adjusted else None,
        verdict=told["verdict"],
    )
