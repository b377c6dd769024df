"""How many messages a member and customers exchanged in a segment, apart from groups: counts, and no conversation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from scrm.archive import index, message
from scrm.archive.message import Message, PartyKind
from scrm.clock import BUSINESS_ZONE
from scrm.screening.screen import ArchivedRow

_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(slots=True)
class Exchanged:
    sent: int = 0
    received: int = 0


class MessageFacts(Protocol):
    def exchanged(self, segment: str, told: Mapping[tuple[str, date], Exchanged], places: Mapping[str, str]) -> None:
        """By member and business day; a repeat tells the same. ``places``: node paths of those who are known."""


def tally(rows: Iterable[ArchivedRow]) -> dict[tuple[str, date], Exchanged]:
    """What members sent to customers, and got of them."""
    told: dict[tuple[str, date], Exchanged] = {}
    for row in rows:
        said = message.read(row.message)
        if said.room_id or not said.has_customer or said.sender is None:
            continue
        day = _day(row, said)
        for member in index.members_of(said):
            counts = told.setdefault((member, day), Exchanged())
            counts.sent += said.sender.kind is PartyKind.MEMBER
            counts.received += said.sender.kind is PartyKind.CUSTOMER
    return told


def _day(row: ArchivedRow, said: Message) -> date:
    """The day it was sent; of one without a time, or of the future, that on which it was pulled."""
    pulled = row.place.pulled_at
    if said.sent_at_ms is not None:
        sent = index.moment_of(said.sent_at_ms)
        if sent <= pulled + _CLOCKS_DIFFER:
            return sent.date()
    return pulled.astimezone(BUSINESS_ZONE).date()
