"""In-memory ports of the handover, and a WeCom that moves customers when told to."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import batched
from typing import Any

from scrm.handover.edges import Chunk, ChunkKind, TransferApi
from scrm.handover.errors import AccountDeletedError, AccountStillActiveError, StaleVersionError
from scrm.handover.model import ChangeKind, HandoverCase, SignalSource, StaffSignal
from scrm.handover.orphans import AuditStep
from scrm.handover.parts import Contents, PartResult, canonical, checksum
from scrm.handover.ports import (
    HEAD_OFFICE,
    MOST_CHUNKS_ADDED,
    MOST_CHUNKS_TOGETHER,
    Delivery,
    LeaversCustomer,
    StaffMember,
    TransferStatus,
)
from scrm.node_paths import branch_of

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CORP = "wwSIMCORP0000001"
LEAVER = "rm_wang01"
TAKER = "rm_li02"
BRANCH_PATH = "/1/10/"


class FakeCases:
    """Implements CaseRepository with the same version rule as the table."""

    def __init__(self) -> None:
        self.by_id: dict[str, HandoverCase] = {}
        self.latest: dict[str, tuple[str, int]] = {}
        self.chunk_rows: dict[tuple[str, ChunkKind, int], Chunk] = {}
        self.takeovers: set[tuple[str, str]] = set()
        self.ordinals: dict[str, int] = {}

    def case(self, case_id: str) -> HandoverCase | None:
        return self.by_id.get(case_id)

    def load(self, case_id: str) -> tuple[HandoverCase, list[Chunk]] | None:
        rows = sorted((key for key in self.chunk_rows if key[0] == case_id), key=lambda key: (key[1].value, key[2]))
        return (self.by_id[case_id], [self.chunk_rows[key] for key in rows]) if case_id in self.by_id else None

    def load_some(
        self, case_id: str, kind: ChunkKind, numbers: Sequence[int]
    ) -> tuple[HandoverCase, list[Chunk]] | None:
        loaded = self.load(case_id)
        if loaded is None:
            return None
        return loaded[0], [chunk for chunk in loaded[1] if chunk.kind is kind and chunk.number in numbers]

    def latest_case_of(self, userid: str) -> tuple[HandoverCase, int] | None:
        if userid not in self.latest:
            return None
        case_id, ordinal = self.latest[userid]
        return self.by_id[case_id], ordinal

    def next_ordinal(self, userid: str) -> int:
        return self.ordinals.get(userid, 0) + 1

    def open_case(self, case: HandoverCase, ordinal: int) -> bool:
        if case.case_id in self.by_id or self.next_ordinal(case.handover_userid) != ordinal:
            return False
        self.ordinals[case.handover_userid] = ordinal
        self.by_id[case.case_id] = case
        self.latest[case.handover_userid] = (case.case_id, ordinal)
        return True

    def save(self, case: HandoverCase, changed: Sequence[Chunk] = (), added: Sequence[Chunk] = ()) -> HandoverCase:
        if len(changed) + len(added) > MOST_CHUNKS_TOGETHER:
            raise AssertionError("more than one transaction takes")
        if self.by_id[case.case_id].version != case.version or not self._fit(changed, added):
            raise StaleVersionError(case.case_id)
        saved = self.by_id[case.case_id] = replace(case, version=case.version + 1)
        self._store(changed, added)
        return saved

    def save_chunks(self, changed: Sequence[Chunk]) -> list[Chunk]:
        if not self._fit(changed, ()):
            raise StaleVersionError
        self._store(changed, ())
        return [self.chunk_rows[_key(chunk)] for chunk in changed]

    def add_chunks(self, case: HandoverCase, added: Sequence[Chunk]) -> HandoverCase:
        for part in batched(added, MOST_CHUNKS_ADDED, strict=False):
            case = self.save(case, added=part)
        return case

    def _fit(self, changed: Sequence[Chunk], added: Sequence[Chunk]) -> bool:
        current = all(self.chunk_rows[_key(chunk)].version == chunk.version for chunk in changed)
        return current and not any(_key(chunk) in self.chunk_rows for chunk in added)

    def _store(self, changed: Sequence[Chunk], added: Sequence[Chunk]) -> None:
        self.chunk_rows |= {_key(chunk): replace(chunk, version=chunk.version + 1) for chunk in changed}
        self.chunk_rows |= {_key(chunk): chunk for chunk in added}
        self.takeovers |= {(chunk.takeover_userid, chunk.case_id) for chunk in added if chunk.takeover_userid}

    def due_cases(self, until: datetime) -> Iterator[str]:
        yield from [case.case_id for case in self.by_id.values() if case.due_at and case.due_at <= until]

    def next_due(self) -> datetime | None:
        return min((case.due_at for case in self.by_id.values() if case.due_at), default=None)

    def close(self, case: HandoverCase) -> HandoverCase:
        saved = self.save(case)
        self.takeovers -= {(userid, case.case_id) for userid in case.successors}
        return saved

    def cases_taken_over_by(self, takeover_userid: str) -> Iterator[str]:
        yield from sorted(case_id for userid, case_id in self.takeovers if userid == takeover_userid)

    def move_latest_case(self, old: str, new: str) -> None:
        if old in self.latest:
            moved = self.latest.pop(old)
            present = self.latest.get(new, moved)
            self.latest[new] = max(moved, present, key=lambda found: (self.by_id[found[0]].is_open, found[1]))
            self.ordinals[new] = max(moved[1], self.ordinals.get(new, 0))
            self.latest[new] = (self.latest[new][0], self.ordinals[new])

    def move_taker(self, case_id: str, old: str, new: str) -> None:
        self.takeovers = (self.takeovers - {(old, case_id)}) | {(new, case_id)}


def _key(chunk: Chunk) -> tuple[str, ChunkKind, int]:
    return chunk.case_id, chunk.kind, chunk.number


@dataclass
class FakeQueue:
    """Implements HandoverQueue; remembers what was asked for."""

    plans: list[str] = field(default_factory=list)
    transfers: list[Chunk] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)
    audits: list[AuditStep] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def request_plan(self, case_id: str) -> None:
        self.plans.append(case_id)

    def request_transfers(self, chunks: Sequence[Chunk]) -> None:
        self.transfers.extend(chunks)

    def request_polls(self, case_ids: Sequence[str]) -> None:
        self.polls.extend(case_ids)

    def request_audit(self, step: AuditStep, not_before: datetime | None = None) -> None:
        self.audits.append(step)

    def request_deliveries(self, deliveries: Sequence[Delivery], not_before: datetime | None = None) -> None:
        self.deliveries.extend(deliveries)


class FakeStaff:
    """Implements StaffDirectory over a list of members; ``manager`` answers for each branch, ``gone`` are not there."""

    def __init__(self, members: Iterable[StaffMember] = (), manager: str = "mgr_zhao") -> None:
        self.members = {member.userid: member for member in members}
        self.manager = manager
        self.gone: set[str] = set()

    def staff_member(self, userid: str) -> StaffMember | None:
        found = self.members.get(userid)
        return replace(found, can_take_over=False) if found and userid in self.gone else found

    def colleagues(self, node_path: str) -> Iterable[StaffMember]:
        found = (self.staff_member(userid) for userid in self.members)
        return [member for member in found if member and branch_of(member.node_path) == branch_of(node_path)]

    def manager_of(self, node_path: str, *, leaver: str) -> str:
        return self.manager if self.manager != leaver and self.is_active(self.manager) else HEAD_OFFICE

    def is_active(self, userid: str) -> bool:
        known = self.members.get(userid)
        on_leave = known is not None and known.on_leave
        return userid in {HEAD_OFFICE, self.manager, *self.members} - self.gone and not on_leave


@dataclass
class FakeCustomers:
    """Implements CustomerBook."""

    customers: dict[str, list[LeaversCustomer]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)

    def customers_of(self, userid: str) -> Iterator[LeaversCustomer]:
        yield from self.customers.get(userid, [])

    def groups_of(self, userid: str) -> Iterator[str]:
        yield from self.groups.get(userid, [])

    def load_of(self, userid: str) -> int:
        return len(self.customers.get(userid, []))


class FakeTransfers:
    """Implements Transfers: a small WeCom. ``fail_next`` is raised by the next call that moves something.

    With ``drop_answer`` the work is done and the answer lost. ``accounts`` are the members WeCom has.
    ``lands_before_next`` is an earlier call, (api, taker, customers), that reaches WeCom right before the next one.
    """

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.statuses: dict[tuple[TransferApi, str, str], TransferStatus] = {}
        self.codes: dict[str, int] = {}
        self.owners: dict[str, str] = {}
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self.greetings: list[str] = []
        self.fail_next: Exception | None = None
        self.drop_answer: Exception | None = None
        self.lands_before_next: tuple[TransferApi, str, tuple[str, ...]] | None = None

    def account_exists(self, userid: str) -> bool:
        return userid in self.accounts

    def transfer_customers(
        self,
        api: TransferApi,
        handover_userid: str,
        takeover_userid: str,
        external_userids: Sequence[str],
        greeting: str = "",
        following: int = 0,
    ) -> dict[str, int]:
        self._trouble()
        self._check(api, handover_userid)
        self._land_late_call()
        self.calls.append((takeover_userid, tuple(external_userids)))
        self.greetings.append(greeting)
        answer = {}
        for customer in external_userids:
            running = TransferStatus.WAITING in self._of(customer)
            answer[customer] = 40129 if running else self.codes.get(customer, 0)
            if answer[customer] == 0:
                self.statuses[api, takeover_userid, customer] = TransferStatus.WAITING
        self._lose_answer()
        return answer

    def customer_results(
        self, api: TransferApi, handover_userid: str, takeover_userid: str
    ) -> Iterator[tuple[str, TransferStatus]]:
        for (of_api, taker, customer), status in list(self.statuses.items()):
            if of_api is api and taker == takeover_userid:
                yield customer, status

    def transfer_groups(self, api: TransferApi, chat_ids: Sequence[str], new_owner: str) -> dict[str, int]:
        self._trouble()
        self._check(api, LEAVER)
        self.calls.append((new_owner, tuple(chat_ids)))
        failed = {chat_id: self.codes[chat_id] for chat_id in chat_ids if chat_id in self.codes}
        self.owners |= {chat_id: new_owner for chat_id in chat_ids if chat_id not in failed}
        self._lose_answer()
        return failed

    def group_owner(self, chat_id: str) -> str:
        return self.owners.get(chat_id, LEAVER)

    def decide(self, status: TransferStatus = TransferStatus.DONE, only: str = "") -> None:
        """Every waiting customer, or ``only`` this one, ends with ``status``."""
        for key, known in self.statuses.items():
            if known is TransferStatus.WAITING and only in {"", key[2]}:
                self.statuses[key] = status

    def _of(self, customer: str) -> list[TransferStatus]:
        return [status for (_, _, known), status in self.statuses.items() if known == customer]

    def _check(self, api: TransferApi, handover_userid: str) -> None:
        if api is TransferApi.RESIGNED and handover_userid in self.accounts:
            raise AccountStillActiveError
        if api is TransferApi.ON_JOB and handover_userid not in self.accounts:
            raise AccountDeletedError

    def _land_late_call(self) -> None:
        if self.lands_before_next is not None:
            api, taker, customers_of_it = self.lands_before_next
            self.statuses |= dict.fromkeys(((api, taker, one) for one in customers_of_it), TransferStatus.WAITING)
            self.lands_before_next = None

    def _trouble(self) -> None:
        error, self.fail_next = self.fail_next, None
        if error is not None:
            raise error

    def _lose_answer(self) -> None:
        error, self.drop_answer = self.drop_answer, None
        if error is not None:
            raise error


@dataclass
class FakeContacts:
    """Implements ContactRecords."""

    customers: list[tuple[str, str]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    quotas: list[tuple[str, bool]] = field(default_factory=list)

    def customers_taken_over(
        self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str], api: TransferApi, at: datetime
    ) -> None:
        self.customers.extend((customer, takeover_userid) for customer in external_userids)

    def quota_counted(self, case: HandoverCase, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        self.quotas.extend((customer, full) for customer in external_userids)

    def groups_taken_over(self, case: HandoverCase, chat_ids: Sequence[str], at: datetime) -> None:
        self.groups.extend(chat_ids)


class FakePart:
    """Implements HandoverPart: a note a customer, ``per_call`` of them applied by a call.

    ``trouble`` is raised by the next call, after ``half`` of its work when that is set.
    """

    def __init__(self, notes: Mapping[str, str], per_call: int = 100, name: str = "relation") -> None:
        self.name = name
        self.notes = dict(notes)
        self.per_call = per_call
        self.given: dict[str, dict[str, str]] = {}
        self.trouble: Exception | None = None

    def collect(self, handover_userid: str, external_userids: Sequence[str]) -> dict[str, Any]:
        return {customer: self.notes[customer] for customer in external_userids if customer in self.notes}

    def apply(self, takeover_userid: str, contents: Mapping[str, Any], attempt_id: str, cursor: str = "") -> PartResult:
        error, self.trouble = self.trouble, None
        if error is not None:
            raise error
        page = [customer for customer in sorted(contents) if customer > cursor][: self.per_call]
        has = self.given.setdefault(takeover_userid, {})
        differing = [customer for customer in page if has.get(customer) != contents[customer]]
        has |= {customer: contents[customer] for customer in differing}
        more = bool(page) and page[-1] != max(contents)
        written = len(differing)
        return PartResult(len(page), written, written, not_carried=len(page), cursor=page[-1] if more else "")


class FakePackages:
    """Implements PackageStore."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], bytes] = {}

    def put(self, case_id: str, contents: Contents) -> str:
        self.documents[case_id, checksum(contents)] = canonical(contents)
        return checksum(contents)

    def get(self, case_id: str, package: str) -> Contents:
        found: Contents = json.loads(self.documents[case_id, package])
        return found


