from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.handover.edges import ChunkKind, EdgeState
from scrm.handover.errors import DecisionRefusedError
from scrm.handover.model import CaseOutcome, CaseState, HandoverCase
from scrm.handover.ports import TransferStatus
from tests.fakes.handover import LEAVER, START, TAKER, customers, signal, staff
from tests.unit.handover.conftest import Bank

OPERATOR = "operator:zhao"


@pytest.fixture
def case(bank: Bank) -> HandoverCase:
    """One customer refused and nobody else is there: the case waits for a person."""
    planned = bank.plan(bank.open())
    bank.submit_all(planned)
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.wecom.decide()
    bank.poll(planned)
    assert bank.latest(planned).state is CaseState.ATTENTION
    return planned


def test_reassigned_customer_is_offered_to_the_chosen_member_and_ends_the_case(bank: Bank, case: HandoverCase) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")

    bank.decisions().reassign(case.case_id, ChunkKind.CUSTOMERS, ["wm00001"], "rm_zhou03", OPERATOR, bank.clock())
    bank.submit_all(case)
    bank.wecom.decide()
    bank.poll(case)

    edge = bank.edges(case)["wm00001"]
    assert (edge.state, edge.reason) == (EdgeState.DONE, "chosen_by_operator")
    assert [attempt.takeover_userid for attempt in edge.attempts] == [TAKER, "rm_zhou03"]
    assert bank.latest(case).outcome is CaseOutcome.COMPLETED
    assert (f"handover.reassigned:{OPERATOR}", case.case_id) in bank.journal.told


@pytest.mark.parametrize(
    ("target_ids", "taker", "sentence"),
    [
        (["wm00000"], TAKER, "Only what waits for a person"),
        (["wm00001", "wm00002"], TAKER, "Only what waits for a person"),
        ([], TAKER, "Only what waits for a person"),
        (["wm00001"], LEAVER, "is the member himself"),
        (["wm00001"], "rm_nobody", "is no member of this corp"),
        (["wm00001"], "rm_full", "is full"),
        ([f"wm{place:05d}" for place in range(101)], TAKER, "At most 100"),
    ],
)
def test_reassignment_that_cannot_be_is_refused_with_a_sentence_and_changes_nothing(
    bank: Bank, case: HandoverCase, target_ids: list[str], taker: str, sentence: str
) -> None:
    bank.staff.members["rm_full"] = staff("rm_full")
    bank.book.customers["rm_full"] = customers(5_000)
    before = bank.cases.load(case.case_id)

    with pytest.raises(DecisionRefusedError, match=sentence):
        bank.decisions().reassign(case.case_id, ChunkKind.CUSTOMERS, target_ids, taker, OPERATOR, bank.clock())

    assert bank.cases.load(case.case_id) == before


def test_case_closed_by_a_person_keeps_who_was_left_and_why(bank: Bank, case: HandoverCase) -> None:
    bank.decisions().close(case.case_id, "客户已电话联系，改由网点服务", OPERATOR, bank.clock())
    bank.poll(case)

    closed = bank.latest(case)
    assert (closed.state, closed.outcome) == (CaseState.CLOSED, CaseOutcome.CLOSED_BY_PERSON)
    assert closed.close_reason == "客户已电话联系，改由网点服务"
    assert closed.customer_totals == {"total": 3, "done": 2, "resolved": 1}
    with pytest.raises(DecisionRefusedError, match="closed"):
        bank.decisions().close(case.case_id, "again", OPERATOR, bank.clock())


def test_case_in_which_transfers_run_is_not_closed_by_hand(bank: Bank) -> None:
    case = bank.plan(bank.open())

    with pytest.raises(DecisionRefusedError, match="wait for a person"):
        bank.decisions().close(case.case_id, "early", OPERATOR, bank.clock())


def test_reassigning_before_the_start_leaves_the_start_where_it_is(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    bank.book.customers[LEAVER][0] = replace(bank.book.customers[LEAVER][0], hold="complaint")
    case = bank.plan(bank.tell(signal(successors=(TAKER,), last_day=(START + timedelta(days=30)).date())))

    bank.decisions().reassign(case.case_id, ChunkKind.CUSTOMERS, ["wm00000"], TAKER, OPERATOR, bank.clock())
    bank.submit_all(case)
    again = bank.plan(case)

    assert (case.state, again.state) == (CaseState.SCHEDULED, CaseState.SCHEDULED)
    assert again.due_at == case.start_at
    assert bank.wecom.calls == []
    assert bank.states(case) == [EdgeState.PLANNED] * 3
