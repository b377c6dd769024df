"""Conversation archive: ``msgaudit_notify`` (docs/wecom.md 3.5)."""

from dataclasses import dataclass

from scrm.wecom.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesWaiting(Event):
    """There were messages in the last 15 seconds; the event says no more, they are pulled."""

    NAME = "msgaudit_notify"


EVENTS = (MessagesWaiting,)
