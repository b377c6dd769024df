"""The handover's table: cases, chunks, the member's latest case, who takes over in which case."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any

from scrm import clock
from scrm.aws import case_items, cursors
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeState, totals
from scrm.handover.errors import StaleVersionError
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.ports import MOST_CHUNKS_TOGETHER
from scrm.handover.queries import CaseDetail, CaseSummary, EdgeRow, EdgeTotals
from scrm.node_paths import ROOT_PATH, branch_of
from scrm.paging import Page

_MONTHS = {"pk": "INDEX", "sk": "CASE_MONTHS"}


class DynamoCaseRepository:
    """Implements `scrm.handover.ports.CaseRepository`: every write names the version it replaces."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def case(self, case_id: str) -> HandoverCase | None:
        item = self._table.get(case_items.case_key(case_id))
        return case_items.to_case(item) if item else None

    def latest_case_of(self, userid: str) -> tuple[HandoverCase, int] | None:
        pointer = self._table.get(case_items.member_key(userid))
        case = self.case(pointer["case_id"]) if pointer else None
        return (case, pointer["ordinal"]) if case and pointer else None

    def open_case(self, case: HandoverCase, ordinal: int) -> bool:
        """Case and pointer in one transaction; the pointer's ordinal lets only one of two openers win."""
        item = case_items.from_case(case)
        pointer = {
            **case_items.member_key(case.handover_userid),
            "schema_version": case_items.SCHEMA_VERSION,
            "case_id": case.case_id,
            "ordinal": ordinal,
        }
        follows = Condition(
            "attribute_not_exists(pk) OR #ordinal = :before", {":before": ordinal - 1}, {"#ordinal": "ordinal"}
        )
        self._table.add_to_set(_MONTHS, "months", item["month_pk"])
        return self._table.transact([Put(item, ABSENT), Put(pointer, follows)])

    def load(self, case_id: str) -> tuple[HandoverCase, list[Chunk]] | None:
        """One query: the case and its chunks share a partition, and the case's key sorts first."""
        case: HandoverCase | None = None
        chunks: list[Chunk] = []
        for item in self._table.query(starts_with(f"CASE#{case_id}")):
            if item["sk"] == "CASE":
                case = case_items.to_case(item)
            else:
                chunks.append(case_items.to_chunk(item))
        return (case, chunks) if case else None

    def load_some(
        self, case_id: str, kind: ChunkKind, numbers: Sequence[int]
    ) -> tuple[HandoverCase, list[Chunk]] | None:
        keys = [case_items.case_key(case_id), *(case_items.chunk_key(case_id, kind, number) for number in numbers)]
        items = self._table.get_many(keys)
        found = [case_items.to_case(item) for item in items if item["sk"] == "CASE"]
        chunks = [case_items.to_chunk(item) for item in items if item["sk"] != "CASE"]
        return (found[0], sorted(chunks, key=lambda chunk: chunk.number)) if found else None

    def save(self, case: HandoverCase, changed: Sequence[Chunk] = (), added: Sequence[Chunk] = ()) -> HandoverCase:
        saved = replace(case, version=case.version + 1)
        puts = [Put(case_items.from_case(saved), _is_version(case.version))]
        puts += [_replacing(chunk) for chunk in changed]
        puts += self._adding(added)
        if not self._table.transact(puts):
            raise StaleVersionError(case.case_id)
        if not saved.is_open:
            self._table.batch_write(
                deletes=[case_items.takeover_key(userid, case.case_id) for userid in case.successors]
            )
        return saved

    def save_chunks(self, changed: Sequence[Chunk]) -> list[Chunk]:
        for part in batched(changed, MOST_CHUNKS_TOGETHER, strict=False):
            if not self._table.transact([_replacing(chunk) for chunk in part]):
                raise StaleVersionError(part[0].case_id)
        return [replace(chunk, version=chunk.version + 1) for chunk in changed]

    def add_chunks(self, added: Sequence[Chunk]) -> None:
        for part in batched(added, MOST_CHUNKS_TOGETHER // 2, strict=False):
            if not self._table.transact(self._adding(part)):
                raise StaleVersionError(part[0].case_id)

    def _adding(self, added: Sequence[Chunk]) -> list[Put]:
        """New chunks, and who takes over in them, so that a transfer_fail callback finds the case."""
        puts = [Put(case_items.from_chunk(chunk), ABSENT) for chunk in added]
        takers = sorted({(chunk.takeover_userid, chunk.case_id) for chunk in added if chunk.takeover_userid})
        for userid, case_id in takers:
            key = case_items.takeover_key(userid, case_id)
            puts.append(Put({**key, "schema_version": case_items.SCHEMA_VERSION, "case_id": case_id}))
        return puts

    def due_cases(self, until: datetime) -> Iterator[str]:
        for shard in range(case_items.DUE_SHARDS):
            due = Condition(
                "due_pk = :shard AND due_at <= :until", {":shard": f"DUE#{shard}", ":until": clock.to_iso(until)}
            )
            for item in self._table.query(due, index="by_due"):
                yield item["pk"].removeprefix("CASE#")

    def cases_taken_over_by(self, takeover_userid: str) -> Iterator[str]:
        for item in self._table.query(starts_with(f"TAKEOVER#{takeover_userid}", "CASE#")):
            yield item["case_id"]


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

    def _partitions(self, node_path: str, from_partition: str) -> Iterator[tuple[str, str]]:
        """Head office reads month by month, everyone else his branch; both are newest first."""
        if node_path != ROOT_PATH:
            yield "by_branch", f"BRANCH#{branch_of(node_path)}"
            return
        known = self._table.get(_MONTHS) or {}
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
        return CaseDetail(_to_summary(counted), case.outcome, case.close_reason, case.signals)

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


def _replacing(chunk: Chunk) -> Put:
    saved = replace(chunk, version=chunk.version + 1)
    return Put(case_items.from_chunk(saved), _is_version(chunk.version))


def _is_version(version: int) -> Condition:
    return Condition("#version = :version", {":version": version}, {"#version": "version"})


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
