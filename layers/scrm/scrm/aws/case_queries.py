"""What operators read of the handover's table."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from scrm.aws import case_items, cursors
from scrm.aws.case_table import MONTHS, DynamoCaseRepository
from scrm.aws.table import Condition, Item, Table, starts_with
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeState, totals
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.queries import CaseDetail, CaseSummary, EdgeRow, EdgeTotals, TakerShare
from scrm.node_paths import ROOT_PATH, branch_of, covers
from scrm.paging import Page


class DynamoCaseQueries:
    """Implements `scrm.handover.queries.CaseQueries`: what operators read."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._cases = DynamoCaseRepository(table)

    def list_cases(self, node_path: str, state: CaseState | None, cursor: str | None, limit: int) -> Page[CaseSummary]:
        scope = f"cases/{node_path}/{state or ''}"
        position = cursors.decode(scope, cursor)
        found: list[CaseSummary] = []
        start: Item | None = cursors.key(position, "after")
        for index, partition in self._partitions(node_path, cursors.text(position, "partition")):
            if len(found) >= limit:
                return Page(tuple(found), cursors.encode(scope, {"partition": partition}))
            items, last = self._table.query_page(
                _cases_in(index, partition, node_path, state),
                index=index,
                start=start,
                limit=limit - len(found),
                newest_first=True,
                where="begins_with(node_path, :path)" + (" AND #state = :state" if state else ""),
            )
            found += [_to_summary(case_items.to_case(item)) for item in items]
            start = None
            if last is not None:
                return Page(tuple(found), cursors.encode(scope, {"partition": partition, "after": last}))
        return Page(tuple(found))

    def list_cases_of(
        self, userid: str, node_path: str, state: CaseState | None, cursor: str | None, limit: int
    ) -> Page[CaseSummary]:
        scope = f"cases/{node_path}/{state or ''}/{userid}"
        position = cursors.decode(scope, cursor)
        rows, last = self._table.query_page(
            starts_with(f"MEMBER#{userid}", case_items.CASES_OF_MEMBER),
            start=cursors.key(position, "after"),
            limit=limit,
            newest_first=True,
        )
        cases = (self._cases.case(row["case_id"]) for row in rows)
        found = [
            _to_summary(case)
            for case in cases
            if case is not None and covers(node_path, case.node_path) and state in {None, case.state}
        ]
        return Page(tuple(found), cursors.encode(scope, {"after": last}) if last is not None else None)

    def _partitions(self, node_path: str, from_partition: str) -> Iterator[tuple[str, str]]:
        """Head office reads month by month, everyone else his branch; both are newest first."""
        if node_path != ROOT_PATH:
            yield "by_branch", f"BRANCH#{branch_of(node_path)}"
            return
        known = self._table.get(MONTHS) or {}
        for month in sorted(known.get("months", set()), reverse=True):
            if not from_partition or month <= from_partition:
                yield "by_month", month

    def get_case(self, case_id: str) -> CaseDetail | None:
        loaded = self._cases.load(case_id)
        if loaded is None:
            return None
        case, chunks = loaded
        counted = replace(
            case,
            customer_totals=totals(chunks, ChunkKind.CUSTOMERS),
            group_totals=totals(chunks, ChunkKind.GROUPS),
        )
        return CaseDetail(
            summary=_to_summary(counted),
            outcome=case.outcome,
            close_reason=case.close_reason,
            signals=case.signals,
            certificates=case.certificates,
            plan_made_by=case.plan_made_by,
            review=case.review,
            package=case.package,
            package_checksum=case.package_checksum,
            lost_tag_ids=case.lost_ids,
            takers=_to_takers(case),
            escalated_until=case.escalated_until,
            reminded_at=case.reminded_at,
        )

    def list_edges(self, case_id: str, state: EdgeState | None, cursor: str | None, limit: int) -> Page[EdgeRow]:
        return self._rows(case_id, ChunkKind.CUSTOMERS, state, cursor, limit)

    def list_groups(self, case_id: str, state: EdgeState | None, cursor: str | None, limit: int) -> Page[EdgeRow]:
        return self._rows(case_id, ChunkKind.GROUPS, state, cursor, limit)

    def _rows(
        self, case_id: str, kind: ChunkKind, state: EdgeState | None, cursor: str | None, limit: int
    ) -> Page[EdgeRow]:
        """Rows chunk by chunk; the position is (chunk number, edges of it already given out)."""
        scope = f"edges/{case_id}/{kind}/{state or ''}"
        position = cursors.decode(scope, cursor)
        number, offset = cursors.number(position, "chunk"), cursors.number(position, "edge")
        found: list[EdgeRow] = []
        of_kind = Condition(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {
                ":pk": f"CASE#{case_id}",
                ":first": case_items.chunk_key(case_id, kind, number)["sk"],
                ":last": f"CHUNK#{kind.value}#~",
            },
        )
        for item in self._table.query(of_kind):
            chunk = case_items.to_chunk(item)
            start = offset if chunk.number == number else 0
            for place, edge in enumerate(chunk.edges[start:], start):
                if state is not None and edge.state is not state:
                    continue
                if len(found) == limit:
                    return Page(tuple(found), cursors.encode(scope, {"chunk": chunk.number, "edge": place}))
                found.append(_to_row(chunk, edge))
        return Page(tuple(found))


def _cases_in(index: str, partition: str, node_path: str, state: CaseState | None) -> Condition:
    name = "branch_pk" if index == "by_branch" else "month_pk"
    values: dict[str, Any] = {":partition": partition, ":path": node_path}
    if state:
        values[":state"] = state.value
    return Condition(f"{name} = :partition", values, {"#state": "state"} if state else {})


def _to_summary(case: HandoverCase) -> CaseSummary:
    return CaseSummary(
        case_id=case.case_id,
        handover_userid=case.handover_userid,
        handover_name=case.handover_name,
        node_id=case.node_id,
        node_path=case.node_path,
        node_name=case.node_name,
        change=case.change,
        state=case.state,
        opened_at=case.opened_at,
        start_at=case.start_at,
        last_day=case.last_day,
        closed_at=case.closed_at,
        successor_userids=case.successors,
        customers=_to_totals(dict(case.customer_totals)),
        groups=_to_totals(dict(case.group_totals)),
    )


def _to_takers(case: HandoverCase) -> tuple[TakerShare, ...]:
    """Whoever got something, or a card; who has only customers so far is in the edges."""
    return tuple(
        TakerShare(userid, case.packages.get(userid, {}), case.digests.get(userid))
        for userid in sorted({*case.packages, *case.digests})
    )


def _to_totals(counted: dict[str, int]) -> EdgeTotals:
    return EdgeTotals(counted.pop("total", 0), counted)


def _to_row(chunk: Chunk, edge: Edge) -> EdgeRow:
    return EdgeRow(
        target_id=edge.target_id,
        state=edge.state,
        cause=edge.cause,
        errcode=edge.errcode,
        takeover_userid=chunk.takeover_userid,
        reason=edge.reason,
        attempts=edge.attempts,
        owner_userid=edge.owner_userid,
        due_at=edge.due_at,
        updated_at=edge.updated_at,
    )
