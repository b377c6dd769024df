"""Joins the attribution ledger to the bank's published feeds and to what became of each send."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from scrm.aws.touches import TOUCHES, TouchDays
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS, CURRENT, CUSTOMER_MONTHS, PRODUCT_HOLDINGS, Feed, PublishedFeeds
from scrm.runtime.relation_days import Files, relations_on
from scrm.settings.uplift import UpliftDocument
from scrm.sql import Dataset, Selection, SqlEngine
from scrm.uplift import ledger
from scrm.uplift.ledger import BranchCredits, Windows
from scrm.uplift.ledgers import LedgerInputs

_LATE_WORD: Final = 3
"""So many days after the month its last sends may be told."""
_NAMES: Final = (
    "campaign_id",
    "kpi",
    "product",
    "change",
    "customer_key",
    "external_userid",
    "activity_id",
    "content_version",
    "channel",
    "userid",
    "node_path",
    "task_id",
    "touched_at",
)


class BankLedgers:
    """Implements `scrm.uplift.ledgers.LedgerSources`."""

    def __init__(self, files: Files, feeds: PublishedFeeds, touches: TouchDays, engine: SqlEngine) -> None:
        self._files = files
        self._feeds = feeds
        self._touches = touches
        self._engine = engine

    def inputs(self, month: str, windows: Windows, today: date) -> LedgerInputs | None:
        both = (ledger.month_before(month), month)
        customers = self._feeds.selection(Feed.BANK_CUSTOMERS, CURRENT)
        months = self._partitions(Feed.CUSTOMER_MONTHS, both)
        if customers is None or not months:
            return None
        ends = ledger.end_of(month)
        late = ends + timedelta(days=_LATE_WORD)
        return LedgerInputs(
            customers=customers.partitions[0],
            months=months,
            touches=self._touches.partitions(
                ends - timedelta(days=windows.longest), late if late < today else ends - timedelta(days=1)
            ),
            holdings=self._partitions(Feed.PRODUCT_HOLDINGS, both),
            windows=windows,
            relations=relations_on(self._files, ends - timedelta(days=1), date.fromisoformat(f"{month}-01")) or "",
        )

    def ledger(self, month: str, inputs: LedgerInputs) -> Iterator[BranchCredits]:
        statement = ledger.figures_statement(inputs.windows)
        asked = ledger.parameters(month, inputs.windows)
        return ledger.read(self._engine.rows(statement, _selections(month, inputs), asked))

    def rows(self, month: str, inputs: LedgerInputs) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        statement = ledger.rows_statement(inputs.windows)
        asked = {**ledger.parameters(month, inputs.windows), "rows_of_each": ledger.ROWS_OF_EACH}
        found = self._engine.rows(statement, _selections(month, inputs), asked)
        for campaign_id, of_campaign in groupby(found, key=itemgetter(0)):
            told = (dict(zip(_NAMES, row, strict=True)) for row in of_campaign)
            yield campaign_id, [{**row, "change": int(row["change"])} for row in told]

    def _partitions(self, feed: Feed, periods: Sequence[str]) -> dict[str, str]:
        """Of all periods; empty where one is not published, because half a change is none."""
        found = {period: self._feeds.selection(feed, period) for period in periods}
        return {period: one.partitions[0] for period, one in found.items() if one} if all(found.values()) else {}


def windows_of(document: UpliftDocument) -> Windows:
    return Windows(document.window_days, document.kpi_window_days, document.product_window_days)


def _selections(month: str, inputs: LedgerInputs) -> list[Selection]:
    before = ledger.month_before(month)
    tables: list[tuple[Dataset, str, Sequence[str]]] = [
        (BANK_CUSTOMERS, "bank_customers", [inputs.customers]),
        (CUSTOMER_MONTHS, "months_before", [inputs.months[before]]),
        (CUSTOMER_MONTHS, "months_after", [inputs.months[month]]),
        (PRODUCT_HOLDINGS, "holdings_before", [inputs.holdings[before]] if inputs.holdings else []),
        (PRODUCT_HOLDINGS, "holdings_after", [inputs.holdings[month]] if inputs.holdings else []),
        (TOUCHES, "touches", inputs.touches),
        (RELATIONS, "relations", [inputs.relations] if inputs.relations else []),
    ]
    return [Selection(replace(dataset, name=name), tuple(partitions)) for dataset, name, partitions in tables]
