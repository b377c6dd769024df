"""What the contact-pressure ledger needs from the outside world."""

from collections.abc import Sequence
from typing import Protocol

from scrm.pressure.model import Cap, PressureClass
from scrm.pressure.shelf import Edit, Note, Shelf

ITEMS_PER_EDIT = 100


class PressureBusyError(Exception):
    """Others kept changing the same owner's entries; the message should be tried again later."""


class PressureStore(Protocol):
    """Buckets and notes by home."""

    def shelf(self, home: str) -> Shelf:
        """All of one home, strongly consistent."""

    def notes(self, home: str) -> tuple[Note, ...]:
        """Its notes alone."""

    def save(self, edit: Edit) -> bool:
        """All or nothing, at most `ITEMS_PER_EDIT` items; False when one of them changed since it was read.

        A note without customers is removed.
        """


class CapsInForce(Protocol):
    """The bank's weekly caps with the exceptions that are approved and in force."""

    def cap(self, pressure_class: PressureClass, campaign_id: str, external_userids: Sequence[str]) -> Cap: ...
