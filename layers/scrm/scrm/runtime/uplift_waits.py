"""Joins what a review waits for to the bank's published feeds."""

from typing import Protocol

from scrm.kpi.feeds.datasets import CURRENT, Feed


class Versions(Protocol):
    def version(self, feed: Feed, period: str) -> int | None: ...


class PublishedByVersion:
    """Implements `scrm.uplift.waiting.PublishedFacts`."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def has_customers(self) -> bool:
        return self._versions.version(Feed.BANK_CUSTOMERS, CURRENT) is not None

    def has_month(self, month: str) -> bool:
        return self._versions.version(Feed.CUSTOMER_MONTHS, month) is not None
