"""Segments, in the audience's table.

==================  =================  ============================================================================
pk                  sk                 item
==================  =================  ============================================================================
``SEGMENT#<id>``    ``V#<8 digits>``   a version of a segment; never changed
``SEGMENTS#<node>`` ``<id>``           the latest version of each of a node's segments; written with it
==================  =================  ============================================================================
"""

from collections.abc import Sequence

from scrm import clock, ids
from scrm.audience.segments import Segment
from scrm.audit.log import AuditLog
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.paging import Page

SCHEMA_VERSION = 1


class DynamoSegments:
    """Implements `scrm.audience.segments.SegmentStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def segment(self, segment_id: str) -> Segment | None:
        found, _ = self._table.query_page(starts_with(_pk(segment_id), "V#"), limit=1, newest_first=True)
        return _to_segment(found[0]) if found else None

    def versions(self, segment_id: str) -> Sequence[Segment]:
        return [_to_segment(item) for item in self._table.query(starts_with(_pk(segment_id), "V#"))]

    def add(self, segment: Segment) -> bool:
        """The version is new, and the one before it is still the latest."""
        latest = Condition("version = :read", {":read": segment.version - 1}) if segment.version > 1 else ABSENT
        version = {"pk": _pk(segment.segment_id), "sk": f"V#{segment.version:08d}", **_values(segment)}
        listed = {"pk": _node_pk(segment.node_id), "sk": segment.segment_id, **_values(segment)}
        return self._table.transact([Put(version, ABSENT), Put(listed, latest)])

    def at_node(self, node_id: str, cursor: str | None, limit: int) -> Page[Segment]:
        scope = f"segments {node_id}"
        items, last = self._table.query_page(
            starts_with(_node_pk(node_id)), start=cursors.key(cursors.decode(scope, cursor), "after"), limit=limit
        )
        return Page(tuple(map(_to_segment, items)), cursors.encode(scope, {"after": last}) if last else None)


class AuditedSegments:
    """Implements `scrm.audience.segments.SegmentJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, segment: Segment, action: str) -> None:
        subject = f"{segment.segment_id}/v{segment.version}"
        cause = ids.derive("evt", subject, action)
        self._audit.record(
            segment.made_by, f"segment.{action}", subject, segment.node_path, "done", segment.made_at, cause=cause
        )


def _pk(segment_id: str) -> str:
    return f"SEGMENT#{segment_id}"


def _node_pk(node_id: str) -> str:
    return f"SEGMENTS#{node_id}"


def _values(segment: Segment) -> Item:
    return {
        "schema_version": SCHEMA_VERSION,
        "segment_id": segment.segment_id,
        "node_id": segment.node_id,
        "node_path": segment.node_path,
        "name": segment.name,
        "expression": segment.expression,
        "made_by": segment.made_by,
        "made_at": clock.to_iso(segment.made_at),
        "version": segment.version,
        "listed": segment.listed or None,
        "unusable": segment.unusable or None,
        "sha256": segment.sha256 or None,
    }


def _to_segment(item: Item) -> Segment:
    return Segment(
        segment_id=item["segment_id"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        name=item["name"],
        expression=item["expression"],
        made_by=item["made_by"],
        made_at=clock.from_iso(item["made_at"]),
        version=item["version"],
        listed=item.get("listed", 0),
        unusable=item.get("unusable", 0),
        sha256=item.get("sha256", ""),
    )
