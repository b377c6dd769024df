"""In-memory ports of the contacts feature, by the rules of the table, and a WeCom whose lists the test writes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from scrm.contacts.accountability import Accountability
from scrm.contacts.changes import ContactChanges
from scrm.contacts.full_pass import FullPass
from scrm.contacts.groups import GroupChanges
from scrm.contacts.model import Alias, Claim, Customer, GroupChat, QuotaUse, Relation, RelationDetails, RelationState
from scrm.contacts.names import Rename
from scrm.contacts.ports import (
    Change,
    CursorLostError,
    FoundRelation,
    Known,
    RelationKey,
    UnknownMemberError,
    notes_of,
)
from scrm.contacts.runs import Part, PassCounts, SyncRun
from scrm.contacts.writer import CustomerWriter

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
_ITEMS_PER_TRANSACTION = 100


class FakeContacts:
    """Implements ContactRepository. ``requests`` counts reads and writes; ``before_write`` lets somebody be faster.

    ``note_owners`` hears, within the write, of each customer who gets another owner: his id, from whom, to whom, and
    his version.
    """

    def __init__(self, note_owners: Callable[[list[tuple[str, str, str, int]]], None] = lambda _: None) -> None:
        self.note_owners = note_owners
        self.rows: dict[str, dict[str, Relation]] = defaultdict(dict)
        self.customer_rows: dict[str, Customer] = {}
        self.aliases: dict[str, Alias] = {}
        self.group_rows: dict[str, GroupChat] = {}
        self.seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.requests = 0
        self.before_write: Callable[[], None] = lambda: None

    def read(
        self, relations: Sequence[RelationKey] = (), customers: Sequence[str] = (), aliases: Sequence[str] = ()
    ) -> Known:
        keys = len({*relations}) + len({*customers}) + len({*aliases})
        self.requests += -(-keys // 100)
        return Known(
            {key: self.rows[key[0]][key[1]] for key in relations if key[1] in self.rows[key[0]]},
            {name: self.customer_rows[name] for name in customers if name in self.customer_rows},
            {name: self.aliases[name] for name in aliases if name in self.aliases},
        )

    def customers(self, external_userids: Sequence[str]) -> dict[str, Customer]:
        return dict(self.read(customers=external_userids).customers)

    def details_of(self, userid: str, external_userids: Sequence[str]) -> dict[str, RelationDetails]:
        rows = self.read(relations=[(userid, external_userid) for external_userid in external_userids]).relations
        return {external_userid: row.details for (_, external_userid), row in rows.items()}

    def write(self, changes: Sequence[Change]) -> bool:
        assert 0 < sum(change.items for change in changes) + notes_of(changes) <= _ITEMS_PER_TRANSACTION
        hook, self.before_write = self.before_write, lambda: None
        hook()
        self.requests += 1
        for change in changes:
            if change.customer and self._customer_version(change.customer) != change.customer.version:
                return False
            if any(self._row_version(row) != row.version for row in change.relations):
                return False
        moved = [
            (change.customer.external_userid, *change.owners, change.customer.version + 1)
            for change in changes
            if change.customer and change.owners
        ]
        if moved:
            self.note_owners(moved)
        for change in changes:
            if change.customer:
                newer = replace(change.customer, version=change.customer.version + 1)
                self.customer_rows[newer.external_userid] = newer
            for row in change.relations:
                self.rows[row.userid][row.external_userid] = replace(row, version=row.version + 1)
        return True

    def note_taken_over(self, claim: Claim, external_userids: Sequence[str], quota_use: QuotaUse | None) -> bool:
        """Never without reading: the table's short way is compared with the long one (tests/integration)."""
        return False

    def relations_of(self, userid: str) -> Iterator[Relation]:
        for external_userid in sorted(self.rows[userid]):
            if self.rows[userid][external_userid].state is not RelationState.ENDED:
                yield self.rows[userid][external_userid]

    def relations_after(self, userid: str, external_userid: str, limit: int) -> list[Relation]:
        return [row for row in self.relations_of(userid) if row.external_userid > external_userid][:limit]

    def count_relations(self, userid: str) -> int:
        return sum(1 for _ in self.relations_of(userid))

    def count_settled(self, userid: str, until: datetime) -> int:
        rows = self.rows[userid].values()
        counted = {RelationState.ACTIVE, RelationState.DELETED_BY_CUSTOMER}
        return sum(row.state in counted and row.changed_at <= until for row in rows)

    def put_alias(self, alias: Alias) -> None:
        known = self.aliases.get(alias.userid)
        if known is None or known.at <= alias.at:
            self.aliases[alias.userid] = alias

    def note_seen(self, run_id: str, userid: str, external_userids: Sequence[str]) -> None:
        self.seen[run_id, userid] |= set(external_userids)

    def seen_by(self, run_id: str, userid: str) -> Iterator[str]:
        yield from sorted(self.seen[run_id, userid])

    def groups_of(self, userid: str) -> Iterator[GroupChat]:
        yield from [group for group in self.group_rows.values() if group.owner_userid == userid]

    def group(self, chat_id: str) -> GroupChat | None:
        return self.group_rows.get(chat_id)

    def put_group(self, group: GroupChat) -> bool:
        known = self.group_rows.get(group.chat_id)
        if known and known.changed_at > group.changed_at:
            return False
        self.group_rows[group.chat_id] = group
        return True

    def remove_group(self, chat_id: str) -> None:
        self.group_rows.pop(chat_id, None)

    def live(self) -> dict[RelationKey, Relation]:
        """Relations that have not ended."""
        return {
            (row.userid, row.external_userid): row
            for rows in self.rows.values()
            for row in rows.values()
            if row.state is not RelationState.ENDED
        }

    def _customer_version(self, customer: Customer) -> int:
        known = self.customer_rows.get(customer.external_userid)
        return known.version if known else 0

    def _row_version(self, row: Relation) -> int:
        known = self.rows[row.userid].get(row.external_userid)
        return known.version if known else 0


