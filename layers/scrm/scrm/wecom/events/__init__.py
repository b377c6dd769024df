"""WeCom's callback events as typed values; `parse_event` reads them from the ``fields`` of a callback message."""

import functools
import importlib
from collections.abc import Mapping

from scrm.wecom.envelope import FieldValue
from scrm.wecom.events.base import Event, EventFieldError, UnknownEvent, build

__all__ = ["Event", "EventFieldError", "UnknownEvent", "known_events", "parse_event"]

# Loaded when the first event of its kind arrives: a queue sees two kinds of the six, and 36 classes cost 40 ms of CPU.
_MODULES = {
    "change_contact": "address_book",
    "change_external_chat": "external_chat",
    "change_external_contact": "external_contact",
    "change_external_tag": "external_tag",
    "customer_acquisition": "customer_acquisition",
    "msgaudit_notify": "conversation_archive",
}


def parse_event(fields: Mapping[str, FieldValue]) -> Event:
    """The event that ``fields`` tell; UnknownEvent for one without a class.

    Raises EventFieldError when a known event lacks what it cannot do without.
    """
    event, change_type = (value if isinstance(value := fields.get(key), str) else "" for key in ("Event", "ChangeType"))
    name = f"{event}.{change_type}" if change_type else event
    return build(_classes_of(event).get(name, UnknownEvent), fields)


def known_events() -> dict[str, type[Event]]:
    """Every event that has a class, by name: ``change_contact.delete_user``, ``msgaudit_notify``."""
    return {name: event_class for event in _MODULES for name, event_class in _classes_of(event).items()}


@functools.cache
def _classes_of(event: str) -> Mapping[str, type[Event]]:
    if event not in _MODULES:
        return {}
    module = importlib.import_module(f"{__name__}.{_MODULES[event]}")
    return {event_class.NAME: event_class for event_class in module.EVENTS}
