"""Holds, deletion requests, exports and who read what, in the archive's table.

======================  ====================  =========================================================================
pk                      sk                    item
======================  ====================  =========================================================================
``HOLDS``               ``<hold>``            a legal hold
``DELETIONS``           ``<request>``         what a customer wants deleted
``EXPORTS``             ``<export>``          an export for an inspection
``ACCESS#<day>``        ``<at>#<access>``     one reading of conversations, by business day
======================  ====================  =========================================================================

A record is one JSON document beside what is compared and filtered: a bank has some thousand of each in ten years.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from scrm import clock
from scrm.archive.access import Access, AccessKind
from scrm.archive.deletion_requests import DeletionRequest, DeletionState, Ground
from scrm.archive.exports import Export, ExportState, Written
from scrm.archive.legal_holds import HoldScope, HoldState, LegalHold
from scrm.archive.message import MessageKind
from scrm.archive.search import Search
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Table
from scrm.clock import BUSINESS_ZONE
from scrm.paging import Page

SCHEMA_VERSION: Final = 1


class _Record(Protocol):
    @property
    def node_path(self) -> str: ...

    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Kind[Record: _Record]:
    """How records of one kind are kept."""

    pk: str
    id_of: Callable[[Record], str]
    document: Callable[[Record], Mapping[str, Any]]
    record: Callable[[Mapping[str, Any], str, int], Record]


class DynamoRecords[Record: _Record]:
    """Implements `scrm.archive.records.Records`."""

    def __init__(self, table: Table, kind: _Kind[Record]) -> None:
        self._table = table
        self._kind = kind

    def add(self, record: Record) -> bool:
        return self._table.put(self._item(record, 1), ABSENT)

    def find(self, record_id: str) -> Record | None:
        item = self._table.get({"pk": self._kind.pk, "sk": record_id})
        return self._read(item) if item else None

    def save(self, record: Record) -> bool:
        read = Condition("#version = :read", {":read": record.version}, {"#version": "version"})
        return self._table.put(self._item(record, record.version + 1), read)

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[Record]:
        scope = f"{self._kind.pk} {node_path}"
        items, last = self._table.query_page(
            Condition("pk = :pk", {":pk": self._kind.pk, ":path": node_path}),
            start=cursors.key(cursors.decode(scope, cursor), "after"),
            limit=limit,
            where="begins_with(node_path, :path)",
        )
        return Page(tuple(map(self._read, items)), cursors.encode(scope, {"after": last}) if last else None)

    def _item(self, record: Record, version: int) -> Item:
        return {
            "pk": self._kind.pk,
            "sk": self._kind.id_of(record),
            "schema_version": SCHEMA_VERSION,
            "version": version,
            "node_path": record.node_path,
            "document": json.dumps(self._kind.document(record), ensure_ascii=False, separators=(",", ":")),
        }

    def _read(self, item: Mapping[str, Any]) -> Record:
        return self._kind.record(json.loads(item["document"]), item["node_path"], item["version"])


def legal_holds(table: Table) -> DynamoRecords[LegalHold]:
    return DynamoRecords(table, _Kind("HOLDS", lambda hold: hold.hold_id, _from_hold, _to_hold))


def deletion_requests(table: Table) -> DynamoRecords[DeletionRequest]:
    return DynamoRecords(table, _Kind("DELETIONS", lambda request: request.request_id, _from_deletion, _to_deletion))


def exports(table: Table) -> DynamoRecords[Export]:
    return DynamoRecords(table, _Kind("EXPORTS", lambda export: export.export_id, _from_export, _to_export))


class DynamoAccesses:
    """Implements `scrm.archive.access.AccessStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, access: Access) -> None:
        item = {
            "pk": _day_pk(access.at.astimezone(BUSINESS_ZONE).date()),
            "sk": f"{clock.to_iso(access.at)}#{access.access_id}",
            "schema_version": SCHEMA_VERSION,
            "access_id": access.access_id,
            "kind": access.kind.value,
            "actor": access.actor,
            "node_path": access.node_path,
            "at": clock.to_iso(access.at),
            "reason": access.reason or None,
            "asked": json.dumps(access.asked, ensure_ascii=False, separators=(",", ":")),
            "found": access.found,
        }
        self._table.put(item)

    def of_day(self, day: date, node_path: str, cursor: str | None, limit: int) -> Page[Access]:
        scope = f"access {day.isoformat()} {node_path}"
        items, last = self._table.query_page(
            Condition("pk = :pk", {":pk": _day_pk(day), ":path": node_path}),
            start=cursors.key(cursors.decode(scope, cursor), "after"),
            limit=limit,
            newest_first=True,
            where="begins_with(node_path, :path)",
        )
        return Page(tuple(map(_to_access, items)), cursors.encode(scope, {"after": last}) if last else None)


def search_document(search: Search) -> dict[str, Any]:
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


def _day_pk(day: date) -> str:
    return f"ACCESS#{day.isoformat()}"


def _to_access(item: Mapping[str, Any]) -> Access:
    return Access(
        access_id=item["access_id"],
        kind=AccessKind(item["kind"]),
        actor=item["actor"],
        node_path=item["node_path"],
        at=clock.from_iso(item["at"]),
        reason=item.get("reason", ""),
        asked=json.loads(item["asked"]),
        found=item["found"],
    )


def _from_hold(hold: LegalHold) -> Mapping[str, Any]:
    scope = hold.scope
    return {
        "hold_id": hold.hold_id,
        "external_userid": scope.external_userid,
        "userid": scope.userid,
        "room_id": scope.room_id,
        "first_day": _day(scope.first_day),
        "last_day": _day(scope.last_day),
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": clock.to_iso(hold.placed_at),
        "state": hold.state.value,
        "lift_asked_by": hold.lift_asked_by,
        "lift_reason": hold.lift_reason,
        "lifted_by": hold.lifted_by,
        "lifted_at": _moment(hold.lifted_at),
    }


def _to_hold(found: Mapping[str, Any], node_path: str, version: int) -> LegalHold:
    first, last = _to_day(found["first_day"]), _to_day(found["last_day"])
    return LegalHold(
        hold_id=found["hold_id"],
        scope=HoldScope(found["external_userid"], found["userid"], found["room_id"], first, last),
        reason=found["reason"],
        node_path=node_path,
        placed_by=found["placed_by"],
        placed_at=clock.from_iso(found["placed_at"]),
        state=HoldState(found["state"]),
        lift_asked_by=found["lift_asked_by"],
        lift_reason=found["lift_reason"],
        lifted_by=found["lifted_by"],
        lifted_at=_to_moment(found["lifted_at"]),
        version=version,
    )


def _from_deletion(request: DeletionRequest) -> Mapping[str, Any]:
    return {
        "request_id": request.request_id,
        "external_userid": request.external_userid,
        "wish": request.wish,
        "recorded_by": request.recorded_by,
        "recorded_at": clock.to_iso(request.recorded_at),
        "state": request.state.value,
        "grounds": [ground.value for ground in request.grounds],
        "reason": request.reason,
        "possible_from": _day(request.possible_from),
        "decided_by": request.decided_by,
        "decided_at": _moment(request.decided_at),
    }


def _to_deletion(found: Mapping[str, Any], node_path: str, version: int) -> DeletionRequest:
    return DeletionRequest(
        request_id=found["request_id"],
        external_userid=found["external_userid"],
        wish=found["wish"],
        node_path=node_path,
        recorded_by=found["recorded_by"],
        recorded_at=clock.from_iso(found["recorded_at"]),
        state=DeletionState(found["state"]),
        grounds=tuple(Ground(ground) for ground in found["grounds"]),
        reason=found["reason"],
        possible_from=_to_day(found["possible_from"]),
        decided_by=found["decided_by"],
        decided_at=_to_moment(found["decided_at"]),
        version=version,
    )


def _from_export(export: Export) -> Mapping[str, Any]:
    written = export.written
    return {
        "export_id": export.export_id,
        "search": search_document(export.search),
        "is_covered": export.is_covered,
        "with_media": export.with_media,
        "reason": export.reason,
        "asked_by": export.asked_by,
        "asked_at": clock.to_iso(export.asked_at),
        "state": export.state.value,
        "decided_by": export.decided_by,
        "decided_at": _moment(export.decided_at),
        "note": export.note,
        "written": None
        if written is None
        else [written.messages, written.conversations, written.files, written.bytes, written.manifest_sha256],
        "ready_at": _moment(export.ready_at),
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
        decided_at=_to_moment(found["decided_at"]),
        note=found["note"],
        written=Written(*found["written"]) if found["written"] else None,
        ready_at=_to_moment(found["ready_at"]),
        failure=found["failure"],
        version=version,
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _to_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(moment: Any) -> str | None:
    return clock.to_iso(moment) if moment else None


def _to_moment(text: str | None) -> Any:
    return clock.from_iso(text) if text else None
