"""Deliveries of the bank's KPI feeds, as S3 tells of their manifests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from scrm import clock
from scrm.aws.feed_deliveries import entry_id
from scrm.kpi.feeds.intake import Delivery, FeedBusyError, FeedIntake, Outcome
from scrm.kpi.feeds.links import RELATIONS
from scrm.org.roster_ports import RejectionSink
from scrm.runtime.observability import count, logger
from scrm.runtime.uploads import Upload, UploadNotification
from scrm.sql import Selection

PREFIX: Final = "kpi/incoming/"
MANIFEST: Final = "manifest.json"
SOURCE: Final = "bank.kpi_feed"
_RELATIONS_DAYS: Final = 10


class Files(Protocol):
    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


def latest_relations(files: Files, now: datetime) -> Selection | None:
    """Those of the last days' latest that were written."""
    today = now.astimezone(clock.BUSINESS_ZONE).date()
    for back in range(_RELATIONS_DAYS):
        partition = f"day={(today - timedelta(days=back)).isoformat()}"
        if next(files.sizes_below(RELATIONS.place(partition)), None) is not None:
            return Selection(RELATIONS, (partition,))
    return None


@dataclass(frozen=True, slots=True)
class FeedUploads:
    """Use case of the feed queue."""

    bucket: str
    intake: Callable[[], FeedIntake]
    rejections: RejectionSink

    def take(self, body: str) -> None:
        """One message. Raises ValidationError for one that S3 did not write, FeedBusyError."""
        for upload in UploadNotification.model_validate_json(body).uploads():
            if upload.bucket == self.bucket and upload.key.startswith(PREFIX) and upload.key.endswith(MANIFEST):
                self._take(upload)

    def _take(self, upload: Upload) -> None:
        delivery = self._taken(upload)
        _count(delivery)
        if delivery.outcome is Outcome.REFUSED:
            self.rejections.reject(SOURCE, entry_id(delivery), delivery.reason, clock.now())
        logger.info(
            "delivery of a KPI feed",
            outcome=delivery.outcome.value,
            feed=delivery.feed,
            period=delivery.period,
            delivery_id=delivery.delivery_id,
            version=delivery.version,
            rows=delivery.rows,
            quarantined=delivery.quarantined,
        )

    def _taken(self, upload: Upload) -> Delivery:
        """Looked at once more at once when another one was published meanwhile: the queue waits an hour and a half."""
        told = (upload.key, clock.of_platform(upload.uploaded_at), upload.version_id)
        try:
            return self.intake().take(*told)
        except FeedBusyError:
            return self.intake().take(*told)


def _count(delivery: Delivery) -> None:
    match delivery.outcome:
        case Outcome.PUBLISHED:
            count("KpiFeedPublished")
        case Outcome.UNCHANGED:
            count("KpiFeedUnchanged")
        case Outcome.OUTDATED:
            count("KpiFeedOutdated")
        case Outcome.REFUSED:
            count("KpiFeedRejected")
    if delivery.quarantined:
        count("KpiFeedRowRejected", delivery.quarantined)
