"""How holds, deletion requests and exports are kept in the archive's table, beside who read what.

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
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Table
from scrm.paging import Page

SCHEMA_VERSION: Final = 1


class _Record(Protocol):
    @property
    def node_path(self) -> str: ...

    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Kind[Record: _Record]:
    """How records of one kind are kept."""

    pk: str
    id_of: Callable[[Record], str]
    document: Callable[[Record], Mapping[str, Any]]
    record: Callable[[Mapping[str, Any], str, int], Record]


class DynamoRecords[Record: _Record]:
    """Implements `scrm.archive.records.Records`."""

    def __init__(self, table: Table, kind: Kind[Record]) -> None:
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


def day_text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def moment_text(moment: Any) -> str | None:
    return clock.to_iso(moment) if moment else None


def moment_of(text: str | None) -> Any:
    return clock.from_iso(text) if text else None
