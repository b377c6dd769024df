"""The bank's KPI feeds (SQS): manifests in the data bucket become published versions, or refusals with reasons."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork

WORK: Final = LazyWork({"": "kpi_feeds.take"})  # S3's notifications name no kind


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures:  # noqa: ARG001
    return batches.process(event, WORK.take)
