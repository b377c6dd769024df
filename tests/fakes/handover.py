"""In-memory ports of the handover, and a WeCom that moves customers when told to."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from scrm.handover.errors import AccountStillActiveError, StaleVersionError
from scrm.handover.model import CaseState, Chunk, ChunkKind, DepartureSignal, HandoverCase, SignalSource
from scrm.handover.ports import LeaversCustomer, StaffMember, TransferStatus

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

    def case(self, case_id: str) -> HandoverCase | None:
        return self.by_id.get(case_id)

    def latest_case_of(self, userid: str) -> tuple[HandoverCase, int] | None:
        if userid not in self.latest:
            return None
        case_id, ordinal = self.latest[userid]
        return self.by_id[case_id], ordinal

    def open_case(self, case: HandoverCase, ordinal: int) -> bool:
        known = self.latest.get(case.handover_userid, ("", 0))[1]
        if case.case_id in self.by_id or known != ordinal - 1:
            return False
        self.by_id[case.case_id] = case
        self.latest[case.handover_userid] = (case.case_id, ordinal)
        return True

    def save_case(self, case: HandoverCase) -> HandoverCase:
        if self.by_id[case.case_id].version != case.version:
            raise StaleVersionError(case.case_id)
        saved = self.by_id[case.case_id] = replace(case, version=case.version + 1)
        if saved.state is CaseState.CLOSED:
            self.takeovers -= {(userid, case.case_id) for userid in case.successors}
        return saved

    def chunks(self, case_id: str) -> Iterator[Chunk]:
        rows = sorted((key for key in self.chunk_rows if key[0] == case_id), key=lambda key: (key[1].value, key[2]))
        yield from [self.chunk_rows[key] for key in rows]

    def chunk(self, case_id: str, kind: ChunkKind, number: int) -> Chunk | None:
        return self.chunk_rows.get((case_id, kind, number))

    def add_chunk(self, chunk: Chunk) -> bool:
        key = (chunk.case_id, chunk.kind, chunk.number)
        if key in self.chunk_rows:
            return False
        self.chunk_rows[key] = chunk
        return True

    def save_chunk(self, chunk: Chunk) -> Chunk:
        key = (chunk.case_id, chunk.kind, chunk.number)
        if self.chunk_rows[key].version != chunk.version:
            raise StaleVersionError(chunk.case_id)
        saved = self.chunk_rows[key] = replace(chunk, version=chunk.version + 1)
        return saved

    def due_cases(self, until: datetime) -> Iterator[str]:
        yield from [case.case_id for case in self.by_id.values() if case.due_at and case.due_at <= until]

    def remember_takeover(self, takeover_userid: str, case_id: str) -> None:
        self.takeovers.add((takeover_userid, case_id))

    def cases_taken_over_by(self, takeover_userid: str) -> Iterator[str]:
        yield from sorted(case_id for userid, case_id in self.takeovers if userid == takeover_userid)


@dataclass
class FakeQueue:
    """Implements HandoverQueue; remembers what was asked for."""

    plans: list[str] = field(default_factory=list)
    transfers: list[Chunk] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)

    def request_plan(self, case_id: str) -> None:
        self.plans.append(case_id)

    def request_transfers(self, chunks: Sequence[Chunk]) -> None:
        self.transfers.extend(chunks)

    def request_polls(self, case_ids: Sequence[str]) -> None:
        self.polls.extend(case_ids)


class FakeStaff:
    """Implements StaffDirectory over a list of members of one branch."""

    def __init__(self, members: Iterable[StaffMember] = (), manager: str = "mgr_zhao") -> None:
        self.members = {member.userid: member for member in members}
        self.manager = manager

    def staff_member(self, userid: str) -> StaffMember | None:
        return self.members.get(userid)

    def colleagues(self, node_path: str) -> Iterable[StaffMember]:
        return [member for member in self.members.values() if member.node_path.startswith(node_path[:6])]

    def manager_of(self, node_path: str, *, leaver: str) -> str:
        return self.manager


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

    With ``drop_answer`` the work is done and the answer lost.
    """

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.statuses: dict[str, TransferStatus] = {}
        self.codes: dict[str, int] = {}
        self.owners: dict[str, str] = {}
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self.fail_next: Exception | None = None
        self.drop_answer: Exception | None = None

    def account_exists(self, userid: str) -> bool:
        return userid in self.accounts

    def transfer_customers(
        self, handover_userid: str, takeover_userid: str, external_userids: Sequence[str]
    ) -> dict[str, int]:
        self._trouble()
        if handover_userid in self.accounts:
            raise AccountStillActiveError
        self.calls.append(("customers", tuple(external_userids)))
        answer = {}
        for customer in external_userids:
            running = self.statuses.get(customer) is TransferStatus.WAITING
            answer[customer] = 40129 if running else self.codes.get(customer, 0)
            if answer[customer] == 0:
                self.statuses[customer] = TransferStatus.WAITING
        self._lose_answer()
        return answer

    def customer_results(self, handover_userid: str, takeover_userid: str) -> Iterator[tuple[str, TransferStatus]]:
        yield from self.statuses.items()

    def transfer_groups(self, chat_ids: Sequence[str], new_owner: str) -> dict[str, int]:
        self._trouble()
        self.calls.append(("groups", tuple(chat_ids)))
        failed = {chat_id: self.codes[chat_id] for chat_id in chat_ids if chat_id in self.codes}
        self.owners |= {chat_id: new_owner for chat_id in chat_ids if chat_id not in failed}
        self._lose_answer()
        return failed

    def group_owner(self, chat_id: str) -> str:
        return self.owners.get(chat_id, LEAVER)

    def decide(self, status: TransferStatus = TransferStatus.DONE) -> None:
        """Every waiting customer ends with ``status``."""
        for customer, known in self.statuses.items():
            if known is TransferStatus.WAITING:
                self.statuses[customer] = status

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

    def customers_taken_over(
        self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str], at: datetime
    ) -> None:
        self.customers.extend((customer, takeover_userid) for customer in external_userids)

    def groups_taken_over(self, case: HandoverCase, chat_ids: Sequence[str], at: datetime) -> None:
        self.groups.extend(chat_ids)


@dataclass
class FakeJournal:
    """Implements Journal."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def opened(self, case: HandoverCase, signal: DepartureSignal) -> None:
        self.told.append(("opened", case.case_id))

    def planned(self, case: HandoverCase) -> None:
        self.told.append(("planned", case.case_id))

    def ended(self, case: HandoverCase) -> None:
        self.told.append((f"ended:{case.state.value}", case.case_id))


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
    source: SignalSource = SignalSource.HR, event_id: str = "hr-1", successor: str = "", at: datetime = START
) -> DepartureSignal:
    return DepartureSignal(CORP, LEAVER, source, "departed", event_id, at, successor)


def customers(count: int, ineligible: str = "") -> list[LeaversCustomer]:
    return [LeaversCustomer(f"wm{place:05d}{ineligible[:4]}", ineligible) for place in range(count)]
