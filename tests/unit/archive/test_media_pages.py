"""Files of a page: every one is noted before the first is fetched, each comes once, one bad one holds up no other."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from scrm.archive import media as fetching
from scrm.archive.errors import FailureKind, SourceFailure
from scrm.archive.media import MediaFetching, MediaFile, MediaPlace, MediaState, media_key
from scrm.archive.media_pages import MediaCare, OpenFile, PageFetched, PageMedia, SegmentMissingError
from scrm.archive.ports import MediaChunk
from scrm.archive.stores import WaitingSegment
from tests.fakes.archive import BEGINNING, MemoryArchive, SpeakingCorp, row
from tests.unit.archive.test_media import Bucket, Store, md5

CHUNK = 100


class Files(Store):
    """Implements `PageMediaStore` too."""

    def __init__(self) -> None:
        super().__init__()
        self.looked: dict[tuple[int, int | None], int] = {}
        self.waiting: dict[tuple[int, int | None], WaitingSegment] = {}

    def files_of(self, asked_from: int) -> Mapping[MediaPlace, MediaFile]:
        return {place: file for place, file in self.files.items() if place.asked_from == asked_from}

    def looked_through(self, asked_from: int, reopened_from: int | None, files: int) -> None:
        self.looked[asked_from, reopened_from] = files

    def unread(self) -> Iterator[WaitingSegment]:
        return (each for place, each in self.waiting.items() if place not in self.looked)

    def open_files(self) -> Iterator[OpenFile]:
        for file in self.files.values():
            if not file.is_ended:
                noted_at = file.noted_at or file.sent_at
                yield OpenFile(file.place, file.reopened_from, file.sent_at, noted_at, file.failure_code)


class Corp(SpeakingCorp):
    """Gives files by their id; one in ``refused`` fails."""

    contents: dict[str, bytes]
    refused: dict[str, SourceFailure]
    pulled: list[str]

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        self.pulled.append(sdk_file_id)
        if sdk_file_id in self.refused:
            raise self.refused[sdk_file_id]
        content, start = self.contents[sdk_file_id], int(index or 0)
        end = start + CHUNK
        return MediaChunk(content[start:end], str(end), finished=end >= len(content))


def named(msgid: str, content: bytes, sent_at: datetime = BEGINNING) -> bytes:
    body = {"sdkfileid": f"secret-{msgid}", "md5sum": md5(content), "filesize": len(content), "filename": "a.pdf"}
    message: dict[str, Any] = {"msgid": msgid, "action": "send", "from": "rm_li", "tolist": ["wm1"]}
    message |= {"msgtype": "file", "msgtime": int(sent_at.timestamp() * 1000), "file": body}
    return json.dumps(message).encode()


class At:
    """An archive of ``files`` messages with a file each, pulled and opened."""

    def __init__(self, files: int = 4, version: int = 1) -> None:
        self.corp = Corp()
        self.corp.contents = {f"secret-m{seq}": b"%d" % seq * 250 for seq in range(1, files + 1)}
        self.corp.refused, self.corp.pulled = {}, []
        self.corp.rows = [
            row(seq, named(f"m{seq}", self.corp.contents[f"secret-m{seq}"]), version=version, msgid=f"m{seq}")
            for seq in range(1, files + 1)
        ]
        self.archive, self.bucket, self.store = MemoryArchive(self.corp), Bucket(), Files()
        self.archive.intake().run("run", lambda: True)
        self.archive.open_all()
        self.store.waiting = self.archive.store.waiting

    def now(self) -> datetime:
        return self.archive.moment

    def fetch(self, reopened_from: int | None = None, has_time: Callable[[], bool] = lambda: True) -> PageFetched:
        files = MediaFetching(self.corp, self.bucket, self.store, self.now, lambda _: None)
        return PageMedia(self.archive.objects, self.store, files, self.now).fetch(0, reopened_from, has_time)

    def care(self) -> MediaCare:
        return MediaCare(self.store, self.archive.told, self.now)

    def states(self) -> list[MediaState]:
        return [self.store.files[place].state for place in sorted(self.store.files, key=lambda each: each.line)]


def turns(count: int) -> Callable[[], bool]:
    left = iter([True] * count)
    return lambda: next(left, False)


def test_opening_a_page_tells_those_who_read_it() -> None:
    assert At().archive.told.segments == [(0, None)]


def test_every_file_of_a_page_is_stored_under_its_messages_id_with_its_checksum() -> None:
    at = At()

    done = at.fetch()

    assert (done.named, done.ended, done.out_of_time, done.failure) == (4, {MediaState.STORED: 4}, False, None)
    assert at.bucket.objects[media_key("m2", 0)] == at.corp.contents["secret-m2"]
    found = at.store.files[MediaPlace(0, 1, 0)]
    assert found.sha256 == hashlib.sha256(at.corp.contents["secret-m2"]).hexdigest()
    assert found.ended_at == at.archive.moment
    assert at.store.looked == {(0, None): 4}


def test_a_repeat_fetches_nothing_again() -> None:
    at = At()
    at.fetch()
    pulled = len(at.corp.pulled)

    assert at.fetch().ended == {}
    assert len(at.corp.pulled) == pulled


def test_when_time_ends_all_files_are_noted_and_the_next_run_goes_on() -> None:
    at = At()

    first = at.fetch(has_time=turns(3))

    assert (first.out_of_time, len(at.store.files)) == (True, 4)
    assert at.fetch().out_of_time is False
    assert at.states() == [MediaState.STORED] * 4


def test_one_file_that_does_not_come_holds_up_no_other() -> None:
    at = At()
    at.corp.refused = {
        "secret-m1": SourceFailure(10005, FailureKind.FIX),
        "secret-m2": SourceFailure(10003, FailureKind.RETRY),
    }

    done = at.fetch()

    assert at.states() == [MediaState.FETCHING, MediaState.FETCHING, MediaState.STORED, MediaState.STORED]
    assert str(done.failure) == "retry, code 10003"
    assert at.care().status().refusals == {10005: 1}


@pytest.mark.parametrize("kind", [FailureKind.NOT_ALLOWED, FailureKind.SLOW_DOWN])
def test_what_holds_for_all_files_ends_the_run(kind: FailureKind) -> None:
    at = At()
    at.corp.refused = {"secret-m1": SourceFailure(1, kind)}

    at.fetch()

    assert at.states() == [MediaState.FETCHING] * 4


def test_a_source_that_is_away_is_left_alone_after_three_files() -> None:
    at = At()
    at.corp.refused = {name: SourceFailure(10001, FailureKind.RETRY) for name in at.corp.contents}

    at.fetch()

    assert set(at.corp.pulled) == {"secret-m1", "secret-m2", "secret-m3"}


def test_files_of_rows_that_were_opened_later_come_too() -> None:
    at = At(version=2)
    assert at.fetch().named == 0
    at.archive.keys.versions.add(2)
    at.archive.parked_rows().request(every=False)
    [page] = at.archive.told.parked
    at.archive.parked_rows().reopen(page.asked_from, page.key_version, page.reason)

    assert at.archive.told.segments[-1] == (0, 1)
    assert at.fetch(reopened_from=1).ended == {MediaState.STORED: 4}
    assert {file.reopened_from for file in at.store.files.values()} == {1}


def test_files_that_wait_are_asked_for_again_after_an_hour_and_the_oldest_is_told() -> None:
    at = At()
    at.corp.refused = {"secret-m3": SourceFailure(10003, FailureKind.RETRY)}
    at.fetch()
    at.archive.told.segments.clear()
    assert at.care().sweep() == 0

    at.archive.pass_time(3_600)

    assert (at.care().sweep(), at.archive.told.segments) == (1, [(0, None)])
    status = at.care().status()
    assert (status.open_files, status.oldest_sent_at) == (1, BEGINNING)
    assert status.first_lost_at == BEGINNING + timedelta(days=5)


def test_a_page_whose_message_is_lost_is_looked_through_all_the_same() -> None:
    at = At()
    at.archive.told.segments.clear()  # five times it could not be read, and nobody is told again
    assert (at.care().sweep(), at.care().is_idle()) == (0, False)

    at.archive.pass_time(3_600)

    assert (at.care().sweep(), at.archive.told.segments) == (1, [(0, None)])
    assert at.fetch().ended == {MediaState.STORED: 4}
    assert (at.care().sweep(), at.care().is_idle()) == (0, True)


def test_a_file_that_is_older_than_wecom_keeps_it_is_asked_for_before_it_is_given_up() -> None:
    at = At()
    at.archive.pass_time(timedelta(days=9).total_seconds())

    assert at.fetch().ended == {MediaState.STORED: 4}


@pytest.mark.parametrize("stated", [0, 10**18])
def test_a_message_without_a_time_or_with_one_ahead_of_ours_is_of_now(stated: int) -> None:
    at = At(files=0)
    plain = json.loads(named("m1", b"x"))
    at.corp.contents = {"secret-m1": b"x"}
    at.corp.rows = [row(1, json.dumps(plain | {"msgtime": stated}).encode(), msgid="m1")]
    at.archive.intake().run("run", lambda: True)
    at.archive.open_all()

    at.fetch()

    [file] = at.store.files.values()
    assert file.sent_at == at.archive.moment


def test_rows_that_are_not_there_are_named() -> None:
    at = At()
    at.archive.objects.objects.clear()

    with pytest.raises(SegmentMissingError, match="segments/"):
        at.fetch()


@pytest.mark.parametrize("step", range(24))
def test_a_death_at_any_call_loses_no_file(step: int) -> None:
    class KilledError(Exception):
        pass

    at, calls = At(files=2), 0

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == step // 2 + 1 and not step % 2:
                raise KilledError
            answer = call(*given, **named)
            if calls == step // 2 + 1 and step % 2:
                raise KilledError
            return answer

        return asked

    for port, names in (
        (at.store, ("save", "files_of", "looked_through")),
        (at.bucket, ("begin", "put_part", "complete")),
    ):
        for name in names:
            setattr(port, name, around(getattr(port, name)))
    for _ in range(3):
        try:
            at.fetch()
        except KilledError:
            continue

    assert at.states() == [MediaState.STORED] * 2
    assert {*at.bucket.objects.values()} == {*at.corp.contents.values()}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PART_BYTES", 3 * CHUNK)


def test_no_text_of_ours_holds_the_secret() -> None:
    at = At()
    at.fetch()

    assert "secret" not in repr(at.store.files)
