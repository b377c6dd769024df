"""Joins what operators see of the bank's KPI feeds to the data bucket."""

from scrm.aws.documents import DocumentStore
from scrm.aws.feed_deliveries import FeedDeliveries
from scrm.aws.feed_versions import FeedVersions
from scrm.runtime.wiring.tables import bucket


def files() -> DocumentStore:
    return bucket("DATA_BUCKET")


def versions() -> FeedVersions:
    return FeedVersions(files())


def deliveries() -> FeedDeliveries:
    return FeedDeliveries(files())
