"""Who read conversations, in the archive's table."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from scrm import clock
from scrm.archive.access import Access, AccessKind
from scrm.aws import cursors
from scrm.aws.archive_records import SCHEMA_VERSION
from scrm.aws.table import Condition, Table
from scrm.clock import BUSINESS_ZONE
from scrm.paging import Page


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
