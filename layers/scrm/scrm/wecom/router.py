"""Which queue a callback belongs to, and what the queue is told."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from scrm import clock
from scrm.wecom.callback import Callback

SCHEMA_VERSION = 1


class Destination(StrEnum):
    STAFF = "staff"
    CONTACT = "contact"
    RECONCILE = "reconcile"
    WELCOME = "welcome"
    ARCHIVE_INTAKE = "archive_intake"


class Outcome(StrEnum):
    """What became of a callback; the value is the metric."""

    ROUTED = "CallbackRouted"
    IGNORED = "CallbackIgnored"
    REPEATED = "CallbackRepeated"


class CallbackMarkers(Protocol):
    """Remembers for 30 days which events were taken in."""

    def is_marked(self, event_id: str) -> bool: ...

    def mark(self, event_id: str, name: str) -> None: ...


class CallbackQueues(Protocol):
    def send(self, destination: str, message: Mapping[str, Any]) -> None: ...


_ROUTES = {
    "change_contact": Destination.STAFF,
    "change_contact.create_party": Destination.CONTACT,
    "change_contact.update_party": Destination.CONTACT,
    "change_contact.delete_party": Destination.CONTACT,
    "change_external_contact": Destination.CONTACT,
    "change_external_contact.transfer_fail": Destination.RECONCILE,
    "change_external_chat": Destination.CONTACT,
    "msgaudit_notify": Destination.ARCHIVE_INTAKE,
}


def destination(callback: Callback) -> Destination | None:
    """The queue for this event; None for one that no function of ours consumes."""
    return _ROUTES.get(callback.name) or _ROUTES.get(callback.event)


def wants_a_welcome(callback: Callback) -> bool:
    """Whether WeCom gave a code to greet a customer with; it lives 20 seconds, so it goes before everything else."""
    return callback.event == "change_external_contact" and bool(callback.fields.get("WelcomeCode"))


class CallbackIntake:
    """Use case: a verified callback reaches its queue.

    The marker is written after the message: a crash between the two sends it twice when WeCom repeats, which consumers
    tolerate; the other order would lose it. For the same reason nothing locks out two deliveries at one moment.
    """

    def __init__(self, corp_id: str, markers: CallbackMarkers, queues: CallbackQueues) -> None:
        self._corp_id = corp_id
        self._markers = markers
        self._queues = queues

    def take(self, callback: Callback) -> Outcome:
        event_id = callback.event_id
        if self._markers.is_marked(event_id):
            return Outcome.REPEATED
        queue, message = destination(callback), self._message(callback, event_id)
        if wants_a_welcome(callback):
            self._queues.send(Destination.WELCOME.value, message)
        if queue is not None:
            self._queues.send(queue.value, message)
        self._markers.mark(event_id, callback.name)
        return Outcome.IGNORED if queue is None else Outcome.ROUTED

    def _message(self, callback: Callback, event_id: str) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "callback",
            "event_id": event_id,
            "app": callback.app,
            "corp_id": self._corp_id,
            "event": callback.event,
            "change_type": callback.change_type,
            "occurred_at": clock.to_iso(callback.occurred_at),
            "received_at": clock.to_iso(callback.received_at),
            "fields": callback.fields,
        }
