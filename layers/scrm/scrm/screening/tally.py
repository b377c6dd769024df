"""Messages that a member and customers exchanged, groups apart: that there was one, and nothing of what it says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from scrm.archive import index, message
from scrm.archive.message import Message, PartyKind
from scrm.screening.screen import ArchivedRow

_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A message of a member's talk with customers; ``is_sent``: he wrote it, else a customer did."""

    msgid: str
    userid: str
    at: datetime
    is_sent: bool


class MessageFacts(Protocol):
    def exchanged(self, segment: str, told: Sequence[Exchanged], places: Mapping[str, str]) -> None:
        """A repeat tells the same, and so does another page that has the same message.

        ``places``: node paths of members who are known.
        """


def tally(rows: Iterable[ArchivedRow]) -> list[Exchanged]:
    """What members sent to customers, and got of them; by member each message once."""
    told: dict[tuple[str, str], Exchanged] = {}
    for row in rows:
        said = message.read(row.message)
        if said.room_id or not said.has_customer or said.sender is None or said.sender.kind is PartyKind.ROBOT:
            continue
        msgid, at = said.msgid or str(row.place.seq), _moment(row, said)
        for userid in index.members_of(said):
            is_sent = said.sender.kind is PartyKind.MEMBER
            told.setdefault((msgid, userid), Exchanged(msgid, userid, at, is_sent))
    return list(told.values())


def _moment(row: ArchivedRow, said: Message) -> datetime:
    """When it was sent; of one without a time, or of the future, when it was pulled."""
    pulled = row.place.pulled_at
    if said.sent_at_ms is not None:
        sent = index.moment_of(said.sent_at_ms)
        if sent <= pulled + _CLOCKS_DIFFER:
            return sent
    return pulled
