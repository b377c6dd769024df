"""Rejected messages in the organisation's table, and what people made of them."""

from datetime import datetime
from typing import Any

from scrm import clock, ids
from scrm.aws import cursors
from scrm.aws.org_items import SCHEMA_VERSION
from scrm.aws.table import ABSENT, Condition, Item, Table
from scrm.node_paths import ROOT_PATH
from scrm.org.rejections import Rejection, ReviewState
from scrm.paging import Page

_MONTHS = {"pk": "INDEX", "sk": "REJECTED_MONTHS"}


class DynamoRejections:
    """Implements `scrm.org.roster_ports.RejectionSink`, `scrm.org.queries.RejectionReviews` and the reads of both."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def reject(self, source: str, event_id: str, reason: str, received_at: datetime, payload: str = "") -> str:
        """Keep a message nobody could use, with the reason, where operators look; a repeat is kept once.

        Without a payload, because it holds personal data or lies elsewhere, the event id tells a repeat.
        """
        rejection_id = ids.derive("rej", source, payload or event_id)
        moment = clock.to_iso(received_at)
        month = moment[:7]
        self._table.put(
            {
                **_key(rejection_id),
                "schema_version": SCHEMA_VERSION,
                "node_pk": f"REJECTED#{month}",
                "node_sk": f"{moment}#{rejection_id}",
                "rejection_id": rejection_id,
                "source": source,
                "event_id": event_id,
                "reason": reason,
                "received_at": moment,
                "node_path": ROOT_PATH,
                "payload": payload,
                "review_state": ReviewState.OPEN.value,
            },
            ABSENT,
        )
        self._table.add_to_set(_MONTHS, "months", month)
        return rejection_id

    def rejection(self, rejection_id: str) -> Rejection | None:
        item = self._table.get(_key(rejection_id))
        return _to_rejection(item) if item else None

    def review(self, rejection_id: str, actor: str, at: datetime, note: str = "") -> Rejection | None:
        item = self._table.get(_key(rejection_id))
        if item is None:
            return None
        reviewed = {
            **item,
            "review_state": ReviewState.REVIEWED.value,
            "reviewed_by": actor,
            "reviewed_at": clock.to_iso(at),
            "note": note,
        }
        still_open = Condition("review_state = :open", {":open": ReviewState.OPEN.value})
        return _to_rejection(reviewed) if self._table.put(reviewed, still_open) else self.rejection(rejection_id)

    def rejections(
        self, node_path: str, cursor: str | None, limit: int, state: ReviewState | None = None
    ) -> Page[Rejection]:
        scope = f"rejections/{node_path}/{state.value if state else ''}"
        position = cursors.decode(scope, cursor)
        from_month = cursors.text(position, "month", "9999")
        found: list[Rejection] = []
        start = cursors.key(position, "after")
        for month in sorted((month for month in self._months() if month <= from_month), reverse=True):
            if len(found) >= limit:
                return Page(tuple(found), cursors.encode(scope, {"month": month}))
            items, last = self._page_of(month, node_path, state, start, limit - len(found))
            found += map(_to_rejection, items)
            start = None
            if last is not None:
                return Page(tuple(found), cursors.encode(scope, {"month": month, "after": last}))
        return Page(tuple(found))

    def _page_of(
        self, month: str, node_path: str, state: ReviewState | None, start: Item | None, limit: int
    ) -> tuple[list[Item], Item | None]:
        values: dict[str, Any] = {":month": f"REJECTED#{month}", ":path": node_path}
        where = "begins_with(node_path, :path)"
        if state is not None:
            values[":state"] = state.value
            where += " AND review_state = :state"
        return self._table.query_page(
            Condition("node_pk = :month", values),
            index="by_node",
            start=start,
            limit=limit,
            newest_first=True,
            where=where,
        )

    def _months(self) -> set[str]:
        index = self._table.get(_MONTHS)
        return index["months"] if index else set()


def _key(rejection_id: str) -> dict[str, str]:
    return {"pk": f"REJECTED#{rejection_id}", "sk": "REJECTED"}


def _to_rejection(item: Item) -> Rejection:
    return Rejection(
        rejection_id=item["rejection_id"],
        source=item["source"],
        received_at=clock.from_iso(item["received_at"]),
        reason=item["reason"],
        event_id=item["event_id"],
        node_path=item["node_path"],
        state=ReviewState(item["review_state"]),
        reviewed_by=item.get("reviewed_by", ""),
        reviewed_at=clock.from_iso(item["reviewed_at"]) if "reviewed_at" in item else None,
        note=item.get("note", ""),
    )
