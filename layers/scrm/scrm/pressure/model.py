"""What the contact-pressure ledger counts (S38-S40): touches of a customer in an ISO week, by class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class PressureClass(StrEnum):
    """Each class has its own weekly cap; ``service`` is exempt."""

    PUSH = "push"
    MOMENTS = "moments"
    GROUP = "group"
    SERVICE = "service"


class TouchRefusal(StrEnum):
    """Why a customer got no place and will get none under this touch.

    ``owner_changed``: the customer is another owner's by now, so the touch has to be planned anew under him.
    """

    EXPIRED = "expired"
    RELEASED = "released"
    ALREADY_SETTLED = "already_settled"
    OWNER_CHANGED = "owner_changed"


@dataclass(frozen=True, slots=True)
class Touch:
    """One task of one owner, as far as the ledger cares.

    ``weeks`` are all ISO weeks in which it can still be confirmed. A higher ``priority`` wins. ``expires_at`` is when
    its content expires: from then on it gets no place and is not dispatched. A ``displaceable`` touch may lose its
    places to a higher priority until it is locked, so whoever sets it must call `PressureLedger.lock` and send only to
    those it names.
    """

    touch_id: str
    pressure_class: PressureClass
    weeks: tuple[str, ...]
    expires_at: datetime
    priority: int = 0
    displaceable: bool = False
    campaign_id: str = ""


@dataclass(frozen=True, slots=True)
class Reserved:
    """What became of each customer of one `reserve`.

    ``reserved`` hold a place in every week of the touch. ``deferred`` found a week full: they wait, recorded until the
    content expires, and the same touch may be reserved for them again. ``displaced`` are the customers whom lower
    touches lost to this one; those touches now have them deferred.
    """

    reserved: frozenset[str] = frozenset()
    deferred: frozenset[str] = frozenset()
    refused: Mapping[str, TouchRefusal] = field(default_factory=dict)
    displaced: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most touches of one class in a week: ``usual``, and ``raised`` where an exception is in force."""

    usual: int
    raised: Mapping[bytes, int] = field(default_factory=dict)

    def of(self, key: bytes) -> int:
        return self.raised.get(key, self.usual)


@dataclass(frozen=True, slots=True)
class WeekCount:
    """One customer, one class, one week."""

    week: str
    pressure_class: PressureClass
    held: int
    settled: int
