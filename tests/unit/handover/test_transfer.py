from collections.abc import Sequence
from datetime import timedelta

import pytest

from scrm.handover.calls import TransferOutcome
from scrm.handover.edges import ChunkKind, ChunkState, EdgeCause, EdgeState, TransferApi
from scrm.handover.errors import OutcomeUnknownError, TransferPostponedError, TransferRefusedError
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.ports import TransferStatus
from tests.fakes.handover import LEAVER, TAKER, customers, signal
from tests.unit.handover.conftest import Bank


@pytest.fixture
def case(bank: Bank) -> HandoverCase:
    return bank.plan(bank.open())


def test_started_customers_wait_because_started_is_not_done(bank: Bank, case: HandoverCase) -> None:
    assert bank.submit(case) == [TransferOutcome.SUBMITTED]

    assert bank.states(case) == [EdgeState.WAITING] * 3
    assert bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].state is ChunkState.SUBMITTED


def test_second_message_keeps_its_hands_off_while_the_call_is_being_made(bank: Bank, case: HandoverCase) -> None:
    again: list[list[TransferOutcome]] = []
    original = bank.wecom.transfer_customers

    def slow(
        api: TransferApi, handover: str, takeover: str, ids: Sequence[str], greeting: str, following: int
    ) -> dict[str, int]:
        again.append(bank.submit(case))
        return original(api, handover, takeover, ids, greeting, following)

    bank.wecom.transfer_customers = slow  # type: ignore[assignment,method-assign]
    bank.submit(case)

    assert again == [[TransferOutcome.NOTHING_TO_DO]]
    assert len(bank.wecom.calls) == 1


def test_submitting_twice_calls_once(bank: Bank, case: HandoverCase) -> None:
    bank.submit(case)

    assert bank.submit(case) == [TransferOutcome.NOTHING_TO_DO]
    assert len(bank.wecom.calls) == 1


@pytest.mark.parametrize(
    ("errcode", "state", "cause"),
    [
        (40099, EdgeState.FALLBACK, EdgeCause.TAKEOVER_FULL),
        (40098, EdgeState.FALLBACK, EdgeCause.TAKEOVER_UNUSABLE),
        (40128, EdgeState.MANUAL, EdgeCause.QUOTA_USED),
        (40096, EdgeState.MANUAL, EdgeCause.REJECTED_BY_WECOM),
        (99999, EdgeState.MANUAL, EdgeCause.REJECTED_BY_WECOM),
        (84061, EdgeState.INELIGIBLE, EdgeCause.HALF_ADDED),
        (40131, EdgeState.INELIGIBLE, EdgeCause.NOT_FOLLOWING),
    ],
)
def test_code_of_one_customer_says_what_becomes_of_him(
    bank: Bank, case: HandoverCase, errcode: int, state: EdgeState, cause: EdgeCause
) -> None:
    bank.wecom.codes["wm00001"] = errcode

    bank.submit(case)

    edge = bank.edges(case)["wm00001"]
    assert (edge.state, edge.cause, edge.errcode) == (state, cause, errcode)
    assert (bool(edge.owner_userid), edge.due_at is not None) == ((state is EdgeState.MANUAL,) * 2)
    assert edge.attempts[-1].errcode == errcode
    assert bank.states(case).count(EdgeState.WAITING) == 2


@pytest.mark.parametrize("errcode", [40100, 40129])
def test_customer_already_on_his_way_waits(bank: Bank, case: HandoverCase, errcode: int) -> None:
    bank.wecom.codes["wm00001"] = errcode

    bank.submit(case)

    assert bank.states(case) == [EdgeState.WAITING] * 3


def test_refusal_of_the_whole_call_counts_for_every_customer(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.fail_next = TransferRefusedError(40143)

    bank.submit(case)

    assert {(edge.state, edge.errcode) for edge in bank.edges(case).values()} == {(EdgeState.MANUAL, 40143)}
    assert bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].state is ChunkState.SETTLED


def test_taker_who_is_gone_is_replaced(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.fail_next = TransferRefusedError(60111)

    bank.submit(case)

    assert bank.states(case) == [EdgeState.FALLBACK] * 3


def test_living_account_is_transferred_on_the_job(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=4))))

    bank.submit(case)

    assert {api for api, _, _ in bank.wecom.statuses} == {TransferApi.ON_JOB}


