"""The search index of the archive: one row a message, in Parquet files by day and conversation (S69).

It is derived: everything in it can be made again from the segments. A row may be there twice (a message told again, a
file merged while it was read); readers take one row per msgid.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from scrm.archive.message import Message, PartyKind
from scrm.clock import BUSINESS_ZONE
from scrm.sql import Dataset

BUCKETS: Final = 64
_LAST_MOMENT: Final = datetime.max.replace(tzinfo=BUSINESS_ZONE)
_SEQ_DIGITS: Final = 20  # an unsigned 64-bit number as text that sorts as it counts

MESSAGES: Final = Dataset(
    name="messages",
    prefix="archive-index/messages",
    columns={
        "conversation_id": "VARCHAR",
        "placed_at_ms": "BIGINT",  # when it was sent; when it was pulled, where WeCom gives no time
        "seq": "VARCHAR",
        "msgid": "VARCHAR",
        "room_id": "VARCHAR",
        "kind": "VARCHAR",
        "action": "VARCHAR",
        "sender": "VARCHAR",
        "sender_kind": "VARCHAR",
        "parties": "VARCHAR[]",  # the sender too
        "node_paths": "VARCHAR",  # where its members stood: " /1/10/12/ /1/20/"
        "text": "VARCHAR",
        "files": "BIGINT",
        "recalls": "VARCHAR",
        "hits": "VARCHAR[]",  # entries of the lexicon
        "page": "VARCHAR",  # which segment, and the line in it
        "line": "BIGINT",
        "bucket": "BIGINT",  # of the conversation: which of a day's merged files has it
    },
    sorted_by=("conversation_id", "placed_at_ms", "seq"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies in the archive: the page it came in, by the number the page was asked from, and its line."""

    asked_from: int
    line: int
    seq: int
    pulled_at: datetime


def row_of(message: Message, place: Place, node_paths: Sequence[str], hits: Sequence[str]) -> dict[str, Any]:
    """A row of `MESSAGES`."""
    return {
        "conversation_id": message.conversation_id,
        "placed_at_ms": message.sent_at_ms or _milliseconds(place.pulled_at),
        "seq": seq_text(place.seq),
        "msgid": message.msgid,
        "room_id": message.room_id,
        "kind": message.kind.value,
        "action": message.action,
        "sender": message.sender.party_id if message.sender else "",
        "sender_kind": message.sender.kind.value if message.sender else "",
        "parties": [party.party_id for party in message.parties],
        "node_paths": paths_text(node_paths),
        "text": "\n".join(message.texts),
        "files": len(message.media),
        "recalls": message.recalls or "",
        "hits": sorted(set(hits)),
        "page": seq_text(place.asked_from),
        "line": place.line,
        "bucket": bucket_of(message.conversation_id),
    }


def members_of(message: Message) -> tuple[str, ...]:
    """Userids of the members who take part, in the order of the message."""
    return tuple(dict.fromkeys(party.party_id for party in message.parties if party.kind is PartyKind.MEMBER))


def by_day(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[date, list[Mapping[str, Any]]]]:
    """Rows of one page, by the business day they belong to; nearly always one day, at midnight two."""
    days: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        days.setdefault(business_day(row["placed_at_ms"]), []).append(row)
    yield from sorted(days.items())


def business_day(at_ms: int) -> date:
    """The day in Shanghai; a time that no calendar holds counts as the last day it does."""
    return moment_of(at_ms).date()


def moment_of(at_ms: int) -> datetime:
    """Milliseconds since 1970 as a time in Shanghai; one that no calendar holds is the last one it does."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(BUSINESS_ZONE)
    except (OverflowError, ValueError, OSError):
        return _LAST_MOMENT


def bucket_of(conversation_id: str) -> int:
    """0 to 63, the same for all messages of a conversation."""
    return zlib.crc32(conversation_id.encode()) % BUCKETS


def day_partition(day: date) -> str:
    """All files of a day."""
    return f"day={day.isoformat()}"


def part_partition(day: date) -> str:
    """What was written of a day page by page and not yet merged."""
    return f"day={day.isoformat()}/parts"


def bucket_partition(day: date, bucket: int) -> str:
    """What was merged of a day for some conversations."""
    return f"day={day.isoformat()}/bucket={bucket:02d}"


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def paths_text(node_paths: Sequence[str]) -> str:
    """Places as one text, each after a blank, so that a place and all below it are found by the blank and its path."""
    return "".join(f" {path}" for path in sorted(set(node_paths)))


def seq_text(seq: int) -> str:
    return f"{seq:0{_SEQ_DIGITS}d}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
