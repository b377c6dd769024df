"""Relations and group chats (SQS and nightly schedule): the relation table equals WeCom's."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.observability import count
from scrm.runtime.postponement import postponed_until
from scrm.runtime.wiring import contact_sync as wiring

FULL_PASS = "contact_sync.full_pass"  # noqa: S105 - a schedule


def take(body: str) -> None:
    with postponed_until(lambda delay: wiring.contact_queue().send_later(body, delay)):
        count(wiring.contact_intake().take_body(body).value)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | None:  # noqa: ARG001
    if event.get("schedule") == FULL_PASS:
        wiring.contact_intake().request_full_pass()
        return None
    return batches.process(event, take)