def test_account_that_turns_out_to_be_deleted_sends_the_chunk_to_the_other_api(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=4))))
    bank.wecom.accounts.clear()

    assert bank.submit(case) == [TransferOutcome.ACCOUNT_DELETED]
    assert bank.submit(case) == [TransferOutcome.SUBMITTED]

    assert {api for api, _, _ in bank.wecom.statuses} == {TransferApi.RESIGNED}


def test_groups_beyond_wecoms_daily_limit_are_asked_for_the_next_day(bank: Bank) -> None:
    bank.book.groups[LEAVER] = ["wr01", "wr02"]
    case = bank.plan(bank.open())
    bank.wecom.codes["wr02"] = 45009

    bank.submit(case, ChunkKind.GROUPS)

    chunk = bank.cases.chunk_rows[case.case_id, ChunkKind.GROUPS, 0]
    assert bank.states(case, ChunkKind.GROUPS) == [EdgeState.WAITING, EdgeState.PLANNED]
    assert chunk.not_before == bank.clock() + timedelta(days=1)


def test_postponed_call_is_made_when_its_time_has_come_and_not_before(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.fail_next = TransferPostponedError(bank.clock() + timedelta(minutes=60))

    assert bank.submit(case) == [TransferOutcome.POSTPONED]
    assert bank.submit(case) == [TransferOutcome.NOTHING_TO_DO]
    assert bank.wecom.calls == []

    bank.clock.advance(timedelta(minutes=61))
    assert bank.submit(case) == [TransferOutcome.SUBMITTED]
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
    bank.wecom.statuses = {
        (TransferApi.RESIGNED, TAKER, "wm00000"): TransferStatus.WAITING,
        (TransferApi.RESIGNED, TAKER, "wm00001"): TransferStatus.NO_RECORD,
    }
    bank.clock.advance(timedelta(minutes=11))

    bank.submit(case)

    assert bank.wecom.calls == [(TAKER, ("wm00001", "wm00002"))]
    assert bank.states(case) == [EdgeState.WAITING] * 3


def test_interrupted_group_call_is_looked_up_by_owner(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.drop_answer = OutcomeUnknownError()

    bank.submit(case, ChunkKind.GROUPS)
    bank.clock.advance(timedelta(minutes=11))
    bank.submit(case, ChunkKind.GROUPS)

    assert bank.wecom.calls == [(TAKER, ("wr01",))]
    assert bank.states(case, ChunkKind.GROUPS) == [EdgeState.WAITING]


def test_account_that_turns_out_to_live_sends_the_case_back_to_waiting(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.accounts.add(LEAVER)

    assert bank.submit(case) == [TransferOutcome.ACCOUNT_STILL_ACTIVE]

    assert bank.latest(case).state is CaseState.WAITING_FOR_ACCOUNT
    assert bank.states(case) == [EdgeState.PLANNED] * 3
    bank.wecom.accounts.clear()
    bank.plan(case)
    assert bank.submit(case) == [TransferOutcome.SUBMITTED]


def test_intent_is_stored_before_the_call(bank: Bank, case: HandoverCase) -> None:
    seen: list[ChunkState] = []

    original = bank.wecom.transfer_customers

    def spy(
        api: TransferApi, handover: str, takeover: str, ids: Sequence[str], greeting: str, following: int
    ) -> dict[str, int]:
        seen.append(bank.cases.chunk_rows[case.case_id, ChunkKind.CUSTOMERS, 0].state)
        return original(api, handover, takeover, ids, greeting, following)

    bank.wecom.transfer_customers = spy  # type: ignore[assignment,method-assign]
    bank.submit(case)

    assert seen == [ChunkState.INTENDED]


def test_hundreds_of_customers_take_one_call_per_hundred(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(1234)
    case = bank.plan(bank.open())

    bank.submit_all(case)

    calls = [ids for _, ids in bank.wecom.calls if "wr01" not in ids]
    assert len(calls) == 13
    assert max(map(len, calls)) == 100
