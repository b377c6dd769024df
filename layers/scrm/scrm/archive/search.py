"""Finding messages in the archive's index: by member, customer, group, time, kind, hit and words in the text."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

from scrm.archive import index
from scrm.archive.message import MessageKind, conversation_id, party_of
from scrm.clock import BUSINESS_ZONE
from scrm.paging import InvalidCursorError, Page
from scrm.sql import Selection, SqlEngine, SqlValue

_REF: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{2})\.([0-9]{1,20})\.([0-9]{1,20})")
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
class MessageRef:
    """Names one message for whoever found it: its business day, its conversation's bucket, its page and its seq.

    As text ``2026-11-26.07.1000.1001``. It tells where to look and gives nobody a right: the asker's node still holds.
    """

    day: date
    bucket: int
    page: int
    seq: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """Of a row of the index."""
        return cls(index.business_day(row["placed_at_ms"]), row["bucket"], int(row["page"]), int(row["seq"]))

    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.bucket:02d}.{self.page}.{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidSearchError for what is no such text."""
        match = _REF.fullmatch(text)
        try:
            if match is not None:
                return cls(date.fromisoformat(match[1]), int(match[2]), int(match[3]), int(match[4]))
        except ValueError:
            pass
        raise InvalidSearchError("A message is named as a search gave it: 2026-11-26.07.1000.1001.")


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for. Empty fields ask for nothing; ``node_path`` is the asker's and always holds.

    ``first_day`` to ``last_day`` are business days, both included, at most 31. ``parties`` must all take part.
    ``words`` must all stand in the text, as they are written. ``kinds``, ``hits`` and ``any_party``: one of them.
    """

    node_path: str
    first_day: date
    last_day: date
    parties: tuple[str, ...] = ()
    room_id: str = ""
    kinds: tuple[MessageKind, ...] = ()
    hits: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    any_party: tuple[str, ...] = ()
    most: int = 50

    def __post_init__(self) -> None:
        if not self.node_path:
            raise InvalidSearchError("Say for whom is searched: a node path, the bank's own for all of it.")
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

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.placed_at.date(), index.bucket_of(self.conversation_id), self.page, self.seq)


def find(engine: SqlEngine, search: Search, cursor: str | None = None) -> Page[Found]:
    """A page of what matches, oldest first.

    Raises:
        InvalidCursorError: the cursor is not of this search's lists.
        TooMuchSelectedError: the days hold too much to be searched at once.
    """
    after_ms, after_seq = _position(cursor)
    matching, parameters = _matching(search)
    statement = (
        f"{matching} AND (placed_at_ms > $after_ms OR (placed_at_ms = $after_ms AND seq > $after_seq)) "
        f"ORDER BY placed_at_ms, seq LIMIT {search.most + 1}"
    )
    parameters |= {"after_ms": after_ms, "after_seq": after_seq}
    found = _rows(engine, statement, partitions(search), parameters)
    if len(found) <= search.most:
        return Page(found)
    return Page(found[: search.most], _cursor(found[search.most - 1]))


def by_conversation(engine: SqlEngine, search: Search, most: int) -> tuple[Found, ...]:
    """The first ``most`` that match, conversation by conversation, oldest first in each; ``search.most`` says nothing.

    Raises:
        TooMuchSelectedError: the days hold too much to be searched at once.
    """
    matching, parameters = _matching(search)
    statement = f"{matching} ORDER BY conversation_id, placed_at_ms, seq LIMIT {most}"
    return _rows(engine, statement, partitions(search), parameters)


def locate(engine: SqlEngine, ref: MessageRef, node_path: str) -> Found | None:
    """The message that is named so, if it is at or below the asker's node."""
    places = (index.part_partition(ref.day), index.bucket_partition(ref.day, ref.bucket))
    matching, parameters = _matching(Search(node_path, ref.day, ref.day))
    parameters |= {"page": index.seq_text(ref.page), "seq": index.seq_text(ref.seq)}
    found = _rows(engine, f"{matching} AND page = $page AND seq = $seq LIMIT 1", places, parameters)
    return found[0] if found else None


def _matching(search: Search) -> tuple[str, dict[str, SqlValue]]:
    """A statement that ends in a condition, and its parameters."""
    conditions, parameters = _conditions(search)
    statement = (
        f"SELECT {', '.join(_SHOWN)} FROM ("  # noqa: S608 - names and conditions are ours, values are parameters
        "SELECT *, row_number() OVER (PARTITION BY msgid ORDER BY seq) AS told FROM messages"
        f" WHERE {' AND '.join(conditions)}) AS matching WHERE told = 1"
    )
    return statement, parameters


def _rows(
    engine: SqlEngine, statement: str, places: tuple[str, ...], parameters: Mapping[str, SqlValue]
) -> tuple[Found, ...]:
    rows = engine.query(statement, [Selection(index.MESSAGES, places)], parameters)
    return tuple(_found(dict(zip(_SHOWN, row, strict=True))) for row in rows)


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
    conditions = ["placed_at_ms >= $first_ms", "placed_at_ms < $last_ms", "strpos(node_paths, $node_path) > 0"]
    parameters["node_path"] = index.paths_text((search.node_path,))
    for number, party_id in enumerate(search.parties):
        party = party_of(party_id)
        parameters[f"party_{number}"] = party.party_id if party else ""
        conditions.append(f"contains(parties, $party_{number})")
    if search.any_party:
        conditions.append("(" + " OR ".join(f"contains(parties, $any_{n})" for n in range(len(search.any_party))) + ")")
        parameters.update({f"any_{number}": party_id for number, party_id in enumerate(search.any_party)})
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
