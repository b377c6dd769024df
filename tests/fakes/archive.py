"""An archive in memory: a corp that has spoken, a bucket, a table, and faults at any call of them."""

import base64
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import padding, rsa

from scrm.archive.certificate import Counts, MediaCounts
from scrm.archive.certified_days import CertifiedDay, SeatCounts
from scrm.archive.errors import FailureKind, KeyMissing, SourceFailure, UndecryptableMessage
from scrm.archive.intake import Intake
from scrm.archive.manifest import Manifest, checksum, from_bytes
from scrm.archive.media_pages import OpenFile
from scrm.archive.opening import RowOpener
from scrm.archive.page_opening import PageOpening, ParkedRows
from scrm.archive.places import manifest_key
from scrm.archive.ports import MediaChunk
from scrm.archive.segment import Line, RowState, read_lines
from scrm.archive.stores import (
    Cursor,
    Lease,
    ObjectDigest,
    OpenPage,
    ParkedPage,
    ParkReason,
    ReopenedRows,
    SegmentPointer,
    StoredObject,
    WaitingSegment,
)
from scrm.archive.sweep import IntakeCare
from scrm.paging import Page

BEGINNING = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
CORP = "wwSIMCORP0000001"
_TOO_BIG = 301058


@functools.cache
def private_key(version: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def sealed_key(version: int) -> str:
    """The random key of every row of a version; sealing costs more than anything else here."""
    return base64.b64encode(
        private_key(version).public_key().encrypt(b"random-%d" % version, padding.PKCS1v15())
    ).decode()


def text(msgid: str, sent_at: datetime = BEGINNING, content: str = "您好") -> bytes:
    message = {
        "msgid": msgid,
        "action": "send",
        "from": "rm_li",
        "tolist": ["wmA1"],
        "roomid": "",
        "msgtime": int(sent_at.timestamp() * 1000),
        "msgtype": "text",
        "text": {"content": content},
    }
    return json.dumps(message, ensure_ascii=False).encode()


def row(seq: int, plain: bytes | None = None, *, version: int = 1, msgid: str = "") -> dict[str, Any]:
    msgid = msgid or f"m{seq}_external"
    plain = text(msgid) if plain is None else plain
    return {
        "seq": seq,
        "msgid": msgid,
        "publickey_ver": version,
        "encrypt_random_key": sealed_key(version),
        "encrypt_chat_msg": base64.b64encode(b"random-%d|" % version + plain).decode(),
    }


def reply(rows: Sequence[Any]) -> bytes:
    return json.dumps({"errcode": 0, "errmsg": "ok", "chatdata": list(rows)}).encode()


@dataclass
class SpeakingCorp:
    """Implements `ChatSource`. ``answers`` are given first, in their order: bytes as a reply, failures raised.
    Pages of more than ``most_bytes``, or with a row that is ``withheld``, are too big."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    answers: list[bytes | SourceFailure] = field(default_factory=list)
    most_bytes: int = 2**40
    withheld: set[int] = field(default_factory=set)
    asked: list[tuple[int, int]] = field(default_factory=list)
    crashes_on: str = ""

    def get_chat_data(self, seq: int, limit: int) -> bytes:
        self.asked.append((seq, limit))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, SourceFailure):
                raise answer
            return answer
        given = [each for each in self.rows if each["seq"] > seq][:limit]
        body = reply(given)
        if len(body) > self.most_bytes or any(each["seq"] in self.withheld for each in given):
            return json.dumps({"errcode": _TOO_BIG, "errmsg": "too big"}).encode()
        return body

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        if self.crashes_on and encrypted == self.crashes_on:
            raise SourceFailure(0, FailureKind.CRASHED)
        plain = base64.b64decode(encrypted)
        if not plain.startswith(random_key + b"|"):
            raise UndecryptableMessage(10008)
        return plain[len(random_key) + 1 :]

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        raise NotImplementedError


@dataclass
class Keys:
    """Implements `PrivateKeys`; ``uses`` gives another version's key where somebody stored a wrong one."""

    versions: set[int] = field(default_factory=lambda: {1})
    uses: dict[int, int] = field(default_factory=dict)

    def decrypt(self, key_version: int, encrypted: bytes) -> bytes:
        if key_version not in self.versions:
            raise KeyMissing(key_version)
        try:
            return private_key(self.uses.get(key_version, key_version)).decrypt(encrypted, padding.PKCS1v15())
        except ValueError:
            raise UndecryptableMessage(10006) from None


@dataclass
class MemoryObjects:
    """Implements `ArchiveObjects`."""

    objects: dict[str, StoredObject] = field(default_factory=dict)
    puts: int = 0

    def put_once(self, key: str, body: bytes, content_type: str) -> str | None:
        self.puts += 1
        if key in self.objects:
            return None
        self.objects[key] = StoredObject(body, f"v{self.puts}")
        return self.objects[key].version_id

    def read(self, key: str) -> StoredObject | None:
        return self.objects.get(key)

    def digest(self, key: str) -> ObjectDigest | None:
        stored = self.objects.get(key)
        return None if stored is None else ObjectDigest(checksum(stored.body), stored.version_id)


@dataclass
class MemoryStore:
    """Implements `IntakeStore` and `SegmentStore`."""

    held: Lease | None = None
    at: Cursor = field(default_factory=Cursor)
    pages: dict[int, OpenPage] = field(default_factory=dict)
    segments: list[SegmentPointer] = field(default_factory=list)
    parked: dict[tuple[int, int, ParkReason], ParkedPage] = field(default_factory=dict)
    reopened: list[ReopenedRows] = field(default_factory=list)
    newest: datetime | None = None
    waiting: dict[tuple[int, int | None], WaitingSegment] = field(default_factory=dict)

    def take_lease(self, holder: str, now: datetime, until: datetime) -> int | None:
        if self.held and self.held.held_until > now:
            return None
        self.held = Lease(holder, self.held.epoch + 1 if self.held else 1, until)
        return self.held.epoch

    def release_lease(self, epoch: int, now: datetime) -> None:
        if self.held and self.held.epoch == epoch:
            self.held = Lease(self.held.holder, epoch, now)

    def lease(self) -> Lease | None:
        return self.held

    def cursor(self) -> Cursor:
        return self.at

    def advance(self, before: Cursor, after: Cursor, page: OpenPage, epoch: int, until: datetime) -> bool:
        if self.at != before or self.held is None or self.held.epoch != epoch:
            return False
        self.at, self.pages[page.asked_from] = after, page
        self.held = Lease(self.held.holder, epoch, until)
        return True

    def open_pages(self) -> Iterator[OpenPage]:
        return iter([self.pages[number] for number in sorted(self.pages)])

    def newest_message_at(self) -> datetime | None:
        return self.newest

    def open_page(self, asked_from: int) -> OpenPage | None:
        return self.pages.get(asked_from)

    def settle(self, page: OpenPage, segment: SegmentPointer, parked: Sequence[ParkedPage]) -> None:
        if self.pages.pop(page.asked_from, None) is None:
            return
        self.segments.append(segment)
        self.waiting[page.asked_from, None] = WaitingSegment(page.asked_from, page.pulled_at)
        for part in parked:
            self.parked[part.asked_from, part.key_version, part.reason] = part

    def message_seen(self, sent_at: datetime) -> None:
        self.newest = max(sent_at, self.newest or sent_at)

    def parked_pages(self) -> Iterator[ParkedPage]:
        return iter(list(self.parked.values()))

    def parked_page(self, asked_from: int, key_version: int, reason: ParkReason) -> ParkedPage | None:
        return self.parked.get((asked_from, key_version, reason))

    def unpark(self, page: ParkedPage, left: Sequence[int], reopened: ReopenedRows) -> None:
        place = page.asked_from, page.key_version, page.reason
        if self.parked.get(place) != page:
            return
        del self.parked[place]
        self.reopened.append(reopened)
        first = reopened.first_seq
        self.waiting[page.asked_from, first] = WaitingSegment(page.asked_from, page.pulled_at, first)
        if left:
            self.parked[place] = ParkedPage(
                page.asked_from, page.key_version, page.reason, tuple(left), page.key, page.sha256, page.pulled_at
            )


@dataclass
class Told:
    """Implements `PageQueue` and `SegmentNews`."""

    stored: list[int] = field(default_factory=list)
    parked: list[ParkedPage] = field(default_factory=list)
    segments: list[tuple[int, int | None]] = field(default_factory=list)

    def segment_stored(self, asked_from: int, reopened_from: int | None = None) -> None:
        self.segments.append((asked_from, reopened_from))

    def pages_stored(self, asked_from: Sequence[int]) -> None:
        self.stored += asked_from

    def pages_parked(self, pages: Sequence[ParkedPage]) -> None:
        self.parked += pages


@dataclass
class AskedOf:
    """Implements `scrm.archive.sweep.IntakeRequests`."""

    asked: list[str]

    def request_sweep(self) -> None:
        self.asked.append("sweep")

    def request_reopening(self) -> None:
        self.asked.append("reopening")


@dataclass
class FakeOpenFiles:
    """Implements `scrm.archive.media_pages.OpenFiles`."""

    files: list[OpenFile] = field(default_factory=list)

    def open_files(self) -> Iterator[OpenFile]:
        return iter(self.files)


@dataclass
class FakeCertifiedDays:
    """Implements `scrm.archive.certified_days.CertifiedDayQueries`; pages of any size, oldest day first in ``days``."""

    days: list[CertifiedDay] = field(default_factory=list)

    def page(self, cursor: str | None, limit: int) -> Page[CertifiedDay]:
        start = int(cursor or 0)
        latest_first = self.days[::-1]
        more = start + limit < len(latest_first)
        return Page(tuple(latest_first[start : start + limit]), str(start + limit) if more else None)

    def day(self, day: date) -> CertifiedDay | None:
        return next((each for each in self.days if each.day == day), None)


def certified_day(day: date) -> CertifiedDay:
    return CertifiedDay(
        day=day,
        made_at=datetime(day.year, day.month, day.day, 16, 10, tzinfo=UTC),
        root="ab" * 32,
        previous_root="cd" * 32,
        signature=b"signed",
        counts=Counts(pages=2, rows=1_500, opened=1_490, parked=8, raw=2, jumps=1),
        parked={"2": 8},
        objects=6,
        media=MediaCounts(pages_unread=0, named=12, stored=9, mismatched=0, lost=1, refused=0, open=2),
        seats=SeatCounts(3, 2, 1),
    )


@dataclass
class Budget:
    """Implements `PullBudget`; ``closed_until`` is what it answers until the clock is there."""

    now: Callable[[], datetime]
    closed_until: datetime = BEGINNING
    used: int = 0

    def not_before(self) -> datetime | None:
        if self.closed_until > self.now():
            return self.closed_until
        self.used += 1
        return None

    def answered(self) -> None: ...

    def refused(self) -> datetime:
        self.closed_until = self.now() + timedelta(minutes=1)
        return self.closed_until


class MemoryArchive:
    """All of it, joined. ``around`` sees every call of a port and may do what it likes before and after."""

    def __init__(self, corp: SpeakingCorp | None = None) -> None:
        self.corp = corp or SpeakingCorp()
        self.keys, self.objects, self.store, self.told = Keys(), MemoryObjects(), MemoryStore(), Told()
        self.moment = BEGINNING
        self.budget = Budget(lambda: self.moment)
        self.around: Callable[[Callable[[], Any]], Any] = lambda call: call()

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def intake(self, limit: int = 1_000) -> Intake:
        far = self._far
        return Intake(
            far(self.corp),
            far(self.objects),
            far(self.store),
            far(self.told),
            self.budget,
            CORP,
            self.now,
            self.pass_time,
            limit,
        )

    def opening(self) -> PageOpening:
        opener = RowOpener(self.keys, self.corp)
        return PageOpening(opener, self._far(self.objects), self._far(self.store), self._far(self.told), self.now)

    def parked_rows(self) -> ParkedRows:
        opener = RowOpener(self.keys, self.corp)
        return ParkedRows(opener, self._far(self.objects), self._far(self.store), self.told, self.told, self.now)

    def care(self) -> IntakeCare:
        return IntakeCare(self.store, self.store, self.told, self.now)

    def open_all(self) -> None:
        for page in self.store.open_pages():
            self.opening().open(page.asked_from)

    def lines(self) -> list[Line]:
        """Rows of all segments, in order, and of what was reopened."""
        keys = sorted(key for key in self.objects.objects if key.startswith(("segments/", "reopened/")))
        return [line for key in keys for line in read_lines(self.objects.objects[key].body)]

    def chain(self) -> list[Manifest]:
        numbers = range(1, self.store.at.manifest_number + 1)
        return [from_bytes(self.objects.objects[manifest_key(number)].body) for number in numbers]

    def _far[Port](self, port: Port) -> Port:
        return cast("Port", _Far(port, self._at_call))

    def _at_call(self, call: Callable[[], Any]) -> Any:
        return self.around(call)


class _Far:
    def __init__(self, port: Any, around: Callable[[Callable[[], Any]], Any]) -> None:
        self._port = port
        self._around = around

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda *given, **named: self._around(lambda: method(*given, **named))


def always() -> bool:
    return True


def archive_of(*seqs: int) -> MemoryArchive:
    return MemoryArchive(SpeakingCorp([row(seq) for seq in seqs]))


def assert_whole(archive: MemoryArchive) -> None:
    """Every row of the corp is there once, and each page was asked from the highest seq of the one before."""
    archive.open_all()
    fresh = [line.seq for line in archive.lines() if not line.repeated and line.state is not RowState.PARKED]
    assert sorted(seq for seq in fresh if seq is not None) == sorted({each["seq"] for each in archive.corp.rows})
    before, last = "", 0
    for number, manifest in enumerate(archive.chain(), 1):
        assert (manifest.number, manifest.previous_sha256, manifest.page.asked_from) == (number, before, last)
        assert manifest.page.sha256 == checksum(archive.objects.objects[manifest.page.key].body)
        before, last = checksum(archive.objects.objects[manifest_key(number)].body), manifest.page.last_seq
    assert (archive.store.at.seq, archive.store.at.manifest_sha256) == (last, before)
    assert not archive.store.pages
