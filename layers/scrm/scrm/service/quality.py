"""First-response time, unanswered inquiries and reply rate per member and day, from the archive's index (S69).

An *inquiry* begins with a customer's first message after the member's last one, in a talk of two; it is answered by the
member's next message. What a customer says in a group is nobody's inquiry: any member may answer there, and others do.
Sums and counts travel, never averages, so that branches and months are added up (design 11).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from scrm.archive import index
from scrm.archive.message import MessageKind, PartyKind, party_of
from scrm.clock import BUSINESS_ZONE
from scrm.service.working_time import WorkingTime
from scrm.sql import Selection, SqlEngine, SqlValue

# Nobody answers these, and they answer nobody.
SILENT_KINDS: Final = (MessageKind.AGREE, MessageKind.DISAGREE, MessageKind.REVOKE, MessageKind.SWITCH)
# Upper edges of the classes of first-response time in open seconds; the last class has none.
RESPONSE_EDGES_S: Final = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800)

_INQUIRIES: Final = """
WITH told AS (
  SELECT conversation_id, placed_at_ms, seq, sender_kind, parties, node_paths,
         row_number() OVER (PARTITION BY msgid ORDER BY seq) AS times
  FROM messages
  WHERE room_id = '' AND action = 'send' AND NOT contains($silent, kind) AND sender_kind IN ('member', 'customer')
), spoken AS (
  SELECT conversation_id, placed_at_ms, parties, node_paths, sender_kind,
         lag(sender_kind) OVER (PARTITION BY conversation_id ORDER BY placed_at_ms, seq) AS before,
         min(CASE WHEN sender_kind = 'member' THEN placed_at_ms END) OVER (
           PARTITION BY conversation_id ORDER BY placed_at_ms, seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
         ) AS answered_at_ms
  FROM told WHERE times = 1
)
SELECT conversation_id, parties, node_paths, placed_at_ms, answered_at_ms
FROM spoken
WHERE sender_kind = 'customer' AND (before IS NULL OR before <> 'customer')
  AND placed_at_ms >= $first_ms AND placed_at_ms < $last_ms
ORDER BY placed_at_ms, conversation_id
"""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """``answer_within``: open time in which an answer counts for the reply rate. ``horizon``: how many days after the
    inquiry's own an answer is looked for; without one by then the inquiry is unanswered."""

    working_time: WorkingTime = field(default_factory=WorkingTime)
    answer_within: timedelta = timedelta(minutes=30)
    horizon_days: int = 1


@dataclass(frozen=True, slots=True)
class Inquiry:
    member: str
    node_path: str
    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceQuality:
    """One member's inquiries of one day. ``response_seconds`` is the sum over ``answered``, in open time.

    ``responses`` counts the answered by class of `RESPONSE_EDGES_S`, with one class more for what took longer.
    """

    member: str
    node_path: str
    day: date
    inquiries: int
    answered: int
    answered_in_time: int
    response_seconds: int
    responses: tuple[int, ...]

    @property
    def unanswered(self) -> int:
        return self.inquiries - self.answered


def measure(engine: SqlEngine, day: date, bucket: int | None, settings: ServiceSettings) -> list[ServiceQuality]:
    """Every member's inquiries of ``day``, in conversations of one bucket or, with None, in all; by member.

    Reads the day before too: an inquiry that began there goes on today and is no second one.
    """
    return summarise(inquiries_of(engine, day, bucket, settings), day, settings)


def inquiries_of(engine: SqlEngine, day: date, bucket: int | None, settings: ServiceSettings) -> list[Inquiry]:
    """What customers asked on ``day``, oldest first."""
    days = index.days_between(day - timedelta(days=1), day + timedelta(days=settings.horizon_days))
    begins = datetime.combine(day, datetime.min.time(), BUSINESS_ZONE)
    parameters: dict[str, SqlValue] = {
        "silent": [kind.value for kind in SILENT_KINDS],
        "first_ms": _milliseconds(begins),
        "last_ms": _milliseconds(begins + timedelta(days=1)),
    }
    rows = engine.query(_INQUIRIES, [Selection(index.MESSAGES, _partitions(days, bucket))], parameters)
    found = (
        _inquiry(parties, paths, asked, answered)
        for conversation, parties, paths, asked, answered in rows
        if bucket is None or index.bucket_of(conversation) == bucket
    )
    return [inquiry for inquiry in found if inquiry is not None]


def added(parts: Iterable[ServiceQuality]) -> list[ServiceQuality]:
    """Counts of one day from several buckets, by member and by where he stood; in the order of both."""
    sums: dict[tuple[str, str], ServiceQuality] = {}
    for part in parts:
        key = (part.member, part.node_path)
        known = sums.get(key)
        sums[key] = part if known is None else _sum(known, part)
    return [sums[key] for key in sorted(sums)]


def _sum(one: ServiceQuality, other: ServiceQuality) -> ServiceQuality:
    return replace(
        one,
        inquiries=one.inquiries + other.inquiries,
        answered=one.answered + other.answered,
        answered_in_time=one.answered_in_time + other.answered_in_time,
        response_seconds=one.response_seconds + other.response_seconds,
        responses=tuple(map(sum, zip(one.responses, other.responses, strict=True))),
    )


def summarise(inquiries: Iterable[Inquiry], day: date, settings: ServiceSettings) -> list[ServiceQuality]:
    """Inquiries of ``day`` by member and by where he stood; in the order of both."""
    asked: Counter[tuple[str, str]] = Counter()
    waits: dict[tuple[str, str], list[int]] = {}
    for inquiry in inquiries:
        key = (inquiry.member, inquiry.node_path)
        asked[key] += 1
        if inquiry.answered_at is not None:
            wait = settings.working_time.seconds_between(inquiry.asked_at, inquiry.answered_at)
            waits.setdefault(key, []).append(wait)
    return [_quality(key, day, asked[key], waits.get(key, []), settings) for key in sorted(asked)]


def _quality(
    key: tuple[str, str], day: date, asked: int, waits: list[int], settings: ServiceSettings
) -> ServiceQuality:
    limit = settings.answer_within.total_seconds()
    return ServiceQuality(
        member=key[0],
        node_path=key[1],
        day=day,
        inquiries=asked,
        answered=len(waits),
        answered_in_time=sum(wait <= limit for wait in waits),
        response_seconds=sum(waits),
        responses=_classes(waits),
    )


def _classes(waits: Iterable[int]) -> tuple[int, ...]:
    counted = Counter(sum(wait > edge for edge in RESPONSE_EDGES_S) for wait in waits)
    return tuple(counted[number] for number in range(len(RESPONSE_EDGES_S) + 1))


def _partitions(days: list[date], bucket: int | None) -> tuple[str, ...]:
    if bucket is None:
        return tuple(index.day_partition(day) for day in days)
    return tuple(place for day in days for place in (index.part_partition(day), index.bucket_partition(day, bucket)))


def _inquiry(parties: list[str], node_paths: str, asked_ms: int, answered_ms: int | None) -> Inquiry | None:
    """None where there is not exactly one member to answer."""
    members = [party for party in map(party_of, parties) if party and party.kind is PartyKind.MEMBER]
    if len(members) != 1:
        return None
    return Inquiry(
        member=members[0].party_id,
        node_path=node_paths.strip(),
        asked_at=_moment(asked_ms),
        answered_at=None if answered_ms is None else _moment(answered_ms),
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
