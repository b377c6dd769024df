"""Questions an operator has of the queues: are they idle, what lies in a dead-letter queue, send it back."""

import json
import time
from collections.abc import Iterable
from typing import Any

from local.engine.emulator import Engine

_VISIBLE = "ApproximateNumberOfMessages"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
_POLL_S = 0.02
_IDLE_READS = 2  # a message may go on from a queue not yet read to one already read
_MOST_PER_RECEIVE = 10


class RedriveError(Exception):
    """The queue is nobody's dead-letter queue."""


def depths(engine: Engine, queue_urls: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Queue URL -> (visible, in flight). Messages with a delay still to run are in neither."""
    client = engine.client("sqs")
    return {url: _depth(client, url) for url in queue_urls}


def wait_until_idle(engine: Engine, queue_urls: Iterable[str], within_s: float = 60.0, *, quiet_s: float = 0.0) -> bool:
    """Wait until no message is visible or in flight in any of the queues; False when time ran out first.

    ``quiet_s``: how long they must stay so. An event put on the bus reaches its queue a moment later, so whoever put
    one waits longer than whoever only read.
    """
    client = engine.client("sqs")
    urls = list(queue_urls)
    deadline = time.monotonic() + within_s
    idle_reads, busy_at = 0, time.monotonic()
    while idle_reads < _IDLE_READS or time.monotonic() - busy_at < quiet_s:
        if all(_depth(client, url) == (0, 0) for url in urls):
            idle_reads += 1
        else:
            idle_reads, busy_at = 0, time.monotonic()
        if time.monotonic() > deadline:
            return False
        if idle_reads == 0 or (idle_reads >= _IDLE_READS and quiet_s):  # the second idle read follows at once
            time.sleep(_POLL_S)
    return True


def redrive(engine: Engine, dead_letter_url: str) -> int:
    """Send everything in a dead-letter queue back to the queue it came from; how many.

    The engine knows no ``StartMessageMoveTask`` (M10), so messages are sent first and deleted after: a crash between
    the two doubles a message, which every consumer tolerates, and never loses one.

    Raises:
        RedriveError: no queue names this one as its dead-letter queue.
    """
    client = engine.client("sqs")
    target = _source_of(client, dead_letter_url)
    moved = 0
    while messages := client.receive_message(
        QueueUrl=dead_letter_url, MaxNumberOfMessages=_MOST_PER_RECEIVE, MessageAttributeNames=["All"]
    ).get("Messages", []):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            client.send_message(QueueUrl=target, MessageBody=message["Body"], MessageAttributes=attributes)
            client.delete_message(QueueUrl=dead_letter_url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _depth(client: Any, url: str) -> tuple[int, int]:
    told = client.get_queue_attributes(QueueUrl=url, AttributeNames=[_VISIBLE, _IN_FLIGHT])["Attributes"]
    return int(told[_VISIBLE]), int(told[_IN_FLIGHT])


def _source_of(client: Any, dead_letter_url: str) -> str:
    wanted = client.get_queue_attributes(QueueUrl=dead_letter_url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    for page in client.get_paginator("list_queues").paginate():
        for url in page.get("QueueUrls", []):
            told = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get("Attributes", {})
            if json.loads(told.get("RedrivePolicy", "{}")).get("deadLetterTargetArn") == wanted:
                return str(url)
    raise RedriveError(f"no queue names {wanted} as its dead-letter queue")
