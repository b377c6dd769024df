"""The bank's KPI feeds: what is published, what became of each delivery, and the report of rows nobody can use."""

from http import HTTPStatus
from typing import Annotated, Final, Self

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from scrm import clock
from scrm.kpi.feeds.datasets import Feed
from scrm.kpi.feeds.intake import Delivery, Outcome
from scrm.kpi.feeds.publications import Publication
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError
from scrm.runtime.http.routing import Cursor, Limit, current_caller, responses, router
from scrm.runtime.http.wire import Page, Reply, Timestamp
from scrm.runtime.wiring import kpi_feeds as wiring

_LINK_VALID_FOR_S: Final = 300

Received = Annotated[str | None, Query(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", description="UTC; now's if absent.")]
DeliveryInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{20,80}$", description="Its `entry_id`.")]


class PublishedVersion(Reply):
    """The latest version of a feed's last period. ``links``: customers by the way in which they are linked to WeCom."""

    feed: Feed
    period: str
    version: int
    rows: int
    quarantined: int
    repeated: int
    totals: dict[str, int]
    links: dict[str, int]
    delivered_at: Timestamp
    published_at: Timestamp

    @classmethod
    def of(cls, found: Publication) -> Self:
        return cls.model_validate(found)


class FeedState(Reply):
    feed: Feed
    latest: PublishedVersion | None = Field(description="None: nothing was published.")


class FeedStates(Reply):
    items: list[FeedState]


class FeedDelivery(Reply):
    """``reason`` says what to do when it was refused; ``rules`` how many rows broke which rule."""

    entry_id: str
    received_at: Timestamp
    outcome: Outcome
    feed: str
    period: str
    version: int | None
    rows: int
    quarantined: int
    repeated: int
    reason: str
    rules: dict[str, int]
    has_report: bool

    @classmethod
    def of(cls, entry_id: str, found: Delivery) -> Self:
        return cls(
            entry_id=entry_id,
            received_at=found.received_at,
            outcome=found.outcome,
            feed=found.feed,
            period=found.period,
            version=found.version,
            rows=found.rows,
            quarantined=found.quarantined,
            repeated=found.repeated,
            reason=found.reason,
            rules=dict(found.rules),
            has_report=bool(found.report_key),
        )


class FeedDeliveryPage(Page):
    month: str
    items: list[FeedDelivery]


class FeedReportLink(Reply):
    """Where the report (CSV: file, line, reason) can be read with a plain GET, for ``valid_for_s`` seconds."""

    url: str
    valid_for_s: int


@router.get(
    "/v1/kpi-feeds",
    operation_id="listKpiFeeds",
    summary="Each feed with the latest version of its last period. For callers placed at the root.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, FeedStates),
)
def list_kpi_feeds() -> FeedStates:
    _at_the_root()
    versions = wiring.versions()
    items = []
    for feed in Feed:
        period = versions.latest_period(feed)
        found = None if period is None else versions.latest(feed, period)
        items.append(FeedState(feed=feed, latest=PublishedVersion.of(found) if found else None))
    return FeedStates(items=items)


@router.get(
    "/v1/kpi-feeds/deliveries",
    operation_id="listKpiDeliveries",
    summary="Deliveries of a month and what became of them, the latest first. For callers placed at the root.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, FeedDeliveryPage),
)
def list_kpi_deliveries(month: Received = None, cursor: Cursor = None, limit: Limit = 20) -> FeedDeliveryPage:
    _at_the_root()
    asked = month or clock.to_iso(clock.now())[:7]
    page = wiring.deliveries().page(asked, cursor, limit)
    return FeedDeliveryPage(month=asked, items=[FeedDelivery.of(*one) for one in page.items], cursor=page.cursor)


@router.get(
    "/v1/kpi-feeds/deliveries/<entry_id>/report",
    operation_id="getKpiDeliveryReport",
    summary="A link to the report of a delivery's unusable rows. For callers placed at the root.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, FeedReportLink, HTTPStatus.NOT_FOUND),
)
def get_kpi_delivery_report(entry_id: DeliveryInPath) -> FeedReportLink:
    _at_the_root()
    found = wiring.deliveries().get(entry_id)
    if found is None or not found.report_key:
        raise NoSuchThingError("report")
    name = f"{found.feed}-{found.period}.csv"
    url = wiring.files().link(found.report_key, name, _LINK_VALID_FOR_S)
    return FeedReportLink(url=url, valid_for_s=_LINK_VALID_FOR_S)


def _at_the_root() -> None:
    if current_caller().node.node_id != ROOT_NODE_ID:
        raise NotAllowedError("Feeds are of the whole bank: for callers placed at the root node.")
