"""Files of messages in the archive's table.

======================  ==============================  ===========================================================
pk                      sk                              item
======================  ==============================  ===========================================================
``MEDIA#<page>``        ``<line>#<part>``               a file: where it is, how far, how it ended
``MEDIA#OPEN``          ``<page>#<line>#<part>``        a file that is still fetched, so that none is forgotten
======================  ==============================  ===========================================================
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scrm import clock
from scrm.archive.media import MediaFile, MediaPlace, MediaState
from scrm.aws.table import ABSENT, Condition, Delete, Item, Put, Table, starts_with

SCHEMA_VERSION: Final = 1
_OPEN: Final = "MEDIA#OPEN"


class DynamoMediaStore:
    """Implements `scrm.archive.media.MediaStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def media(self, place: MediaPlace) -> MediaFile | None:
        item = self._table.get(_key(place))
        return _to_file(place, item) if item else None

    def save(self, file: MediaFile) -> bool:
        as_read = Condition("#version = :read", {":read": file.version}, {"#version": "version"})
        write = Put(_item(file), as_read if file.version else ABSENT)
        opened = _open_key(file.place)
        if file.state is not MediaState.FETCHING:
            return self._table.transact([write, Delete(opened)])
        if file.version:
            return self._table.transact([write])
        return self._table.transact([write, Put({**opened, "schema_version": SCHEMA_VERSION})])

    def fetching(self) -> Iterator[MediaPlace]:
        """Files that are not at their end, by place."""
        for item in self._table.query(starts_with(_OPEN)):
            asked_from, line, part = item["sk"].split("#")
            yield MediaPlace(int(asked_from), int(line), int(part))


def _key(place: MediaPlace) -> dict[str, str]:
    return {"pk": f"MEDIA#{place.asked_from:020d}", "sk": f"{place.line:06d}#{place.part:03d}"}


def _open_key(place: MediaPlace) -> dict[str, str]:
    return {"pk": _OPEN, "sk": f"{place.asked_from:020d}#{place.line:06d}#{place.part:03d}"}


def _item(file: MediaFile) -> Item:
    return {
        **_key(file.place),
        "schema_version": SCHEMA_VERSION,
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
        "version_id": file.version_id,
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
        version_id=item["version_id"],
        version=item["version"],
    )