@dataclass
class FakeRmTasks:
    """Implements RmTasks."""

    greeted: dict[str, set[str]] = field(default_factory=dict)

    def greet_customers(self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str]) -> None:
        self.greeted.setdefault(takeover_userid, set()).update(external_userids)


@dataclass
class FakeNotifier:
    """Implements Notifier. ``postponed`` is raised while it is set; ``unreachable`` members get nothing."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    postponed: Exception | None = None

    def tell(self, userid: str, title: str, text: str) -> bool:
        if self.postponed is not None:
            raise self.postponed
        if userid in self.unreachable:
            return False
        self.sent.append((userid, title, text))
        return True

    def sent_to(self, userid: str) -> list[str]:
        """The titles."""
        return [title for receiver, title, _ in self.sent if receiver == userid]


@dataclass
class FakeCertificates:
    """Implements CertificateDocuments."""

    documents: dict[str, bytes] = field(default_factory=dict)

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        self.documents[key] = b"".join(pieces)

    def lines(self, key: str) -> Iterator[bytes] | None:
        found = self.documents.get(key)
        return None if found is None else iter(found.splitlines(keepends=True))


@dataclass
class FakeJournal:
    """Implements Journal."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def opened(self, case: HandoverCase, signal: StaffSignal) -> None:
        self.told.append(("opened", case.case_id))

    def planned(self, case: HandoverCase) -> None:
        self.told.append(("planned", case.case_id))

    def ended(self, case: HandoverCase) -> None:
        self.told.append((f"ended:{case.state.value}", case.case_id))

    def decided(self, case: HandoverCase, action: str, actor: str, at: datetime) -> None:
        self.told.append((f"{action}:{actor}", case.case_id))


class FakeClock:
    """A clock that tests move."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, step: timedelta) -> None:
        self.moment += step


def staff(userid: str, *, can_take_over: bool = True, rejoined_at: datetime | None = None) -> StaffMember:
    return StaffMember(userid, "", "10", BRANCH_PATH, "杭州分行", can_take_over, rejoined_at)


def signal(
    source: SignalSource = SignalSource.HR,
    event_id: str = "hr-1",
    *,
    change: ChangeKind = ChangeKind.DEPARTURE,
    successors: tuple[str, ...] = (),
    at: datetime = START,
    last_day: date | None = None,
    cancels: bool = False,
) -> StaffSignal:
    """A word of HR, or of a callback that tells of the account's deletion."""
    return StaffSignal(
        corp_id=CORP,
        userid=LEAVER,
        change=change,
        source=source,
        kind="told",
        event_id=event_id,
        occurred_at=at,
        last_day=last_day,
        successor_userids=successors,
        account_deleted=source is SignalSource.CALLBACK,
        cancels=cancels,
    )


def customers(count: int, ineligible: str = "") -> list[LeaversCustomer]:
    return [LeaversCustomer(f"wm{place:05d}{ineligible[:4]}", ineligible) for place in range(count)]
