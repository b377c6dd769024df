"""Manifests of the bank's KPI feeds."""

from scrm.runtime.wiring import kpi_ingest as wiring


def take(body: str) -> None:
    """A notification of S3. Raises ValidationError, FeedBusyError."""
    wiring.uploads().take(body)
