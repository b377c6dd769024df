"""Versions of a feed: each delivery that was accepted makes one, and nothing that is published changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from scrm.kpi.feeds.datasets import CURRENT, DATASETS, Feed, partition_of
from scrm.sql import Selection


@dataclass(frozen=True, slots=True)
class Publication:
    """One version.

    ``period`` is the delivery's own: of the customer master the day it speaks for. ``content_id`` tells the same files
    from others, ``delivery_id`` the same delivery. ``rows`` were published, ``quarantined`` not, ``repeated`` stood
    twice in the same words and once in the version. ``totals`` are sums of the published rows by column, ``links`` how
    many customers are linked in which way (`scrm.kpi.feeds.links`). ``customers_version`` is the version of the master
    that places the facts in the organisation; None: there was none yet. ``rules`` were broken so often,
    ``report_key`` lists the rows that broke them. ``said_again``: so often the same files were delivered once more
    since; ``delivered_at`` is that of the last of these.
    """

    feed: Feed
    period: str
    version: int
    delivery_id: str
    content_id: str
    delivered_at: datetime
    published_at: datetime
    rows: int
    quarantined: int = 0
    repeated: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)
    links: Mapping[str, int] = field(default_factory=dict)
    customers_version: int | None = None
    rules: Mapping[str, int] = field(default_factory=dict)
    report_key: str = ""
    said_again: int = 0

    @property
    def number(self) -> int:
        """Its place in what was said of the period; the next version takes the next one, so versions may skip some."""
        return self.version + self.said_again

    @property
    def filed_under(self) -> str:
        """The period under which it is looked up."""
        return CURRENT if self.feed is Feed.BANK_CUSTOMERS else self.period


class Publications(Protocol):
    def latest(self, feed: Feed, period: str) -> Publication | None: ...

    def of_version(self, feed: Feed, period: str, version: int) -> Publication | None: ...

    def periods(self, feed: Feed) -> Sequence[str]:
        """Those of which something was published, the earliest first."""
        ...

    def latest_period(self, feed: Feed) -> str | None:
        """The last period of which something was published."""
        ...

    def publish(self, publication: Publication) -> bool:
        """Make it the latest, at once; False when its number is taken already."""
        ...


def selection_of(publication: Publication) -> Selection:
    """Its files."""
    feed = publication.feed
    place = partition_of(feed, publication.period, publication.version, publication.delivery_id)
    return Selection(DATASETS[feed], (place,))
