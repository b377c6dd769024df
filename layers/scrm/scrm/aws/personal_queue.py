"""Counts of members' own messages, asked of the campaign reconcile function."""

from collections.abc import Sequence
from datetime import datetime

from scrm import clock
from scrm.aws.queues import Queue
from scrm.pressure.messages import PersonalMessageSeen
from scrm.pressure.personal import PersonalMessage


class SqsPersonalQueue:
    """Implements `scrm.pressure.personal.PersonalQueue`; what waits longer than a queue allows comes early."""

    def __init__(self, reconcile: Queue) -> None:
        self._reconcile = reconcile

    def request_counts(self, messages: Sequence[PersonalMessage], not_before: datetime | None = None) -> None:
        told = [PersonalMessageSeen.of(message) for message in messages]
        if not_before is None:
            self._reconcile.send(told)
            return
        for message in told:
            self._reconcile.send_later(message.model_dump_json(), not_before - clock.now())