@dataclass
class FakeCustomerSource:
    """Implements CustomerSource. ``relations`` are WeCom's rows by member; ``calls`` counts pages."""

    relations: dict[str, dict[str, FoundRelation]] = field(default_factory=dict)
    details: dict[RelationKey, RelationDetails] = field(default_factory=dict)
    groups: dict[str, GroupChat] = field(default_factory=dict)
    departed: set[str] = field(default_factory=set)
    page_size: int = 100
    calls: int = 0
    lose_cursor_at: int = -1
    on_call: Callable[[], None] = lambda: None

    def follow(self, userid: str, external_userid: str, since: datetime = T0, **details: str) -> None:
        noted = RelationDetails(**details)  # type: ignore[arg-type]
        self.relations.setdefault(userid, {})[external_userid] = FoundRelation(userid, external_userid, since, noted)

    def members_serving_customers(self) -> list[str]:
        return sorted(self.relations)

    def relations_page(self, userids: Sequence[str], cursor: str) -> tuple[list[FoundRelation], str]:
        self.calls += 1
        self.on_call()
        if self.departed & set(userids):
            raise UnknownMemberError
        if self.calls == self.lose_cursor_at:
            raise CursorLostError
        number, _, after = cursor.partition("/")
        rows: list[FoundRelation] = []
        for place in range(int(number or 0), len(userids)):
            known = self.relations.get(userids[place], {})
            # The newest first, so that nobody relies on an order that WeCom does not promise.
            names = [name for name in sorted(known, reverse=True) if not after or name < after]
            after = ""
            rows += [known[name] for name in names[: self.page_size - len(rows)]]
            if len(rows) == self.page_size:
                return rows, f"{place}/{rows[-1].external_userid}"
        return rows, ""

    def details_of(self, userid: str, external_userid: str) -> RelationDetails | None:
        return self.details.get((userid, external_userid))

    def groups_of(self, userid: str) -> Iterator[str]:
        if userid not in self.departed:
            yield from [chat_id for chat_id, group in self.groups.items() if group.owner_userid == userid]

    def group(self, chat_id: str) -> GroupChat | None:
        return self.groups.get(chat_id)


class FakeSyncRuns:
    """Implements SyncRuns."""

    def __init__(self) -> None:
        self.runs: dict[str, SyncRun] = {}
        self.parts: dict[tuple[str, int], tuple[str, ...]] = {}
        self.done: set[tuple[str, int]] = set()

    def run(self, run_id: str) -> SyncRun | None:
        return self.runs.get(run_id)

    def plan(self, run: SyncRun, parts: Sequence[tuple[str, ...]]) -> SyncRun:
        if run.run_id not in self.runs:
            self.runs[run.run_id] = run
            self.parts |= {(run.run_id, number): userids for number, userids in enumerate(parts)}
        return self.runs[run.run_id]

    def open_parts(self, run_id: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        for (run, number), userids in sorted(self.parts.items()):
            if run == run_id and (run, number) not in self.done:
                yield number, userids

    def finish_part(self, run_id: str, number: int, counts: PassCounts) -> bool:
        if (run_id, number) in self.done:
            return False
        self.done.add((run_id, number))
        run = self.runs[run_id]
        self.runs[run_id] = replace(run, parts_done=run.parts_done + 1, counts=run.counts + counts)
        return True

    def finish(self, run_id: str, at: datetime) -> bool:
        if self.runs[run_id].finished_at is not None:
            return False
        self.runs[run_id] = replace(self.runs[run_id], finished_at=at)
        return True


@dataclass
class Contacts:
    """The feature on fakes. ``moment`` is now."""

    repository: FakeContacts = field(default_factory=FakeContacts)
    source: FakeCustomerSource = field(default_factory=FakeCustomerSource)
    runs: FakeSyncRuns = field(default_factory=FakeSyncRuns)
    moment: datetime = T0
    finished: list[SyncRun] = field(default_factory=list)
    drift: list[int] = field(default_factory=list)

    @property
    def writer(self) -> CustomerWriter:
        return CustomerWriter(self.repository, lambda: self.moment)

    @property
    def changes(self) -> ContactChanges:
        return ContactChanges(self.source, self.repository, self.writer)

    @property
    def groups(self) -> GroupChanges:
        return GroupChanges(self.source, self.repository)

    @property
    def rename(self) -> Rename:
        return Rename(self.repository, self.writer)

    @property
    def accountability(self) -> Accountability:
        return Accountability(self.repository, self.writer)

    @property
    def full_pass(self) -> FullPass:
        return FullPass(
            source=self.source,
            repository=self.repository,
            writer=self.writer,
            groups=self.groups,
            runs=self.runs,
            on_part=lambda counts: self.drift.append(counts.drift),
            on_finished=self.finished.append,
        )

    def pass_over(self, run_id: str, at: datetime) -> SyncRun:
        """A whole run, part after part."""
        run = self.full_pass.plan(run_id, at)
        for part in self.full_pass.open_parts(run):
            left: Part | None = part
            while left is not None:
                left = self.full_pass.step(left)
        self.full_pass.finish_if_complete(run_id, at)
        return self.runs.runs[run_id]

    def customer(self, external_userid: str) -> Customer:
        return self.repository.customer_rows[external_userid]
