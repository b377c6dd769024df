"""Versions of the bank's feeds: one document each, written only if there is none, so that of two racers one wins.

Documents are numbered downwards: the first of a period that S3 lists is its latest. One may say again that an earlier
version holds.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from scrm import clock
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.publications import Publication, selection_of
from scrm.sql import Selection

PREFIX: Final = "kpi/versions"
SCHEMA_VERSION: Final = 1
_MOST: Final = 999_999
_CURRENT_NAME: Final = "current"
_JSON: Final = "application/json"


class Documents(Protocol):
    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool: ...

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


class FeedVersions:
    """Implements `scrm.kpi.feeds.datasets.PublishedFeeds` and `scrm.kpi.feeds.publications.Publications`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def version(self, feed: Feed, period: str) -> int | None:
        found = self.latest(feed, period)
        return found.version if found else None

    def selection(self, feed: Feed, period: str) -> Selection | None:
        found = self.latest(feed, period)
        return selection_of(found) if found else None

    def latest(self, feed: Feed, period: str) -> Publication | None:
        found = next(self._documents.sizes_below(f"{PREFIX}/{feed.value}/{period or _CURRENT_NAME}/"), None)
        return self._read(found[0]) if found else None

    def of_version(self, feed: Feed, period: str, version: int) -> Publication | None:
        return self._read(_key(feed, period, version))

    def periods(self, feed: Feed) -> Sequence[str]:
        if feed is Feed.BANK_CUSTOMERS:
            return (CURRENT,) if self.latest(feed, CURRENT) else ()
        keys = self._documents.sizes_below(f"{PREFIX}/{feed.value}/")
        return tuple(dict.fromkeys(key.split("/")[-2] for key, _ in keys))

    def latest_period(self, feed: Feed) -> str | None:
        return next(reversed(self.periods(feed)), None)

    def publish(self, publication: Publication) -> bool:
        key = _key(publication.feed, publication.filed_under, publication.number)
        return self._documents.put(key, json.dumps(_content(publication)).encode(), _JSON, if_absent=True)

    def _read(self, key: str) -> Publication | None:
        body = self._documents.get(key)
        return _publication(json.loads(body)) if body else None


def _key(feed: Feed, period: str, number: int) -> str:
    return f"{PREFIX}/{feed.value}/{period or _CURRENT_NAME}/{_MOST - number:06d}.json"


def _content(publication: Publication) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "feed": publication.feed.value,
        "period": publication.period,
        "version": publication.version,
        "delivery_id": publication.delivery_id,
        "content_id": publication.content_id,
        "delivered_at": clock.to_iso(publication.delivered_at),
        "published_at": clock.to_iso(publication.published_at),
        "rows": publication.rows,
        "quarantined": publication.quarantined,
        "repeated": publication.repeated,
        "totals": dict(publication.totals),
        "links": dict(publication.links),
        "customers_version": publication.customers_version,
        "rules": dict(publication.rules),
        "report_key": publication.report_key,
        "said_again": publication.said_again,
    }


def _publication(content: dict[str, Any]) -> Publication:
    return Publication(
        feed=Feed(content["feed"]),
        period=content["period"],
        version=content["version"],
        delivery_id=content["delivery_id"],
        content_id=content["content_id"],
        delivered_at=clock.from_iso(content["delivered_at"]),
        published_at=clock.from_iso(content["published_at"]),
        rows=content["rows"],
        quarantined=content["quarantined"],
        repeated=content["repeated"],
        totals=content["totals"],
        links=content["links"],
        customers_version=content["customers_version"],
        rules=content["rules"],
        report_key=content["report_key"],
        said_again=content.get("said_again", 0),
    )
