"""Files of messages in the archive's table.

======================  ==============================  ===========================================================
pk                      sk                              item
======================  ==============================  ===========================================================
``MEDIA#<page>``        ``<line>#<part>``               a file: where it is, how far, how it ended
``MEDIA#<page>``        ``LOOKED#<first row>``          how many files these rows name: all of them are noted
``MEDIA#OPEN``          ``<page>#<line>#<part>``        a file that is still fetched, so that none is forgotten
``MEDIAENDED#<day>``    ``<page>#<line>#<part>``        a file that came to its end on this business day, or that was
                                                        noted when the day was being certified already
======================  ==============================  ===========================================================
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from scrm import clock
from scrm.archive.media import MediaFile, MediaPlace, MediaState
from scrm.archive.media_pages import OpenFile
from scrm.archive.stores import WaitingSegment
from scrm.aws import closed_days, waiting_segments
from scrm.aws.table import ABSENT, Condition, Delete, Item, Put, Table, starts_with

SCHEMA_VERSION: Final = 1
_OPEN: Final = "MEDIA#OPEN"
_LOOKED: Final = "LOOKED#"
_IN_SEGMENT: Final = "SEGMENT"
_LATE: Final = time(23, 0)


class DynamoMediaStore:
    """Implements `scrm.archive.media.MediaStore` and `scrm.archive.media_pages.PageMediaStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def media(self, place: MediaPlace) -> MediaFile | None:
        item = self._table.get(_key(place))
        return _to_file(place, item) if item else None

    def files_of(self, asked_from: int) -> Mapping[MediaPlace, MediaFile]:
        found = {}
        for item in self._table.query(starts_with(_page(asked_from))):
            if not item["sk"].startswith(_LOOKED):
                line, part = item["sk"].split("#")
                place = MediaPlace(asked_from, int(line), int(part))
                found[place] = _to_file(place, item)
        return found

    def save(self, file: MediaFile) -> bool:
        as_read = Condition("#version = :read", {":read": file.version}, {"#version": "version"})
        write = Put(_item(file), as_read if file.version else ABSENT)
        if file.ended_at is not None:
            return self._save_ended(file, write, file.ended_at)
        if file.version and not file.failure_code:
            return self._table.put(write.item, write.condition)
        return self._table.transact([write, Put(_open_item(file))])

    def _save_ended(self, file: MediaFile, write: Put, ended_at: datetime) -> bool:
        """Earlier in a day it cannot be that the day is certified before this is written: a function lives minutes."""
        ended = ended_at.astimezone(clock.BUSINESS_ZONE)

        def writes(day: date) -> list[Put | Delete]:
            return [write, Delete(_open_key(file.place)), _ended(file, day)]

        if ended.time() < _LATE:
            return self._table.transact(writes(ended.date()))
        return closed_days.transact_dated(self._table, ended.date(), writes)

    def looked_through(self, asked_from: int, reopened_from: int | None, files: int) -> None:
        self._table.put({**_looked_key(asked_from, reopened_from), "file_count": files, **_version()})
        waiting_segments.taken(self._table, waiting_segments.MEDIA, asked_from, reopened_from)

    def unread(self) -> Iterator[WaitingSegment]:
        return waiting_segments.waiting_in(self._table, waiting_segments.MEDIA)

    def files_named(self, rows: Sequence[tuple[int, int | None]]) -> Sequence[int]:
        """How many files these rows name, by page and first reopened row; a number for all that were looked through."""
        found = self._table.get_many([_looked_key(page, first) for page, first in rows])
        return [item["file_count"] for item in found]

    def open_files(self) -> Iterator[OpenFile]:
        """By place."""
        for item in self._table.query(starts_with(_OPEN)):
            yield OpenFile(
                place=_place(item["sk"]),
                reopened_from=item.get("reopened_from"),
                sent_at=clock.from_iso(item["sent_at"]),
                noted_at=clock.from_iso(item["noted_at"]),
                failure_code=item["failure_code"],
            )

    def ended_on(self, day: date) -> Iterator[MediaFile]:
        """Files that came to their end on this business day, by place."""
        for item in self._table.query(starts_with(_ended_on(day))):
            yield _to_file(_place(item["sk"]), item)


def _page(asked_from: int) -> str:
    return f"MEDIA#{asked_from:020d}"


def _key(place: MediaPlace) -> dict[str, str]:
    return {"pk": _page(place.asked_from), "sk": f"{place.line:06d}#{place.part:03d}"}


def _looked_key(asked_from: int, reopened_from: int | None) -> dict[str, str]:
    rows = _IN_SEGMENT if reopened_from is None else f"{reopened_from:020d}"
    return {"pk": _page(asked_from), "sk": f"{_LOOKED}{rows}"}


def _sk(place: MediaPlace) -> str:
    return f"{place.asked_from:020d}#{place.line:06d}#{place.part:03d}"


def _place(sk: str) -> MediaPlace:
    asked_from, line, part = sk.split("#")
    return MediaPlace(int(asked_from), int(line), int(part))


def _open_key(place: MediaPlace) -> dict[str, str]:
    return {"pk": _OPEN, "sk": _sk(place)}


def _open_item(file: MediaFile) -> Item:
    return {
        **_open_key(file.place),
        "sent_at": clock.to_iso(file.sent_at),
        "noted_at": clock.to_iso(file.noted_at or file.sent_at),
        "reopened_from": file.reopened_from,
        "failure_code": file.failure_code,
        **_version(),
    }


def _ended_on(day: date) -> str:
    return f"MEDIAENDED#{day.isoformat()}"


def _ended(file: MediaFile, day: date) -> Put:
    return Put({**_item(file), "pk": _ended_on(day), "sk": _sk(file.place), "parts": []})


def _version() -> dict[str, int]:
    return {"schema_version": SCHEMA_VERSION}


def _item(file: MediaFile) -> Item:
    return {
        **_key(file.place),
        **_version(),
        "object_key": file.key,
        "sent_at": clock.to_iso(file.sent_at),
        "state": file.state.value,
        "next_index": file.index,
        "upload_id": file.upload_id,
        "parts": list(file.parts),
        "is_whole": file.is_whole,
        "failure_code": file.failure_code,
        "byte_count": file.bytes,
        "md5": file.md5,
        "sha256": file.sha256,
        "version_id": file.version_id,
        "reopened_from": file.reopened_from,
        "noted_at": _iso(file.noted_at),
        "ended_at": _iso(file.ended_at),
        "version": file.version + 1,
    }


def _to_file(place: MediaPlace, item: Mapping[str, Any]) -> MediaFile:
    return MediaFile(
        place=place,
        key=item["object_key"],
        sent_at=clock.from_iso(item["sent_at"]),
        state=MediaState(item["state"]),
        index=item["next_index"],
        upload_id=item["upload_id"],
        parts=tuple(item["parts"]),
        is_whole=item["is_whole"],
        failure_code=item["failure_code"],
        bytes=item["byte_count"],
        md5=item["md5"],
        sha256=item["sha256"],
        version_id=item["version_id"],
        reopened_from=item.get("reopened_from"),
        noted_at=_moment(item.get("noted_at")),
        ended_at=_moment(item.get("ended_at")),
        version=item["version"],
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else clock.to_iso(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else clock.from_iso(text)
