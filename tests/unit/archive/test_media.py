"""Files come piece by piece, survive any interruption, and are what the message says or are told apart."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive import media as fetching
from scrm.archive.bodies import Media
from scrm.archive.errors import FailureKind, SourceFailure
from scrm.archive.media import Checksums, MediaBusyError, MediaFetching, MediaFile, MediaPlace, MediaState
from scrm.archive.ports import MediaChunk

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
PLACE = MediaPlace(1000, 3, 0)
CHUNK = 100


class Source:
    """Gives ``content`` in chunks, as WeCom does: the index is the range that comes next."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.failures: list[SourceFailure] = []
        self.asked: list[str] = []

    def get_chat_data(self, seq: int, limit: int) -> bytes:
        raise NotImplementedError

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        raise NotImplementedError

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        assert sdk_file_id == "SDKF"
        self.asked.append(index)
        if self.failures:
            raise self.failures.pop(0)
        start = int(index or 0)
        end = start + CHUNK
        return MediaChunk(self.content[start:end], str(end), finished=end >= len(self.content))


class Bucket:
    """A multipart upload that forgets itself once it is complete."""

    def __init__(self) -> None:
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.objects: dict[str, bytes] = {}
        self.largest = 0

    def begin(self, key: str) -> str:
        upload_id = f"u{len(self.uploads)}"
        self.uploads[upload_id] = {}
        return upload_id

    def put_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        self.uploads[upload_id][number] = content
        self.largest = max(self.largest, len(content))
        return f"{number}:{hashlib.sha256(content).hexdigest()}"

    def complete(self, key: str, upload_id: str, parts: tuple[str, ...]) -> str:
        stored = self.uploads.pop(upload_id, None)
        if stored is not None:
            self.objects[key] = b"".join(stored[number] for number in sorted(stored) if number <= len(parts))
        return "v1"

    def checksums(self, key: str, version_id: str) -> Checksums:
        return Checksums(md5(self.objects[key]), hashlib.sha256(self.objects[key]).hexdigest())


