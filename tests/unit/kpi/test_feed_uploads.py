"""Notifications of S3 about manifests: those of the bank's feeds are taken, what is refused is listed for operators."""

import json
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from scrm.kpi.feeds.datasets import Feed
from scrm.kpi.feeds.intake import Delivery, FeedBusyError, FeedIntake
from scrm.runtime.feed_intake import FeedUploads
from tests.fakes.feed_bank import FOLDER, FeedBank, month_row

BUCKET = "scrm-data"
MARCH = "2027-03"


@dataclass
class Rejections:
    """`scrm.org.roster_ports.RejectionSink`."""

    kept: dict[str, str] = field(default_factory=dict)

    def reject(self, source: str, event_id: str, reason: str, received_at: datetime, payload: str = "") -> str:
        self.kept.setdefault(event_id, reason)
        return event_id


def told_of(*folders: str, bucket: str = BUCKET) -> str:
    """All in one millisecond."""
    at = "2027-04-02T01:00:00.123Z"
    keys = [f"{folder}manifest.json" for folder in folders]
    return json.dumps(
        {"Records": [{"eventTime": at, "s3": {"bucket": {"name": bucket}, "object": {"key": key}}} for key in keys]}
    )


def test_manifests_put_in_the_same_moment_are_refused_each_with_its_reason() -> None:
    bank, rejections = FeedBank(), Rejections()
    for name, body in (("a", b"{}"), ("b", b"[]")):
        bank.bucket.files[f"kpi/incoming/{name}/manifest.json"] = body

    FeedUploads(BUCKET, bank.intake, rejections).take(told_of("kpi/incoming/a/", "kpi/incoming/b/"))

    assert len(rejections.kept) == 2
    assert set(rejections.kept) == {entry for entry, _ in bank.listed("2027-04")}


def test_other_buckets_and_folders_are_left_alone() -> None:
    bank = FeedBank()
    uploads = FeedUploads(BUCKET, bank.intake, Rejections())

    uploads.take(told_of("roster/incoming/"))
    uploads.take(told_of(FOLDER, bucket="other"))

    assert bank.listed("2027-04") == ()


class Busy:
    """An intake that others overtake so often."""

    def __init__(self, intake: FeedIntake, overtaken: int) -> None:
        self._intake = intake
        self._overtaken = overtaken

    def take(self, manifest_key: str, received_at: datetime, version_id: str = "") -> Delivery:
        if self._overtaken:
            self._overtaken -= 1
            raise FeedBusyError
        return self._intake.take(manifest_key, received_at, version_id)


def test_a_delivery_that_another_one_overtakes_is_looked_at_again_at_once() -> None:
    """The queue would give it back after an hour and a half."""
    bank = FeedBank()
    bank.deliver(Feed.CUSTOMER_MONTHS, MARCH, [month_row(1)])
    intake = Busy(bank.intake(), 1)

    FeedUploads(BUCKET, lambda: intake, Rejections()).take(told_of(FOLDER))  # type: ignore[arg-type, return-value]

    assert len(bank.listed("2027-04")) == 2


def test_one_that_is_overtaken_again_and_again_is_left_to_the_queue() -> None:
    bank = FeedBank()
    bank.deliver(Feed.CUSTOMER_MONTHS, MARCH, [month_row(1)])
    intake = Busy(bank.intake(), 9)

    with pytest.raises(FeedBusyError):
        FeedUploads(BUCKET, lambda: intake, Rejections()).take(told_of(FOLDER))  # type: ignore[arg-type, return-value]
