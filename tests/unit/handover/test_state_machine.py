"""Invariants 1 and 8 under random staff changes, decisions, faults, kills and clock steps; checked after each.

1: every customer of the member is in exactly one edge, with an active owner, or somebody's open task with a date; the
states sum up. 8: no call without a stored intent, none repeated before its outcome was looked up, no evidence of what
did not happen. No call of a plan that needs approval before somebody who did not make it has approved it. Once all
comes to rest every edge is settled.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scrm.handover.approval import plan_checksum, plan_size
from scrm.handover.edges import Chunk, ChunkKind, ChunkState, Edge, EdgeState, TransferApi
from scrm.handover.errors import (
    DecisionRefusedError,
    OutcomeUnknownError,
    StaleVersionError,
    TransferPostponedError,
    until_current,
)
from scrm.handover.model import CaseState, ChangeKind, HandoverCase, SignalSource, StaffSignal
from scrm.handover.ports import LeaversCustomer, TransferStatus
from scrm.handover.settings import HandoverSettings
from scrm.handover.sweep import OrphanSweep
from tests.fakes.handover import CORP, LEAVER, TAKER, FakeCases, FakeStaff, FakeTransfers, signal, staff
from tests.fakes.orphans import FakeDeparted
from tests.killing import KilledError, Killer, KillPlace, remote
from tests.unit.handover.conftest import Bank

COLLEAGUES = (TAKER, "rm_zhou03", "rm_sun04")
CUSTOMERS = [f"wm{place:05d}" for place in range(7)]
ENDED = {EdgeState.DONE, EdgeState.INELIGIBLE, EdgeState.KEPT, EdgeState.RESOLVED}
KILLS = st.none() | st.builds(KillPlace, st.integers(0, 14), st.booleans())

type Asked = tuple[TransferApi, str, str]


class StrictWecom(FakeTransfers):
    """As the fake, with what WeCom itself guards: a customer who has moved is followed no more (40131).

    It refuses what invariant 8 forbids: a call that nobody stored the intent of, and one whose last outcome is unknown
    and was not looked up. ``started`` counts by customer.
    """

    def __init__(self, cases: "WatchedCases") -> None:
        super().__init__()
        self.started: Counter[str] = Counter()
        self.unknown: set[Asked] = set()
        self.settings = HandoverSettings(approval_above=None)
        self.worker_runs = False
        self._cases = cases

    def transfer_customers(
        self,
        api: TransferApi,
        handover_userid: str,
        takeover_userid: str,
        external_userids: Sequence[str],
        greeting: str = "",
        following: int = 0,
    ) -> dict[str, int]:
        self._must_be_intended(ChunkKind.CUSTOMERS, api, takeover_userid, external_userids)
        asked = {(api, takeover_userid, one) for one in external_userids}
        assert not asked & self.unknown, "called again without a look-up"
        self.unknown |= asked
        moved = {key[2] for key, status in self.statuses.items() if status is TransferStatus.DONE}
        free = [one for one in external_userids if one not in moved]
        running = {key[2] for key, status in self.statuses.items() if status is TransferStatus.WAITING}
        before = len(self.calls)
        try:
            answer = super().transfer_customers(api, handover_userid, takeover_userid, free, greeting, following)
        finally:
            if len(self.calls) > before:
                self.started.update(one for one in free if one not in running and self.codes.get(one, 0) == 0)
        return answer | dict.fromkeys(moved.intersection(external_userids), 40131)

    def transfer_groups(self, api: TransferApi, chat_ids: Sequence[str], new_owner: str) -> dict[str, int]:
        self._must_be_intended(ChunkKind.GROUPS, api, new_owner, chat_ids)
        return super().transfer_groups(api, chat_ids, new_owner)

    def customer_results(
        self, api: TransferApi, handover_userid: str, takeover_userid: str
    ) -> Iterator[tuple[str, TransferStatus]]:
        if self.worker_runs:  # what a poll reads for other chunks is no look-up of this one
            self.unknown = {one for one in self.unknown if one[:2] != (api, takeover_userid)}
        yield from super().customer_results(api, handover_userid, takeover_userid)

    def _must_be_intended(self, kind: ChunkKind, api: TransferApi, taker: str, ids: Sequence[str]) -> None:
        intended = [
            chunk
            for chunk in self._cases.chunk_rows.values()
            if (chunk.kind, chunk.api, chunk.takeover_userid, chunk.state) == (kind, api, taker, ChunkState.INTENDED)
        ]
        assert any({edge.target_id for edge in chunk.edges} >= set(ids) for chunk in intended), "no intent is stored"
        self._must_be_approved(intended[0].case_id)

    def _must_be_approved(self, case_id: str) -> None:
        case, chunks = self._cases.by_id[case_id], self._cases.chunk_rows.values()
        size = plan_size(chunk for chunk in chunks if chunk.case_id == case_id)
        if self.settings.approval_above is None or size <= self.settings.approval_above:
            return
        assert case.review is not None, "nobody has looked at the plan"
        assert case.review.approved, "the plan was sent back"
        assert size * 100 <= case.review.customers * (100 + self.settings.approval_growth_percent), "another plan"


class WatchedCases(FakeCases):
    """Tells WeCom's guard which outcomes are stored."""

    def __init__(self) -> None:
        super().__init__()
        self.on_outcome: Callable[[Chunk], None] | None = None

    def _store(self, changed: Sequence[Chunk], added: Sequence[Chunk]) -> None:
        super()._store(changed, added)
        for chunk in changed:
            if chunk.state is not ChunkState.INTENDED and self.on_outcome is not None:
                self.on_outcome(chunk)


