"""Questions an operator has of the queues: are they idle, what lies in a dead-letter queue, send it back."""

import functools
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from local.engine.emulator import Engine

_PEEK_PATH = "/_ministack/sqs/messages"  # the engine's own: what all queues hold at one moment; touches nothing
_PEEK_WITHIN_S = 30
_POLL_S = 0.02
_IDLE_LOOKS = 2
_MOST_PER_RECEIVE = 10
_BUSY_WITHIN_S = 600.0  # twice what the slowest function may take


class StillBusyError(Exception):
    """Functions still run, or messages lie unread, after more time than any function may take; the text says which."""


class RedriveError(Exception):
    """The queue is nobody's dead-letter queue."""


def depths(engine: Engine, queue_urls: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Queue URL -> (visible, in flight), all of one moment. Messages with a delay still to run are in neither."""
    held = _look(engine).held
    return {url: held.get(_name_of(url), (0, 0)) for url in queue_urls}


@dataclass(frozen=True, slots=True)
class StoreUse:
    """``writes``: how many requests so far may have changed each table and bucket.

    ``asked``: which of them each function ever asked for anything; of one that is not here nobody knows.
    """

    writes: Mapping[str, int]
    asked: Mapping[str, frozenset[str]]

    def without(self, stores: frozenset[str]) -> "StoreUse":
        """As if nobody ever used these."""
        writes = {store: count for store, count in self.writes.items() if store not in stores}
        return StoreUse(writes, {function: asked - stores for function, asked in self.asked.items()})

    def is_as_before(self, before: "StoreUse", function: str) -> bool:
        """Whether nobody wrote since to anything that the function asks."""
        stores = self.asked.get(function, self.writes.keys())
        return all(self.writes.get(store, 0) == before.writes.get(store, 0) for store in stores)


def use_at_rest(engine: Engine, queue_urls: Iterable[str]) -> StoreUse | None:
    """How tables and buckets were used so far; None while a function runs or a message is under way."""
    names = {_name_of(url) for url in queue_urls}
    looks = [_look(engine) for _ in range(_IDLE_LOOKS)]
    return None if any(look.is_busy(names) for look in looks) else looks[-1].stores


def wait_until_idle(
    engine: Engine,
    queue_urls: Iterable[str],
    within_s: float = 60.0,
    *,
    quiet_s: float = 0.0,
    busy_within_s: float = _BUSY_WITHIN_S,
) -> bool:
    """Whether it came to rest; see `use_when_idle`."""
    used = use_when_idle(engine, queue_urls, within_s, quiet_s=quiet_s, busy_within_s=busy_within_s)
    return used is not None


def use_when_idle(
    engine: Engine,
    queue_urls: Iterable[str],
    within_s: float = 60.0,
    *,
    quiet_s: float = 0.0,
    busy_within_s: float = _BUSY_WITHIN_S,
) -> StoreUse | None:
    """Wait until no function runs and no message is visible or in flight in any of the queues; `use_at_rest` then.

    None when for ``within_s`` there was nothing but hidden messages, which come again later: of readers that failed,
    or put off. While a function runs or a message lies unread it waits on, however slow the machine.

    A look sees all queues at nearly one moment, and a reader writes on before its own message goes. The second look is
    for a message that the engine's thread was just giving to its reader.
    ``quiet_s``: how long they must stay so. An event put on the bus reaches its queue a moment later, so whoever put
    one waits longer than whoever only read.

    Raises:
        StillBusyError: that lasted ``busy_within_s``.
    """
    names = {_name_of(url) for url in queue_urls}
    began = busy_at = worked_at = time.monotonic()
    idle_looks = 0
    while True:
        look = _look(engine)
        now = time.monotonic()
        if look.is_busy(names):
            idle_looks, busy_at = 0, now
        else:
            idle_looks += 1
        if idle_looks >= _IDLE_LOOKS and now - busy_at >= quiet_s:
            return look.stores
        unread = {name: look.held[name][0] for name in sorted(names) if look.held.get(name, (0, 0))[0]}
        if look.running or unread:
            worked_at = now
        if now - began > busy_within_s and worked_at == now:
            raise StillBusyError(f"after {busy_within_s:.0f} s: running {look.running}, unread messages {unread}")
        if now - worked_at > within_s:
            return None
        if idle_looks != 1:  # the second look follows at once
            time.sleep(_POLL_S)


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


@dataclass(frozen=True, slots=True)
class _Look:
    """``held``: name of each queue -> (visible, in flight). ``running``: the function of each present invocation."""

    held: dict[str, tuple[int, int]]
    running: list[str]
    stores: StoreUse

    def is_busy(self, names: Iterable[str]) -> bool:
        return bool(self.running) or any(self.held.get(name, (0, 0)) != (0, 0) for name in names)


def _look(engine: Engine) -> _Look:
    told = json.loads(_connections().request("GET", f"{engine.endpoint_url}{_PEEK_PATH}", timeout=_PEEK_WITHIN_S).data)
    held = {
        _name_of(url): (
            sum(message["IsVisible"] for message in messages),
            sum(not message["IsVisible"] and message["ReceiveCount"] > 0 for message in messages),
        )
        for by_region in told["messages"].values()
        for by_url in by_region.values()
        for url, messages in by_url.items()
    }
    asked = {function: frozenset(stores) for function, stores in told["asked"].items()}
    return _Look(held, told["running"], StoreUse(told["writes"], asked))


@functools.cache
def _connections() -> urllib3.PoolManager:
    """Kept open: there are thousands of looks in a simulated week."""
    return urllib3.PoolManager(maxsize=4, retries=False)


def _name_of(queue_url: str) -> str:
    return queue_url.rsplit("/", 1)[-1]


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
