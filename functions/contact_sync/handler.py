"""Relations and group chats (SQS and nightly schedule): the relation table equals WeCom's, and so do rules of words."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.message_kind import kind_of
from scrm.runtime.observability import count
from scrm.runtime.postponement import postponed_until
from scrm.runtime.ticks import Tick
from scrm.runtime.wiring import contact_sync as wiring

FULL_PASS = "contact_sync.full_pass"  # noqa: S105 - a schedule
LEXICON: Final = "contact_sync.lexicon"
LEXICON_SYNC: Final = "lexicon_sync_requested"
WORK: Final = LazyWork({LEXICON_SYNC: "lexicon_rules.sync"}, schedules={LEXICON: "lexicon_rules.request"})


def take(body: str) -> None:
    with postponed_until(lambda delay: wiring.contact_queue().send_later(body, delay)):
        if kind_of(body) == LEXICON_SYNC:
            WORK.take(body)
        else:
            count(wiring.contact_intake().take_body(body).value)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick | None:  # noqa: ARG001
    if event.get("schedule") == FULL_PASS:
        wiring.contact_intake().request_full_pass()
        return None
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, take) if told is None else told
