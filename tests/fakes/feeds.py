"""The bank's feeds: a bucket in memory, and versions that a test says are published."""

from pathlib import Path

from scrm.aws.documents import DocumentMissingError
from scrm.kpi.feeds.datasets import DATASETS, Feed, partition_of
from scrm.sql import Selection
from tests.fakes.parquet import MemoryFiles


class MemoryBucket(MemoryFiles):
    """Parquet files and small documents."""

    def get(self, key: str) -> bytes | None:
        return self.files.get(key)

    def beginning(self, key: str, most: int, version_id: str = "") -> bytes | None:
        return self.files[key][:most] if key in self.files else None

    def download(self, key: str, path: Path) -> None:
        if key not in self.files:
            raise DocumentMissingError("There is no such document.")
        super().download(key, path)

    def link(self, key: str, file_name: str, valid_for_s: int) -> str:
        return f"https://data.example.com/{key}?as={file_name}&for={valid_for_s}"

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool:
        if if_absent and key in self.files:
            return False
        self.files[key] = body
        return True


class FakePublishedFeeds:
    """`scrm.kpi.feeds.datasets.PublishedFeeds`; write the rows to the place that `publish` says."""

    def __init__(self) -> None:
        self.versions: dict[tuple[Feed, str], int] = {}

    def publish(self, feed: Feed, period: str) -> str:
        """One version more; its partition."""
        self.versions[feed, period] = self.versions.get((feed, period), 0) + 1
        return self._partition(feed, period)

    def version(self, feed: Feed, period: str) -> int | None:
        return self.versions.get((feed, period))

    def selection(self, feed: Feed, period: str) -> Selection | None:
        if (feed, period) not in self.versions:
            return None
        return Selection(DATASETS[feed], (self._partition(feed, period),))

    def _partition(self, feed: Feed, period: str) -> str:
        return partition_of(feed, period, self.versions[feed, period], "told")
