"""Finding messages in the archive's index: by member, customer, group, time, kind, hit and words in the text."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from scrm.archive import index
from scrm.archive.message import MessageKind, conversation_id, party_of
from scrm.clock import BUSINESS_ZONE
from scrm.paging import InvalidCursorError, Page
from scrm.sql import Selection, SqlEngine, SqlValue

MOST_DAYS: Final = 31
MOST_ROWS: Final = 200
_SHOWN: Final = (
    "msgid",
    "seq",
    "conversation_id",
    "room_id",
    "placed_at_ms",
    "kind",
    "action",
    "sender",
    "parties",
    "text",
    "files",
    "recalls",
    "hits",
    "page",
    "line",
)


class InvalidSearchError(ValueError):
    """What is asked cannot be searched for; the text says why."""


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for. Empty fields ask for nothing; ``node_path`` is the asker's and always holds.

    ``first_day`` to ``last_day`` are business days, both included, at most 31. ``parties`` must all take part.
    ``words`` must all stand in the text, as they are written. ``kinds`` and ``hits``: one of them.
    """

    node_path: str
    first_day: date
    last_day: date
    parties: tuple[str, ...] = ()
    room_id: str = ""
    kinds: tuple[MessageKind, ...] = ()
    hits: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    most: int = 50

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise InvalidSearchError("The last day lies before the first.")
        if (self.last_day - self.first_day).days >= MOST_DAYS:
            raise InvalidSearchError(f"At most {MOST_DAYS} days are searched at once; choose fewer.")
        if not 1 <= self.most <= MOST_ROWS:
            raise InvalidSearchError(f"A page has 1 to {MOST_ROWS} messages.")


@dataclass(frozen=True, slots=True)
class Found:
    """A message of the index, and where it lies: ``page``, the number its page was asked from, and ``line`` from 0."""

    msgid: str
    seq: int
    conversation_id: str
    room_id: str
    placed_at: datetime
    kind: str
    action: str
    sender: str
    parties: tuple[str, ...]
    text: str = field(repr=False)
    files: int
    recalls: str
    hits: tuple[str, ...]
    page: int
    line: int


def find(engine: SqlEngine, search: Search, cursor: str | None = None) -> Page[Found]:
    """A page of what matches, oldest first.

    Raises:
        InvalidCursorError: the cursor is not of this search's lists.
        TooMuchSelectedError: the days hold too much to be searched at once.
    """
    after_ms, after_seq = _position(cursor)
    conditions, parameters = _conditions(search)
    statement = (
        f"SELECT {', '.join(_SHOWN)} FROM ("  # noqa: S608 - names and conditions are ours, values are parameters
        "SELECT *, row_number() OVER (PARTITION BY msgid ORDER BY seq) AS told FROM messages"
        f" WHERE {' AND '.join(conditions)}) AS matching "
        "WHERE told = 1 AND (placed_at_ms > $after_ms OR (placed_at_ms = $after_ms AND seq > $after_seq)) "
        f"ORDER BY placed_at_ms, seq LIMIT {search.most + 1}"
    )
    selection = Selection(index.MESSAGES, partitions(search))
    rows = engine.query(statement, [selection], {**parameters, "after_ms": after_ms, "after_seq": after_seq})
    found = tuple(_found(dict(zip(_SHOWN, row, strict=True))) for row in rows)
    if len(found) <= search.most:
        return Page(found)
    return Page(found[: search.most], _cursor(found[search.most - 1]))


def partitions(search: Search) -> tuple[str, ...]:
    """Only the files that can hold what is looked for: a group, or two people's own talk, lies in one of 64."""
    days = index.days_between(search.first_day, search.last_day)
    if not search.room_id:
        return tuple(index.day_partition(day) for day in days)
    bucket = index.bucket_of(conversation_id(search.room_id, ()))
    return tuple(place for day in days for place in (index.part_partition(day), index.bucket_partition(day, bucket)))


def _conditions(search: Search) -> tuple[list[str], dict[str, SqlValue]]:
    first, last = _bounds(search)
    parameters: dict[str, SqlValue] = {"first_ms": first, "last_ms": last}
    conditions = ["placed_at_ms >= $first_ms", "placed_at_ms < $last_ms"]
    if search.node_path:
        conditions.append("strpos(node_paths, $node_path) > 0")
        parameters["node_path"] = index.paths_text((search.node_path,))
    for number, party_id in enumerate(search.parties):
        party = party_of(party_id)
        parameters[f"party_{number}"] = party.party_id if party else ""
        conditions.append(f"contains(parties, $party_{number})")
    if search.room_id:
        conditions.append("conversation_id = $conversation_id")
        parameters["conversation_id"] = conversation_id(search.room_id, ())
    if search.kinds:
        conditions.append("contains($kinds, kind)")
        parameters["kinds"] = [kind.value for kind in search.kinds]
    if search.hits:
        conditions.append(
            "(" + " OR ".join(f"contains(hits, $hit_{number})" for number in range(len(search.hits))) + ")"
        )
        parameters.update({f"hit_{number}": hit for number, hit in enumerate(search.hits)})
    for number, word in enumerate(search.words):
        conditions.append(f"strpos(text, $word_{number}) > 0")
        parameters[f"word_{number}"] = word
    return conditions, parameters


def _bounds(search: Search) -> tuple[int, int]:
    first = datetime.combine(search.first_day, datetime.min.time(), BUSINESS_ZONE)
    last = datetime.combine(search.last_day + timedelta(days=1), datetime.min.time(), BUSINESS_ZONE)
    return int(first.timestamp() * 1000), int(last.timestamp() * 1000)


def _found(row: Mapping[str, Any]) -> Found:
    return Found(
        msgid=row["msgid"],
        seq=int(row["seq"]),
        conversation_id=row["conversation_id"],
        room_id=row["room_id"],
        placed_at=index.moment_of(row["placed_at_ms"]),
        kind=row["kind"],
        action=row["action"],
        sender=row["sender"],
        parties=tuple(row["parties"]),
        text=row["text"],
        files=row["files"],
        recalls=row["recalls"],
        hits=tuple(row["hits"]),
        page=int(row["page"]),
        line=row["line"],
    )


def _cursor(last: Found) -> str:
    position = [int(last.placed_at.timestamp() * 1000), index.seq_text(last.seq)]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(cursor: str | None) -> tuple[int, str]:
    if cursor is None:
        return -1, ""
    try:
        at_ms, seq = json.loads(base64.urlsafe_b64decode(cursor))
        return int(at_ms), str(seq)
    except (ValueError, TypeError) as error:
        raise InvalidCursorError("This cursor is not of a search; start without one.") from error
