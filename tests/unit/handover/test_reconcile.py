from datetime import timedelta

import pytest

from scrm.handover.edges import AttemptOutcome, ChunkKind, EdgeCause, EdgeState, TransferApi
from scrm.handover.errors import OutcomeUnknownError, TransferPostponedError, TransferRefusedError
from scrm.handover.model import CaseOutcome, CaseState, ChangeKind, HandoverCase, SignalSource
from scrm.handover.ports import LeaversCustomer, TransferStatus
from tests.fakes.handover import LEAVER, TAKER, customers, signal, staff
from tests.unit.handover.conftest import Bank


@pytest.fixture
def case(bank: Bank) -> HandoverCase:
    planned = bank.plan(bank.open())
    bank.submit_all(planned)
    return planned


def test_finished_transfers_close_the_case_and_tell_contacts(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.decide()

    result = bank.poll(case)

    closed = bank.latest(case)
    assert (closed.state, closed.due_at, closed.closed_at) == (CaseState.CLOSED, None, bank.clock())
    assert closed.customer_totals == {"total": 3, "done": 3}
    assert closed.group_totals == {"total": 1, "done": 1}
    assert sorted(bank.contacts.customers) == [(f"wm0000{place}", TAKER) for place in range(3)]
    assert bank.contacts.groups == ["wr01"]
    assert (result.settled, result.closed) == (4, True)
    assert bank.journal.told[-1] == ("ended:closed", case.case_id)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (TransferStatus.REFUSED, EdgeCause.CUSTOMER_REFUSED),
        (TransferStatus.TAKEOVER_LIMIT, EdgeCause.TAKEOVER_FULL),
    ],
)
def test_customer_nobody_else_can_take_stays_listed_owned_and_open(
    bank: Bank, case: HandoverCase, status: TransferStatus, cause: EdgeCause
) -> None:
    bank.wecom.decide(status, only="wm00001")
    bank.wecom.decide()

    bank.poll(case)

    edge = bank.edges(case)["wm00001"]
    assert (edge.state, edge.cause, edge.owner_userid) == (EdgeState.MANUAL, cause, "mgr_zhao")
    assert bank.latest(case).state is CaseState.ATTENTION
    assert bank.latest(case).customer_totals == {"total": 3, "done": 2, "manual": 1}
    assert bank.latest(case).due_at is not None


def test_refused_customer_is_offered_to_the_next_colleague_and_after_two_rounds_to_a_person(bank: Bank) -> None:
    bank.staff.members |= {"rm_zhou03": staff("rm_zhou03"), "rm_sun04": staff("rm_sun04")}
    case = bank.plan(bank.open(TAKER, "rm_zhou03", "rm_sun04"))
    bank.submit_all(case)
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.wecom.decide()

    first = bank.poll(case)
    bank.submit_all(case)
    again = bank.edges(case)["wm00001"]
    bank.wecom.decide(TransferStatus.REFUSED)
    bank.poll(case)

    assert (first.fell_back, first.needs_attention) == (1, 0)
    assert (again.state, again.reason) == (EdgeState.WAITING, "named")
    refused = bank.edges(case)["wm00001"]
    assert (refused.state, refused.cause) == (EdgeState.MANUAL, EdgeCause.CUSTOMER_REFUSED)
    asked = [(attempt.takeover_userid, attempt.outcome) for attempt in refused.attempts]
    assert asked == [(TAKER, AttemptOutcome.REFUSED), ("rm_zhou03", AttemptOutcome.REFUSED)]
    assert len(bank.edges(case)) == 3


def test_call_that_lands_after_it_was_looked_up_counts_as_asking_him(bank: Bank) -> None:
    """The repeat of an interrupted call is answered 40129 by the first one, which was on its way all the time."""
    bank.staff.members |= {"rm_zhou03": staff("rm_zhou03"), "rm_sun04": staff("rm_sun04")}
    case = bank.plan(bank.open(TAKER, "rm_zhou03", "rm_sun04"))
    bank.wecom.fail_next = OutcomeUnknownError()
    bank.submit(case)
    bank.clock.advance(timedelta(minutes=11))
    bank.wecom.lands_before_next = (TransferApi.RESIGNED, TAKER, ("wm00000", "wm00001", "wm00002"))
    for _ in range(3):
        bank.submit_all(case)
        bank.wecom.decide(TransferStatus.REFUSED)
        bank.poll(case)

    refused = bank.edges(case)["wm00001"]
    asked = [(attempt.takeover_userid, attempt.errcode, attempt.outcome) for attempt in refused.attempts]
    assert asked == [(TAKER, 40129, AttemptOutcome.REFUSED), ("rm_zhou03", 0, AttemptOutcome.REFUSED)]
    assert (refused.state, refused.cause) == (EdgeState.MANUAL, EdgeCause.CUSTOMER_REFUSED)
    assert [taker for taker, ids in bank.wecom.calls if "wm00001" in ids] == [TAKER, "rm_zhou03"]


