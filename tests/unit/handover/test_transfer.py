from collections.abc import Sequence
from datetime import timedelta

import pytest

from scrm.handover.errors import OutcomeUnknownError, TransferPostponedError, TransferRefusedError
from scrm.handover.model import CaseState, ChunkKind, ChunkState, EdgeCause, EdgeState, HandoverCase
from scrm.handover.ports import TransferStatus
from scrm.handover.transfer import TransferOutcome
from tests.fakes.handover import LEAVER, customers
from tests.unit.handover.conftest import Bank


@pytest.fixture
def case(bank: Bank) -> HandoverCase:
    return bank.plan(bank.open())


def test_started_customers_wait_because_started_is_not_done(bank: Bank, case: HandoverCase) -> None:
    assert bank.submit(case) is TransferOutcome.SUBMITTED

    assert bank.states(case) == [EdgeState.WAITING] * 3
    assert bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].state is ChunkState.SUBMITTED


def test_submitting_twice_calls_once(bank: Bank, case: HandoverCase) -> None:
    bank.submit(case)

    assert bank.submit(case) is TransferOutcome.NOTHING_TO_DO
    assert len(bank.wecom.calls) == 1


@pytest.mark.parametrize(
    ("errcode", "cause"),
    [
        (40099, EdgeCause.TAKEOVER_FULL),
        (40128, EdgeCause.QUOTA_USED),
        (40096, EdgeCause.REJECTED_BY_WECOM),
        (84061, EdgeCause.REJECTED_BY_WECOM),
        (99999, EdgeCause.REJECTED_BY_WECOM),
    ],
)
def test_refused_customer_becomes_a_task_with_owner_date_and_code(
    bank: Bank, case: HandoverCase, errcode: int, cause: EdgeCause
) -> None:
    bank.wecom.codes["wm00001"] = errcode

    bank.submit(case)

    edge = bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].edges[1]
    assert (edge.state, edge.cause, edge.errcode, edge.owner_userid) == (EdgeState.MANUAL, cause, errcode, "mgr_zhao")
    assert edge.due_at is not None
    assert bank.states(case).count(EdgeState.WAITING) == 2


@pytest.mark.parametrize("errcode", [40100, 40129])
def test_customer_already_on_his_way_waits(bank: Bank, case: HandoverCase, errcode: int) -> None:
    bank.wecom.codes["wm00001"] = errcode

    bank.submit(case)

    assert bank.states(case) == [EdgeState.WAITING] * 3


def test_refusal_of_the_whole_call_counts_for_every_customer(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.fail_next = TransferRefusedError(40098)

    bank.submit(case)

    edges = bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].edges
    assert {(edge.state, edge.errcode) for edge in edges} == {(EdgeState.MANUAL, 40098)}
    assert bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].state is ChunkState.SETTLED


def test_postponed_call_is_made_when_its_time_has_come_and_not_before(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.fail_next = TransferPostponedError(bank.clock() + timedelta(minutes=60))

    assert bank.submit(case) is TransferOutcome.POSTPONED
    assert bank.submit(case) is TransferOutcome.POSTPONED
    assert bank.wecom.calls == []

    bank.clock.advance(timedelta(minutes=61))
    assert bank.submit(case) is TransferOutcome.SUBMITTED
    assert len(bank.wecom.calls) == 1


def test_lost_answer_is_looked_up_and_nothing_is_called_twice(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.drop_answer = OutcomeUnknownError()

    bank.submit(case)
    bank.clock.advance(timedelta(minutes=11))
    bank.submit(case)

    assert len(bank.wecom.calls) == 1
    assert bank.states(case) == [EdgeState.WAITING] * 3


def test_lost_request_is_repeated_for_those_wecom_knows_nothing_of(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.fail_next = OutcomeUnknownError()
    bank.submit(case)
    bank.wecom.statuses = {"wm00000": TransferStatus.WAITING, "wm00001": TransferStatus.NO_RECORD}
    bank.clock.advance(timedelta(minutes=11))

    bank.submit(case)

    assert bank.wecom.calls == [("customers", ("wm00001", "wm00002"))]
    assert bank.states(case) == [EdgeState.WAITING] * 3


def test_interrupted_group_call_is_looked_up_by_owner(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.drop_answer = OutcomeUnknownError()

    bank.submit(case, ChunkKind.GROUPS)
    bank.clock.advance(timedelta(minutes=11))
    bank.submit(case, ChunkKind.GROUPS)

    assert bank.wecom.calls == [("groups", ("wr01",))]
    assert bank.states(case, ChunkKind.GROUPS) == [EdgeState.WAITING]


def test_account_that_turns_out_to_live_sends_the_case_back_to_waiting(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.accounts.add(LEAVER)

    assert bank.submit(case) is TransferOutcome.ACCOUNT_STILL_ACTIVE

    assert bank.latest(case).state is CaseState.WAITING_FOR_ACCOUNT
    assert bank.states(case) == [EdgeState.PLANNED] * 3
    bank.wecom.accounts.clear()
    bank.plan(case)
    assert bank.submit(case) is TransferOutcome.SUBMITTED


def test_intent_is_stored_before_the_call(bank: Bank, case: HandoverCase) -> None:
    seen: list[ChunkState] = []

    original = bank.wecom.transfer_customers

    def spy(handover: str, takeover: str, ids: Sequence[str]) -> dict[str, int]:
        seen.append(bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].state)
        return original(handover, takeover, ids)

    bank.wecom.transfer_customers = spy  # type: ignore[assignment,method-assign]
    bank.submit(case)

    assert seen == [ChunkState.INTENDED]


def test_hundreds_of_customers_take_one_call_per_hundred(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(1234)
    case = bank.plan(bank.open())

    bank.submit_all(case)

    calls = [ids for kind, ids in bank.wecom.calls if kind == "customers"]
    assert len(calls) == 13
    assert max(map(len, calls)) == 100
