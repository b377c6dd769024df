"""Exports for an inspection in the archive's table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from scrm import clock
from scrm.archive.exports import Export, ExportState, Written
from scrm.archive.message import MessageKind
from scrm.archive.search import Search
from scrm.aws.archive_records import DynamoRecords, Kind, moment_of, moment_text
from scrm.aws.table import Table


def exports(table: Table) -> DynamoRecords[Export]:
    return DynamoRecords(table, Kind("EXPORTS", lambda export: export.export_id, _from_export, _to_export))


def _from_export(export: Export) -> Mapping[str, Any]:
    written = export.written
    return {
        "export_id": export.export_id,
        "search": _from_search(export.search),
        "is_covered": export.is_covered,
        "with_media": export.with_media,
        "reason": export.reason,
        "asked_by": export.asked_by,
        "asked_at": clock.to_iso(export.asked_at),
        "state": export.state.value,
        "decided_by": export.decided_by,
        "decided_at": moment_text(export.decided_at),
        "note": export.note,
        "written": None
        if written is None
        else [written.messages, written.conversations, written.files, written.bytes, written.manifest_sha256],
        "ready_at": moment_text(export.ready_at),
        "failure": export.failure,
    }


def _to_export(found: Mapping[str, Any], node_path: str, version: int) -> Export:
    return Export(
        export_id=found["export_id"],
        search=_to_search(found["search"]),
        is_covered=found["is_covered"],
        with_media=found["with_media"],
        reason=found["reason"],
        node_path=node_path,
        asked_by=found["asked_by"],
        asked_at=clock.from_iso(found["asked_at"]),
        state=ExportState(found["state"]),
        decided_by=found["decided_by"],
        decided_at=moment_of(found["decided_at"]),
        note=found["note"],
        written=Written(*found["written"]) if found["written"] else None,
        ready_at=moment_of(found["ready_at"]),
        failure=found["failure"],
        version=version,
    )


def _from_search(search: Search) -> dict[str, Any]:
    return {
        "node_path": search.node_path,
        "first_day": search.first_day.isoformat(),
        "last_day": search.last_day.isoformat(),
        "parties": list(search.parties),
        "room_id": search.room_id,
        "kinds": [kind.value for kind in search.kinds],
        "hits": list(search.hits),
        "words": list(search.words),
    }


def _to_search(document: Mapping[str, Any]) -> Search:
    return Search(
        node_path=document["node_path"],
        first_day=date.fromisoformat(document["first_day"]),
        last_day=date.fromisoformat(document["last_day"]),
        parties=tuple(document["parties"]),
        room_id=document["room_id"],
        kinds=tuple(MessageKind(kind) for kind in document["kinds"]),
        hits=tuple(document["hits"]),
        words=tuple(document["words"]),
    )