class Store:
    def __init__(self) -> None:
        self.files: dict[MediaPlace, MediaFile] = {}

    def media(self, place: MediaPlace) -> MediaFile | None:
        return self.files.get(place)

    def save(self, file: MediaFile) -> bool:
        known = self.files.get(file.place)
        if (known.version if known else 0) != file.version:
            return False
        self.files[file.place] = MediaFile(
            **{name: getattr(file, name) for name in MediaFile.__slots__} | {"version": file.version + 1}
        )
        return True


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class At:
    def __init__(self, content: bytes) -> None:
        self.source, self.bucket, self.store = Source(content), Bucket(), Store()
        self.now = NOW
        self.pauses: list[float] = []
        self.fetching = MediaFetching(self.source, self.bucket, self.store, lambda: self.now, self.pauses.append)
        self.media = Media(0, "file", "SDKF", md5(content), len(content))

    def fetch(self, has_time: Callable[[], bool] = lambda: True) -> MediaFile:
        return self.fetching.fetch(PLACE, "m1", self.media, NOW, has_time)

    @property
    def stored(self) -> bytes:
        return self.bucket.objects[fetching.media_key("m1", 0)]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PART_BYTES", 3 * CHUNK)


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 10 * CHUNK + 7])
def test_a_file_of_any_size_is_stored_whole(size: int) -> None:
    at = At(bytes(range(256)) * (size // 256 + 1))
    at = At(at.source.content[:size])

    file = at.fetch()

    assert (file.state, file.bytes, file.md5, file.version_id) == (MediaState.STORED, size, at.media.md5, "v1")
    assert at.stored == at.source.content
    assert at.bucket.largest <= 3 * CHUNK


def test_a_run_that_ends_in_the_middle_is_gone_on_with_where_it_was() -> None:
    at = At(b"x" * 1_050)
    turns = iter([True] * 7 + [False])

    assert at.fetch(lambda: next(turns)).state is MediaState.FETCHING
    asked = len(at.source.asked)
    file = at.fetch()

    assert file.state is MediaState.STORED
    assert at.source.asked[asked] == "600"  # two parts of three chunks are safe, the seventh is asked again
    assert at.stored == at.source.content


def test_a_file_that_is_there_is_not_fetched_again() -> None:
    at = At(b"x" * 250)
    at.fetch()
    asked = len(at.source.asked)

    assert at.fetch().state is MediaState.STORED
    assert len(at.source.asked) == asked


@pytest.mark.parametrize(
    "stated", [Media(0, "file", "SDKF", "0" * 32, 250), Media(0, "file", "SDKF", md5(b"x" * 250), 9)]
)
def test_what_is_not_what_the_message_says_is_kept_and_told_apart(stated: Media) -> None:
    at = At(b"x" * 250)
    at.media = stated

    assert at.fetch().state is MediaState.MISMATCHED
    assert at.stored == b"x" * 250


def test_a_recorded_call_has_no_checksum_to_compare() -> None:
    at = At(b"x" * 250)
    at.media = Media(0, "meeting_voice_call", "SDKF")

    assert at.fetch().state is MediaState.STORED


def test_a_failed_chunk_is_asked_again_unchanged() -> None:
    at = At(b"x" * 250)
    at.source.failures = [SourceFailure(10001, FailureKind.RETRY), SourceFailure(10003, FailureKind.RETRY)]

    assert at.fetch().state is MediaState.STORED
    assert at.source.asked[:3] == ["", "", ""]
    assert len(at.pauses) == 2


def test_a_chunk_is_asked_again_at_once_with_a_new_token() -> None:
    at = At(b"x" * 250)
    at.source.failures = [SourceFailure(42001, FailureKind.STALE_TOKEN)]

    assert at.fetch().state is MediaState.STORED
    assert sum(at.pauses) == 0


def test_a_source_that_stays_away_loses_nothing() -> None:
    at = At(b"x" * 250)
    at.source.failures = [SourceFailure(10001, FailureKind.RETRY)] * 3

    with pytest.raises(SourceFailure):
        at.fetch()

    assert at.fetch().state is MediaState.STORED


def test_a_file_that_wecom_does_not_know_yet_is_asked_for_until_its_time_is_over() -> None:
    at = At(b"x" * 250)
    at.source.failures = [SourceFailure(10005, FailureKind.FIX)]

    assert at.fetch().state is MediaState.FETCHING
    assert at.fetch().state is MediaState.STORED


@pytest.mark.parametrize(("known", "state"), [(True, MediaState.LOST), (False, MediaState.REFUSED)])
def test_after_five_days_a_file_is_lost_and_says_why(known: bool, state: MediaState) -> None:  # noqa: FBT001
    at = At(b"x" * 250)
    at.source.failures = [] if known else [SourceFailure(10005, FailureKind.FIX)]
    at.fetch(lambda: not known)
    at.now = NOW + timedelta(days=5, seconds=1)

    assert at.fetch().state is state
    assert at.fetch().state is state


def test_of_two_runs_at_once_one_gives_way() -> None:
    at = At(b"x" * 250)
    begin = at.bucket.begin

    def other_is_faster(key: str) -> str:
        at.bucket.begin = begin  # type: ignore[method-assign]
        at.fetch(lambda: False)
        return begin(key)

    at.bucket.begin = other_is_faster  # type: ignore[method-assign]

    with pytest.raises(MediaBusyError):
        at.fetch()
    assert at.fetch().state is MediaState.STORED


@given(size=st.integers(1, 1_200), ends=st.lists(st.integers(0, 12), max_size=4), crash_at=st.integers(0, 12))
def test_whatever_interrupts_it_the_file_is_whole_in_the_end(size: int, ends: list[int], crash_at: int) -> None:
    class CrashError(Exception):
        pass

    at = At(bytes(number % 251 for number in range(size)))
    saves = 0
    save = at.store.save

    def crash(file: MediaFile) -> bool:
        nonlocal saves
        saves += 1
        done = save(file)
        if saves == crash_at:
            raise CrashError
        return done

    at.store.save = crash  # type: ignore[method-assign]
    for turns in [*ends, 10_000, 10_000]:
        left = iter([True] * turns)
        try:
            at.fetch(lambda left=left: next(left, False))  # type: ignore[misc]
        except CrashError:
            continue

    file = at.store.files[PLACE]
    assert file.state is MediaState.STORED
    assert at.stored == at.source.content


def test_the_secret_is_in_no_key_and_no_text() -> None:
    at = At(b"x" * 250)

    file = at.fetch()

    assert "SDKF" not in repr(file)
    assert "SDKF" not in repr(at.media)