def test_refusal_on_the_job_is_counted_once_against_two_in_ninety_days(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    case = bank.plan(bank.tell(signal(change=ChangeKind.TRANSFER)))
    bank.submit_all(case)
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.wecom.decide()

    bank.poll(case)
    bank.poll(case)

    assert bank.contacts.quotas == [("wm00001", False)]


def test_refusals_of_many_chunks_are_put_together_into_few_calls(bank: Bank) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers[LEAVER] = customers(1_000)
    case = bank.plan(bank.open(TAKER, "rm_zhou03"))
    bank.submit_all(case)
    for place in range(0, 1_000, 20):
        bank.wecom.decide(TransferStatus.REFUSED, only=f"wm{place:05d}")
    bank.wecom.decide()

    bank.poll(case)
    bank.submit_all(case)

    assert [len(ids) for taker, ids in bank.wecom.calls if taker == "rm_zhou03" and "wr01" not in ids] == [50]
    assert bank.states(case).count(EdgeState.WAITING) == 50


def test_account_deleted_while_transfers_wait_goes_on_with_the_other_api(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=4))))
    bank.submit_all(case)
    bank.wecom.accounts.clear()
    bank.wecom.statuses.clear()

    bank.tell(signal(SignalSource.CALLBACK, "evt_1"))
    bank.poll(case)
    bank.submit_all(case)
    bank.wecom.decide()
    bank.poll(case)

    assert bank.states(case) == [EdgeState.DONE] * 3
    tried = [(attempt.api, attempt.outcome) for attempt in bank.edges(case)["wm00000"].attempts]
    assert tried == [(TransferApi.ON_JOB, AttemptOutcome.VOID), (TransferApi.RESIGNED, AttemptOutcome.DONE)]


def test_customer_who_came_after_the_plan_is_found_when_nobody_tells_of_the_deletion(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=2))))
    bank.submit_all(case)
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.poll(case)  # the refused one now waits for a call that the account is in the way of
    bank.book.customers[LEAVER].append(LeaversCustomer("wm_late"))
    bank.clock.advance(timedelta(days=3))
    bank.wecom.accounts.clear()
    bank.queue.plans.clear()

    bank.poll(case)
    for case_id in bank.queue.plans:
        bank.plan(bank.cases.by_id[case_id])

    assert "wm_late" in bank.edges(case)


def test_calls_are_asked_for_although_results_may_not_be(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(150)
    case = bank.plan(bank.open())
    bank.submit(case)
    bank.queue.transfers.clear()

    def penalised(api: TransferApi, handover: str, takeover: str) -> None:
        raise TransferPostponedError(bank.clock() + timedelta(hours=1))

    bank.wecom.customer_results = penalised  # type: ignore[assignment,method-assign]
    bank.poll(case)

    assert (ChunkKind.CUSTOMERS, 1) in {chunk.key for chunk in bank.queue.transfers}


def test_calls_held_back_for_an_account_that_is_never_deleted_age(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=2))))
    bank.submit_all(case)
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.clock.advance(timedelta(days=4))

    early = bank.poll(case)
    bank.clock.advance(timedelta(days=3))
    late = bank.poll(case)

    assert (early.waits_for_account, late.waits_for_account) == (False, True)


def test_cancelled_in_mid_flight_keeps_what_was_not_asked_and_ends_what_was(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    bank.book.customers[LEAVER] = customers(150)
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=4))))
    bank.submit(case)

    bank.tell(signal(event_id="hr-2", at=bank.clock() + timedelta(hours=1), cancels=True))
    bank.poll(case)
    bank.submit_all(case)
    bank.wecom.decide()
    bank.poll(case)

    closed = bank.latest(case)
    assert (closed.state, closed.outcome) == (CaseState.CLOSED, CaseOutcome.CANCELLED)
    assert closed.customer_totals == {"total": 150, "done": 100, "kept": 50}
    assert closed.group_totals == {"total": 1, "kept": 1}