class StaffChanges(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stored = WatchedCases()
        self.wecom = StrictWecom(self.stored)
        self.stored.on_outcome = self.outcome_is_known
        self.wecom.accounts |= {LEAVER, *COLLEAGUES}
        self.killer = Killer()
        self.bank = Bank(
            wecom=remote(self.wecom, self.killer),
            cases=remote(self.stored, self.killer),
            staff=FakeStaff([staff(LEAVER), *map(staff, COLLEAGUES)]),
        )
        self.queue, self.journal = self.bank.queue, self.bank.journal
        self.bank.queue = remote(self.bank.queue, self.killer)
        self.bank.contacts = remote(self.bank.contacts, self.killer)
        self.bank.journal = remote(self.bank.journal, self.killer)
        self.bank.certificates = remote(self.bank.certificates, self.killer)
        self.bank.book.customers[LEAVER] = [LeaversCustomer(one) for one in CUSTOMERS[:4]]
        self.told = 0
        self.unheard_of = False
        self.signals: list[StaffSignal] = []

    @initialize(
        approval_above=st.sampled_from([None, None, None, 3]),
        story=st.sampled_from(["nothing", "leaves soon", "leaves soon", "is gone", "changes post"]),
    )
    def it_begins(self, approval_above: int | None, story: str) -> None:
        """Somewhere in a handover, so that the steps that follow meet one."""
        self.bank.settings = self.wecom.settings = HandoverSettings(ids_per_call=3, approval_above=approval_above)
        if story == "nothing":
            return
        change = ChangeKind.TRANSFER if story == "changes post" else ChangeKind.DEPARTURE
        self.hr_speaks(change, 4, [], 1, cancels=False)
        if story == "is gone":
            self.it_deletes_the_account(told=True, forgets=False)

    def outcome_is_known(self, chunk: Chunk) -> None:
        ids = {edge.target_id for edge in chunk.edges}
        self.wecom.unknown = {one for one in self.wecom.unknown if one[1] != chunk.takeover_userid or one[2] not in ids}

    def runs(self, action: Callable[[], Any], kill: KillPlace | None = None) -> bool:
        """Whether one invocation came to its end."""
        self.killer.begin(kill)
        try:
            until_current(action)
        except (KilledError, StaleVersionError):
            return False
        finally:
            self.killer.armed = False
        return True

    # What HR, IT and customers do

    @rule(
        change=st.sampled_from(ChangeKind),
        days=st.none() | st.integers(0, 12),
        cancels=st.booleans(),
        successors=st.lists(st.sampled_from(COLLEAGUES), max_size=2, unique=True),
        repeat=st.integers(1, 2),
    )
    def hr_speaks(
        self, change: ChangeKind, days: int | None, successors: list[str], repeat: int, *, cancels: bool
    ) -> None:
        self.told += 1
        last_day = None if days is None else (self.bank.clock() + timedelta(days=days)).date()
        word = signal(
            event_id=f"hr-{self.told}",
            change=change,
            at=self.bank.clock(),
            last_day=last_day,
            cancels=cancels,
            successors=tuple(successors),
        )
        self.signals += [word] * repeat

    @precondition(lambda self: LEAVER in self.wecom.accounts)
    @rule(told=st.booleans(), forgets=st.booleans())
    def it_deletes_the_account(self, *, told: bool, forgets: bool) -> None:
        """The callback may be lost, and WeCom may forget what was on its way (UNVERIFIED)."""
        self.wecom.accounts.discard(LEAVER)
        self.unheard_of = not told
        if forgets:
            waiting = [key for key, status in self.wecom.statuses.items() if status is TransferStatus.WAITING]
            for key in waiting:
                del self.wecom.statuses[key]
        if told:
            self.told += 1
            self.signals.append(signal(SignalSource.CALLBACK, f"evt_{self.told}", at=self.bank.clock()))

    @precondition(lambda self: LEAVER not in self.wecom.accounts)
    @rule(kill=KILLS)
    def nightly_sweep_reads_wecoms_list(self, kill: KillPlace | None) -> None:
        """The leaver's customers who have not moved stand in it; whom no case answers for is adopted."""
        unassigned = sorted(self.left())
        ours = FakeDeparted({LEAVER: [row.external_userid for row in self.bank.book.customers[LEAVER]]})
        bank = self.bank
        sweep = OrphanSweep(CORP, bank.cases, ours, bank.intake(), bank.queue, bank.settings.ids_per_call)

        def look() -> None:
            standing = sweep.standing(LEAVER, ChunkKind.CUSTOMERS, unassigned, known_is_enough=False)
            if standing.missing:
                sweep.adopt(LEAVER, ChunkKind.CUSTOMERS, standing.missing, None, self.bank.clock())

        if self.runs(look, kill):  # an open case that has still to be planned answers for all, until it is cancelled
            self.unheard_of &= not self.cases or not self.cases[-1].account_deleted

    @precondition(lambda self: LEAVER not in self.wecom.accounts)
    @rule()
    def member_comes_back(self) -> None:
        """Under the same userid, with none of the customers who have moved."""
        self.bank.clock.advance(timedelta(minutes=1))
        self.wecom.accounts.add(LEAVER)
        self.bank.staff.members[LEAVER] = staff(LEAVER, rejoined_at=self.bank.clock())

    @rule(place=st.integers(0, 2), able=st.booleans())
    def colleague_is_banned_or_free_again(self, place: int, *, able: bool) -> None:
        self.bank.staff.members[COLLEAGUES[place]] = staff(COLLEAGUES[place], can_take_over=able)

    @rule(place=st.integers(0, 6), status=st.sampled_from(["done", "refused", "takeover_limit"]))
    def customer_decides(self, place: int, status: str) -> None:
        self.wecom.decide(TransferStatus(status), only=CUSTOMERS[place])

    @rule(place=st.integers(4, 6))
    def customer_is_added(self, place: int) -> None:
        known = {row.external_userid for row in self.bank.book.customers[LEAVER]}
        if LEAVER in self.wecom.accounts and CUSTOMERS[place] not in known:
            self.bank.book.customers[LEAVER].append(LeaversCustomer(CUSTOMERS[place]))

    @rule(place=st.integers(0, 6), errcode=st.sampled_from([0, 40099, 40128, 40096]))
    def wecom_answers(self, place: int, errcode: int) -> None:
        self.wecom.codes[CUSTOMERS[place]] = errcode

    # What people decide

    @precondition(lambda self: self.manual)
    @rule(taker=st.sampled_from(COLLEAGUES), most=st.integers(1, 3), kill=KILLS)
    def operator_offers_again(self, taker: str, most: int, kill: KillPlace | None) -> None:
        case = self.cases[-1]
        ids = [edge.target_id for edge in self.manual[:most]]
        self.decided(
            lambda: self.bank.decisions().reassign(
                case.case_id, ChunkKind.CUSTOMERS, ids, taker, "op", self.bank.clock()
            ),
            kill,
        )

    @precondition(lambda self: self.manual)
    @rule(kill=KILLS)
    def operator_closes(self, kill: KillPlace | None) -> None:
        case = self.cases[-1]
        self.decided(lambda: self.bank.decisions().close(case.case_id, "by hand", "op", self.bank.clock()), kill)

    @precondition(lambda self: self.cases and self.cases[-1].state is CaseState.AWAITING_APPROVAL)
    @rule(decision=st.sampled_from(["approve", "approve", "approve_own", "reject", "replan"]), kill=KILLS)
    def second_person_reviews(self, decision: str, kill: KillPlace | None) -> None:
        case, at = self.cases[-1], self.bank.clock()
        checksum = plan_checksum(self.bank.chunks(case))
        decisions: dict[str, Callable[[], Any]] = {
            "approve": lambda: self.bank.reviews().approve(case.case_id, checksum, "chief", at),
            "approve_own": lambda: self.bank.reviews().approve(case.case_id, checksum, case.plan_made_by, at),
            "reject": lambda: self.bank.reviews().reject(case.case_id, checksum, "too many", "chief", at),
            "replan": lambda: self.bank.reviews().replan(case.case_id, [COLLEAGUES[1]], "op", at),
        }
        self.decided(decisions[decision], kill)

    @invariant()
    def nobody_reviews_his_own_plan(self) -> None:
        assert {case.review.by for case in self.cases if case.review} <= {"chief"}

    def decided(self, action: Callable[[], Any], kill: KillPlace | None) -> None:
        """A decision may be refused, and nobody repeats a click whose page broke."""
        with suppress(DecisionRefusedError):
            self.runs(action, kill)

    # What our functions do; what was killed comes again

    @rule(
        what=st.sampled_from(["all", "all", "all", "intake", "plans", "calls"]),
        fault=st.sampled_from(["", "", "postponed", "lost_request", "lost_answer"]),
        kill=KILLS,
    )
    def functions_work(self, what: str, fault: str, kill: KillPlace | None) -> None:
        if what in {"all", "intake"}:
            self.intake_takes(kill if what == "intake" else None)
        if what in {"all", "plans"}:
            self.worker_plans(kill if what == "plans" else None)
        if what in {"all", "calls"}:
            self.worker_calls(fault, kill)

    def intake_takes(self, kill: KillPlace | None) -> None:
        left = []
        for word in self.signals:
            if not self.runs(lambda word=word: self.bank.intake().take(word, self.bank.clock()), kill):  # type: ignore[misc]
                left.append(word)
            kill = None
        self.signals = left

    def worker_plans(self, kill: KillPlace | None) -> None:
        plans, self.queue.plans = self.queue.plans, []
        for case_id in plans:
            if not self.runs(lambda case_id=case_id: self.bank.plan(self.stored.by_id[case_id]), kill):  # type: ignore[misc]
                self.queue.plans.append(case_id)
            kill = None

    def worker_calls(self, fault: str, kill: KillPlace | None) -> None:
        if fault == "postponed":
            self.wecom.fail_next = TransferPostponedError(self.bank.clock() + timedelta(minutes=30))
        elif fault == "lost_request":
            self.wecom.fail_next = OutcomeUnknownError()
        elif fault == "lost_answer":
            self.wecom.drop_answer = OutcomeUnknownError()
        wanted, self.queue.transfers = self.queue.transfers, []
        for chunk in wanted:
            if not self.runs(lambda chunk=chunk: self.submit(chunk), kill):  # type: ignore[misc]
                self.queue.transfers.append(chunk)
            kill = None
        self.wecom.fail_next = self.wecom.drop_answer = None

    def submit(self, chunk: Chunk) -> None:
        self.wecom.worker_runs = True
        try:
            self.bank.submit(self.stored.by_id[chunk.case_id], chunk.kind, chunk.number)
        finally:
            self.wecom.worker_runs = False

    @rule(minutes=st.sampled_from([1, 11, 60, 1_450]), kill=KILLS)
    def time_passes_and_the_schedule_looks(self, minutes: int, kill: KillPlace | None) -> None:
        self.bank.clock.advance(timedelta(minutes=minutes))
        self.runs(lambda: self.bank.reconcile().request_due(self.bank.clock()))
        polls, self.queue.polls = self.queue.polls, []
        for case_id in polls:
            if not self.runs(lambda case_id=case_id: self.bank.poll(self.stored.by_id[case_id]), kill):  # type: ignore[misc]
                self.queue.polls.append(case_id)
            kill = None

    # What must hold

    @property
    def cases(self) -> list[HandoverCase]:
        """By opening."""
        return list(self.stored.by_id.values())

    @property
    def manual(self) -> list[Edge]:
        """What waits for a person in the latest case."""
        edges = self.bank.edges(self.cases[-1]).values() if self.cases else ()
        return [edge for edge in edges if edge.state is EdgeState.MANUAL]

    def all_edges(self, case: HandoverCase) -> list[Edge]:
        return [edge for kind in ChunkKind for edge in self.bank.edges(case, kind).values()]

    def moved(self) -> set[str]:
        return {key[2] for key, status in self.wecom.statuses.items() if status is TransferStatus.DONE}

    def left(self) -> set[str]:
        """Whom the member still has, or had when he left."""
        return {row.external_userid for row in self.bank.book.customers[LEAVER]} - self.moved()

    @invariant()
    def at_most_one_case_is_open(self) -> None:
        assert sum(case.is_open for case in self.cases) <= 1

    @invariant()
    def every_edge_is_in_one_chunk_and_sums_add_up(self) -> None:
        for case in self.cases:
            for counted in (case.customer_totals, case.group_totals):
                assert sum(number for state, number in counted.items() if state != "total") == counted.get("total", 0)
            ids = Counter(edge.target_id for edge in self.all_edges(case))
            assert max(ids.values(), default=0) <= 1

    @invariant()
    def what_waits_for_a_person_has_an_owner_and_a_date(self) -> None:
        for case in self.cases:
            for edge in self.all_edges(case):
                waits = edge.state is EdgeState.MANUAL
                assert bool(edge.owner_userid) is waits
                assert (edge.due_at is not None) is waits

    @invariant()
    def nobody_is_an_orphan(self) -> None:
        """Once the deletion was heard of, or the sweep ran, whoever has not moved is in an open case or settled."""
        if LEAVER in self.wecom.accounts or self.unheard_of or self.signals:
            return
        if any(case.is_open for case in self.cases):
            return
        ended = {edge.target_id for case in self.cases for edge in self.all_edges(case) if edge.state in ENDED}
        assert self.left() <= ended, self.left() - ended

    @invariant()
    def open_case_is_looked_at_again(self) -> None:
        """Open means ageing: the schedule comes back to it."""
        assert all((case.due_at is not None) is case.is_open for case in self.cases)

    @invariant()
    def closed_case_has_nothing_open_and_a_certificate(self) -> None:
        for case in self.cases:
            if not case.is_open:
                assert {edge.state for edge in self.all_edges(case)} <= ENDED
                assert case.certificates or not case.is_planned

    @invariant()
    def wecom_moves_a_customer_once_and_to_one_member_at_a_time(self) -> None:
        for status in (TransferStatus.WAITING, TransferStatus.DONE):
            held = Counter(key[2] for key, known in self.wecom.statuses.items() if known is status)
            assert max(held.values(), default=0) <= 1

    @invariant()
    def evidence_is_of_what_happened(self) -> None:
        """No more started attempts than transfers that WeCom started."""
        written = Counter(
            edge.target_id
            for case in self.cases
            for edge in self.bank.edges(case).values()
            for attempt in edge.attempts
            if attempt.errcode == 0
        )
        assert written <= self.wecom.started, written - self.wecom.started

    def teardown(self) -> None:
        """No more faults, everybody decides: within days each customer has an owner or is somebody's task."""
        self.wecom.codes.clear()
        for _ in range(40):
            self.intake_takes(None)
            self.worker_plans(None)
            self.worker_calls("", None)
            self.wecom.decide()
            if LEAVER not in self.wecom.accounts:
                self.nightly_sweep_reads_wecoms_list(None)
            self.time_passes_and_the_schedule_looks(1_450 // 4, None)
        self.unheard_of = False
        self.nobody_is_an_orphan()
        for case in self.cases:
            waits_for_it = case.is_open and LEAVER in self.wecom.accounts and case.change is ChangeKind.DEPARTURE
            waits_for_it |= case.state is CaseState.AWAITING_APPROVAL
            if waits_for_it and case.cancelled_at is None:
                continue  # the account is still to be deleted, or a person has to approve
            assert case.state in {CaseState.ATTENTION, CaseState.CLOSED}, case.state
            edges = self.bank.edges(case)
            assert all(edge.state is not EdgeState.PLANNED for edge in edges.values())
            assert {one for one, edge in edges.items() if edge.state is EdgeState.DONE} <= self.moved()


StaffChanges.TestCase.settings = settings(
    max_examples=100, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
test_staff_changes_never_lose_or_double_a_customer = StaffChanges.TestCase
