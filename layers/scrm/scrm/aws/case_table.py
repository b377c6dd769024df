"""The handover's table: cases, chunks, the member's latest case, who takes over in which case."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched

from scrm import clock
from scrm.aws import case_items
from scrm.aws.table import ABSENT, Condition, Delete, Item, Put, Table, starts_with
from scrm.handover.edges import Chunk, ChunkKind
from scrm.handover.errors import StaleVersionError
from scrm.handover.model import HandoverCase
from scrm.handover.ports import MOST_CHUNKS_ADDED, MOST_CHUNKS_TOGETHER
from scrm.pause import pause_with_jitter

_ATTEMPTS = 8
_MOST_POINTERS = 99  # with the case, in one transaction
MONTHS = {"pk": "INDEX", "sk": "CASEMONTHS"}


class DynamoCaseRepository:
    """Implements `scrm.handover.rename.NamedCases`: every write names the version it replaces."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def case(self, case_id: str) -> HandoverCase | None:
        item = self._table.get(case_items.case_key(case_id))
        return case_items.to_case(item) if item else None

    def latest_case_of(self, userid: str) -> tuple[HandoverCase, int] | None:
        pointer = self._table.get(case_items.member_key(userid))
        case = self.case(pointer["case_id"]) if pointer and "case_id" in pointer else None
        return (case, pointer["ordinal"]) if case and pointer else None

    def next_ordinal(self, userid: str) -> int:
        pointer = self._table.get(case_items.member_key(userid))
        return pointer["ordinal"] + 1 if pointer else 1

    def open_case(self, case: HandoverCase, ordinal: int) -> bool:
        """Case, pointer and row in one transaction; the pointer's ordinal lets only one of two openers win."""
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
        row = {
            **case_items.case_of_member_key(case.handover_userid, item["opened_at"], case.case_id),
            "schema_version": case_items.SCHEMA_VERSION,
            "case_id": case.case_id,
        }
        self._table.add_to_set(MONTHS, "months", item["month_pk"])
        return self._table.transact([Put(item, ABSENT), Put(pointer, follows), Put(row)])

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
        return saved

    def save_chunks(self, changed: Sequence[Chunk]) -> list[Chunk]:
        for part in batched(changed, MOST_CHUNKS_TOGETHER, strict=False):
            if not self._table.transact([_replacing(chunk) for chunk in part]):
                raise StaleVersionError(part[0].case_id)
        return [replace(chunk, version=chunk.version + 1) for chunk in changed]

    def add_chunks(self, case: HandoverCase, added: Sequence[Chunk]) -> HandoverCase:
        for part in batched(added, MOST_CHUNKS_ADDED, strict=False):
            case = self.save(case, added=part)
        return case

    def _adding(self, added: Sequence[Chunk]) -> list[Put]:
        """New chunks, and who takes over in them, so that a transfer_fail callback finds the case."""
        puts = [Put(case_items.from_chunk(chunk), ABSENT) for chunk in added]
        takers = sorted({(chunk.takeover_userid, chunk.case_id) for chunk in added if chunk.takeover_userid})
        for userid, case_id in takers:
            key = case_items.takeover_key(userid, case_id)
            puts.append(Put({**key, "schema_version": case_items.SCHEMA_VERSION, "case_id": case_id}))
        return puts

    def due_cases(self, until: datetime) -> Iterator[str]:
        due = Condition("due_pk = :due AND due_at <= :until", {":due": case_items.DUE, ":until": clock.to_iso(until)})
        for item in self._table.query(due, index="by_due"):
            yield item["pk"].removeprefix("CASE#")

    def next_due(self) -> datetime | None:
        item = self._table.first(Condition("due_pk = :due", {":due": case_items.DUE}), "by_due")
        return clock.from_iso(item["due_at"]) if item else None

    def close(self, case: HandoverCase) -> HandoverCase:
        saved = replace(case, version=case.version + 1)
        pointers = [case_items.takeover_key(userid, case.case_id) for userid in case.successors]
        self._table.batch_write(deletes=pointers[_MOST_POINTERS:])
        end = Put(case_items.from_case(saved), _is_version(case.version))
        if not self._table.transact([end, *map(Delete, pointers[:_MOST_POINTERS])]):
            raise StaleVersionError(case.case_id)
        return saved

    def cases_taken_over_by(self, takeover_userid: str) -> Iterator[str]:
        for item in self._table.query(starts_with(f"TAKEOVER#{takeover_userid}", "CASE#")):
            yield item["case_id"]

    def move_latest_case(self, old: str, new: str) -> None:
        """The old userid keeps its ordinal: should somebody else get it one day, his cases must get other ids."""
        pointer = self._table.get(case_items.member_key(old))
        if pointer is None or "case_id" not in pointer:
            return
        for row in self._table.query(starts_with(f"MEMBER#{old}", case_items.CASES_OF_MEMBER)):
            self._table.put({**row, "pk": f"MEMBER#{new}"})
        self._found_under(new, pointer)
        left = {key: value for key, value in pointer.items() if key != "case_id"}
        self._table.put(left, Condition("case_id = :case_id", {":case_id": pointer["case_id"]}))

    def _found_under(self, userid: str, pointer: Item) -> None:
        """The pointer's case is the member's latest, unless he has a later one, or an open one while this is closed.

        A userid that somebody else gave up goes on counting from his ordinal.
        """
        for attempt in range(_ATTEMPTS):
            present = self._table.get(case_items.member_key(userid)) or {}
            if self._stays(present, pointer):
                return
            ordinal = max(pointer["ordinal"], present.get("ordinal", 0))
            moved = {**pointer, **case_items.member_key(userid), "ordinal": ordinal}
            if self._table.put(moved, _is_pointer(present)):
                return
            pause_with_jitter(attempt)
        raise StaleVersionError(pointer["case_id"])

    def _stays(self, present: Item, pointer: Item) -> bool:
        if "case_id" not in present or present["case_id"] == pointer["case_id"]:
            return "case_id" in present
        ours, theirs = (self.case(each["case_id"]) for each in (pointer, present))
        if ours is None or theirs is None or ours.is_open == theirs.is_open:
            return bool(present["ordinal"] > pointer["ordinal"])
        return theirs.is_open

    def move_taker(self, case_id: str, old: str, new: str) -> None:
        key = case_items.takeover_key(new, case_id)
        self._table.put({**key, "schema_version": case_items.SCHEMA_VERSION, "case_id": case_id})
        self._table.delete(case_items.takeover_key(old, case_id))


def _replacing(chunk: Chunk) -> Put:
    saved = replace(chunk, version=chunk.version + 1)
    return Put(case_items.from_chunk(saved), _is_version(chunk.version))


def _is_pointer(found: Item) -> Condition:
    """Nobody wrote the pointer since it was read."""
    if not found:
        return ABSENT
    names = {"#ordinal": "ordinal"}
    if "case_id" not in found:
        return Condition("#ordinal = :ordinal AND attribute_not_exists(case_id)", {":ordinal": found["ordinal"]}, names)
    values = {":ordinal": found["ordinal"], ":case_id": found["case_id"]}
    return Condition("#ordinal = :ordinal AND case_id = :case_id", values, names)


def _is_version(version: int) -> Condition:
    return Condition("#version = :version", {":version": version}, {"#version": "version"})
