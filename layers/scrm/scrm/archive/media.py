"""Files of messages: fetched piece by piece into the bucket, checked, and never twice (S69).

A file's id is a bearer secret with a key inside. It stays in the segment: a message that asks for a file names the
page, the line and the number of the file in it. A run that ends in the middle leaves where it was for the next one.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from scrm.archive.bodies import Media
from scrm.archive.errors import FailureKind, SourceFailure
from scrm.archive.ports import ChatSource, MediaChunk
from scrm.ids import derive

KEPT_BY_WECOM: Final = timedelta(days=5)
"""From the message on; then WeCom has the file no more."""
PART_BYTES: Final = 8 * 1024 * 1024
_TRIES: Final = 3
_AGAIN: Final = frozenset({FailureKind.RETRY, FailureKind.STALE_TOKEN, FailureKind.CRASHED})


class MediaState(StrEnum):
    """``fetching`` is the only state that is not the end: ``stored``; ``mismatched``: stored, but not what the message
    says; ``lost``: WeCom has it no more; ``refused``: WeCom did not know it as long as it could be asked."""

    FETCHING = "fetching"
    STORED = "stored"
    MISMATCHED = "mismatched"
    LOST = "lost"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class MediaPlace:
    """Which file: its page, by the number that was asked from, its line in the segment, its number in the message."""

    asked_from: int
    line: int
    part: int


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file on its way. ``index`` is where WeCom goes on, ``parts`` are the etags of what was uploaded, which
    ``is_whole`` once all came. ``failure_code`` is WeCom's last refusal: a file may come later than its message.

    ``md5``, ``sha256`` and ``bytes`` are what was stored; empty and 0 while it is fetched. ``reopened_from``: the first
    of the reopened rows among which its message is, None for one in the segment. ``noted_at`` is when it was seen
    first, ``ended_at`` when it came to its end. ``version`` counts writes.
    """

    place: MediaPlace
    key: str
    sent_at: datetime
    state: MediaState = MediaState.FETCHING
    index: str = ""
    upload_id: str = ""
    parts: tuple[str, ...] = ()
    is_whole: bool = False
    failure_code: int = 0
    bytes: int = 0
    md5: str = ""
    sha256: str = ""
    version_id: str = ""
    reopened_from: int | None = None
    noted_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0

    @property
    def is_ended(self) -> bool:
        return self.state is not MediaState.FETCHING

    @property
    def lost_after(self) -> datetime:
        return self.sent_at + KEPT_BY_WECOM


@dataclass(frozen=True, slots=True)
class Checksums:
    """Of a whole file, in hex."""

    md5: str
    sha256: str


class MediaUpload(Protocol):
    """A multipart upload into the archive's bucket."""

    def begin(self, key: str) -> str: ...

    def put_part(self, key: str, upload_id: str, number: int, content: bytes) -> str: ...

    def complete(self, key: str, upload_id: str, parts: tuple[str, ...]) -> str:
        """The version that was written, also when it was completed before."""
        ...

    def checksums(self, key: str, version_id: str) -> Checksums:
        """Of what lies there, read piece by piece."""
        ...


class MediaStore(Protocol):
    def media(self, place: MediaPlace) -> MediaFile | None: ...

    def save(self, file: MediaFile) -> bool:
        """Over the version that was read, 0 where there was none; False when somebody was faster."""
        ...


@dataclass(slots=True)
class _Piece:
    """What came and is not uploaded yet, and the checksums of all that came in this run."""

    buffer: bytearray = field(default_factory=bytearray)
    md5: "hashlib._Hash" = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, data: bytes) -> None:
        self.buffer += data
        self.md5.update(data)
        self.sha256.update(data)

    def checksums(self) -> Checksums:
        return Checksums(self.md5.hexdigest(), self.sha256.hexdigest())


@dataclass(frozen=True, slots=True)
class MediaFetching:
    """Use case of the media worker. ``has_time`` is asked between pieces."""

    source: ChatSource
    upload: MediaUpload
    store: MediaStore
    now: Callable[[], datetime]
    pause: Callable[[float], None]

    def fetch(
        self, place: MediaPlace, msgid: str, media: Media, sent_at: datetime, has_time: Callable[[], bool]
    ) -> MediaFile:
        """The file as it is now; ``fetching`` when time ended before.

        Raises:
            SourceFailure: WeCom cannot be asked now; what came is kept.
        """
        file = self.store.media(place) or MediaFile(place, media_key(msgid, media.part), sent_at)
        if file.state is not MediaState.FETCHING:
            return file
        if file.is_whole:
            return self._finished(file, media, None)
        if self.now() > file.lost_after:
            return self._ended(replace(file, state=MediaState.REFUSED if file.failure_code else MediaState.LOST))
        if not file.upload_id:
            file = self._saved(replace(file, upload_id=self.upload.begin(file.key)))
        return self._pull(file, media, has_time)

    def _pull(self, file: MediaFile, media: Media, has_time: Callable[[], bool]) -> MediaFile:
        piece, is_first_run, index = _Piece(), not file.parts, file.index
        while has_time():
            try:
                chunk = self._chunk(media.sdk_file_id, index)
            except SourceFailure as failure:
                if failure.kind is FailureKind.FIX:
                    return self._saved(replace(file, failure_code=failure.code))
                raise
            piece.add(chunk.data)
            index = chunk.next_index
            if chunk.finished or len(piece.buffer) >= PART_BYTES:
                file = self._with_part(file, piece, index, is_whole=chunk.finished)
            if chunk.finished:
                return self._finished(file, media, piece.checksums() if is_first_run else None)
        return file

    def _chunk(self, sdk_file_id: str, index: str) -> MediaChunk:
        for attempt in range(1, _TRIES):
            try:
                return self.source.get_media(sdk_file_id, index)
            except SourceFailure as failure:
                if failure.kind not in _AGAIN:
                    raise
                self.pause(failure.waits(attempt))
        return self.source.get_media(sdk_file_id, index)

    def _with_part(self, file: MediaFile, piece: _Piece, index: str, *, is_whole: bool) -> MediaFile:
        etag = self.upload.put_part(file.key, file.upload_id, len(file.parts) + 1, bytes(piece.buffer))
        size = len(piece.buffer)
        piece.buffer.clear()
        parts = (*file.parts, etag)
        return self._saved(replace(file, parts=parts, bytes=file.bytes + size, index=index, is_whole=is_whole))

    def _finished(self, file: MediaFile, media: Media, known: Checksums | None) -> MediaFile:
        version_id = self.upload.complete(file.key, file.upload_id, file.parts)
        found = known or self.upload.checksums(file.key, version_id)
        is_right = media.md5 in {"", found.md5} and media.size in {None, file.bytes}
        state = MediaState.STORED if is_right else MediaState.MISMATCHED
        return self._ended(replace(file, state=state, md5=found.md5, sha256=found.sha256, version_id=version_id))

    def _ended(self, file: MediaFile) -> MediaFile:
        return self._saved(replace(file, ended_at=self.now()))

    def _saved(self, file: MediaFile) -> MediaFile:
        if not self.store.save(file):
            raise MediaBusyError(file.place)
        return replace(file, version=file.version + 1)


class MediaBusyError(Exception):
    """Another run fetches the same file; the message comes again and finds what that run left."""

    def __init__(self, place: MediaPlace) -> None:
        super().__init__(f"file {place.part} of line {place.line} of page {place.asked_from} is fetched by another run")


def media_key(msgid: str, part: int) -> str:
    """Where a file lies: made of the message's id, so that it is found again and tells nothing."""
    return f"media/{derive('file', msgid, str(part))}"