def test_polling_twice_changes_nothing_more(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.decide()
    bank.poll(case)
    before = (list(bank.contacts.customers), list(bank.journal.told), bank.latest(case))

    again = bank.poll(case)

    assert (again.settled, again.needs_attention, again.closed) == (0, 0, False)
    assert (bank.contacts.customers, bank.journal.told, bank.latest(case)) == before


def test_undecided_transfers_are_looked_at_again_on_a_schedule_that_reaches_past_a_day(
    bank: Bank, case: HandoverCase
) -> None:
    looks = []
    for _ in range(7):
        due = bank.latest(case).due_at
        assert due is not None
        bank.clock.moment = due
        bank.poll(case)
        looks.append(due - case.opened_at)

    assert looks == sorted(looks)
    assert looks[-1] == timedelta(hours=30)
    assert any(timedelta(hours=24) < look for look in looks)
    assert bank.states(case) == [EdgeState.WAITING] * 3


def test_transfer_wecom_never_decides_becomes_a_task(bank: Bank, case: HandoverCase) -> None:
    bank.clock.advance(timedelta(hours=73))

    bank.poll(case)

    assert bank.states(case) == [EdgeState.MANUAL] * 3
    assert bank.latest(case).state is CaseState.ATTENTION


def test_taker_about_whom_wecom_tells_nothing_leaves_the_edges_waiting_until_their_time_is_over(
    bank: Bank, case: HandoverCase
) -> None:
    def refused(api: TransferApi, handover: str, takeover: str) -> None:
        raise TransferRefusedError(60111)

    bank.wecom.customer_results = refused  # type: ignore[assignment,method-assign]
    bank.poll(case)
    assert bank.states(case) == [EdgeState.WAITING] * 3

    bank.clock.advance(timedelta(hours=73))
    bank.poll(case)
    assert bank.states(case) == [EdgeState.MANUAL] * 3


def test_hint_of_a_failed_transfer_makes_the_takers_cases_be_looked_at(bank: Bank, case: HandoverCase) -> None:
    assert bank.reconcile().transfer_failed(TAKER) == 1

    assert bank.queue.polls == [case.case_id]
    assert bank.reconcile().transfer_failed("rm_nobody") == 0


def test_only_cases_whose_time_has_come_are_queued(bank: Bank, case: HandoverCase) -> None:
    assert bank.reconcile().request_due(bank.clock()) == 0

    bank.clock.advance(timedelta(minutes=10))

    assert bank.reconcile().request_due(bank.clock()) == 1
    assert bank.queue.polls == [case.case_id]


def test_poll_during_a_penalty_waits_for_its_end(bank: Bank, case: HandoverCase) -> None:
    until = bank.clock() + timedelta(hours=1)

    def penalised(api: TransferApi, handover: str, takeover: str) -> None:
        raise TransferPostponedError(until)

    bank.wecom.customer_results = penalised  # type: ignore[assignment,method-assign]
    bank.poll(case)

    assert bank.latest(case).due_at == until
    assert bank.states(case) == [EdgeState.WAITING] * 3


def test_chunk_that_was_never_called_is_asked_for_again(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(150)
    case = bank.plan(bank.open())
    bank.submit(case)
    bank.queue.transfers.clear()
    bank.clock.advance(timedelta(minutes=10))

    bank.poll(case)

    assert {(chunk.kind, chunk.number) for chunk in bank.queue.transfers} == {
        (ChunkKind.CUSTOMERS, 1),
        (ChunkKind.GROUPS, 0),
    }
    due = bank.latest(case).due_at
    assert due is not None
    assert due - bank.clock() <= timedelta(minutes=10)


def test_account_that_is_never_deleted_ages(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.open()
    bank.plan(case)

    assert not bank.poll(case).waits_for_account
    bank.clock.advance(timedelta(days=3, minutes=1))
    assert bank.poll(case).waits_for_account


def test_work_of_an_owner_who_left_is_the_present_managers_with_a_new_date(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.wecom.decide()
    bank.poll(case)
    before = bank.edges(case)["wm00001"]
    bank.clock.advance(timedelta(days=1))
    bank.staff.members["mgr_zhao"] = staff("mgr_zhao", can_take_over=False)
    bank.staff.manager = "mgr_sun"
    bank.poll(case)
    unchanged = bank.edges(case)["wm00001"]
    bank.staff.gone.add("mgr_zhao")

    bank.poll(case)

    after = bank.edges(case)["wm00001"]
    assert unchanged == before
    assert (after.state, after.cause, after.owner_userid) == (EdgeState.MANUAL, before.cause, "mgr_sun")
    assert after.due_at == bank.settings.manual_due(bank.clock())
