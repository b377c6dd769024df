"""WeCom's callback events as typed values; `parse_event` reads them from the ``fields`` of a callback message."""

from collections.abc import Mapping

from scrm.wecom.envelope import FieldValue
from scrm.wecom.events import (
    address_book,
    conversation_archive,
    customer_acquisition,
    external_chat,
    external_contact,
    external_tag,
)
from scrm.wecom.events.base import Event, EventFieldError, UnknownEvent, build

KNOWN_EVENTS: Mapping[str, type[Event]] = {
    event_class.NAME: event_class
    for module in (
        external_contact,
        external_chat,
        external_tag,
        address_book,
        conversation_archive,
        customer_acquisition,
    )
    for event_class in module.EVENTS
}

__all__ = ["KNOWN_EVENTS", "Event", "EventFieldError", "UnknownEvent", "parse_event"]


def parse_event(fields: Mapping[str, FieldValue]) -> Event:
    """The event that ``fields`` tell; UnknownEvent for one without a class.

    Raises EventFieldError when a known event lacks what it cannot do without.
    """
    name = ".".join(part for key in ("Event", "ChangeType") if isinstance(part := fields.get(key), str) and part)
    return build(KNOWN_EVENTS.get(name, UnknownEvent), fields)
