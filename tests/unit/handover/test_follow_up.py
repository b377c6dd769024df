"""Cards for new owners and words to the manager: once each, and never in the way of a customer."""

from datetime import timedelta

import pytest

from scrm.handover.edges import EdgeCause
from scrm.handover.errors import TransferPostponedError, TransferRefusedError
from scrm.handover.model import CaseState, DigestOutcome, HandoverCase
from scrm.handover.notices import manual_work
from scrm.handover.ports import HEAD_OFFICE, TransferStatus
from tests.fakes.handover import LEAVER, TAKER, FakePart, customers, staff
from tests.unit.handover.conftest import Bank

MANAGER = "mgr_zhao"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def case(bank: Bank) -> HandoverCase:
    """Three customers and a group on their way from a leaver whose account is deleted."""
    case = bank.plan(bank.open())
    bank.submit_all(case)
    return case


def refused(bank: Bank, case: HandoverCase, only: str = "") -> None:
    bank.wecom.decide(TransferStatus.REFUSED, only=only)
    bank.poll(case)


def test_new_owner_gets_one_card_that_says_what_came_and_what_did_not(bank: Bank) -> None:
    bank.part = FakePart({"wm00000": "备注"})
    bank.staff.members[LEAVER] = staff(LEAVER)
    case = bank.plan(bank.open())
    bank.submit_all(case)
    bank.wecom.decide()
    for _ in range(3):
        bank.poll(case)

    [(userid, title, text)] = bank.notifier.sent
    assert (userid, title) == (TAKER, "客户继承：3 位客户、1 个客户群")
    assert text.splitlines() == [
        "rm_wang01（杭州分行）已离职，以下客户由您接替：",
        "客户 3 位",
        "客户群 1 个",
        "待您问候 3 位，详见任务",
        "个人标签 1 个无法转来，请自行补充",
    ]
    assert bank.latest(case).digests == {TAKER: DigestOutcome.SENT}


def test_no_card_before_the_last_of_his_customers_is_settled(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.decide(only="wm00000")
    bank.poll(case)

    assert bank.notifier.sent == []


def test_postponed_card_holds_the_end_and_comes_with_a_later_look(bank: Bank, case: HandoverCase) -> None:
    bank.notifier.postponed = TransferPostponedError(bank.clock() + HOUR)
    bank.wecom.decide()
    bank.poll(case)
    held = bank.latest(case)
    bank.notifier.postponed = None
    bank.clock.advance(HOUR)
    bank.poll(case)

    assert (held.state, held.due_at) == (CaseState.TRANSFERRING, bank.clock())
    assert held.customer_totals == {"total": 3, "done": 3}
    assert bank.notifier.sent_to(TAKER) == ["客户继承：3 位客户、1 个客户群"]
    assert bank.latest(case).state is CaseState.CLOSED


def test_card_that_wecom_never_takes_is_given_up_after_a_day(bank: Bank, case: HandoverCase) -> None:
    bank.notifier.postponed = TransferPostponedError(bank.clock() + HOUR)
    bank.wecom.decide()
    bank.poll(case)
    bank.clock.advance(bank.settings.delivery_patience + HOUR)
    bank.poll(case)

    assert bank.latest(case).digests == {TAKER: DigestOutcome.GIVEN_UP}
    assert bank.latest(case).state is CaseState.CLOSED


def test_member_who_cannot_be_reached_is_noted_and_keeps_no_case_open(bank: Bank, case: HandoverCase) -> None:
    bank.notifier.unreachable.add(TAKER)
    bank.wecom.decide()
    bank.poll(case)

    assert bank.latest(case).digests == {TAKER: DigestOutcome.NOT_REACHED}
    assert bank.latest(case).state is CaseState.CLOSED


def test_refused_message_counts_as_not_reached(bank: Bank, case: HandoverCase) -> None:
    bank.notifier.postponed = TransferRefusedError(40056)
    bank.wecom.decide()
    bank.poll(case)

    assert bank.latest(case).digests == {TAKER: DigestOutcome.NOT_REACHED}


def test_manager_hears_of_new_manual_work_in_one_message_a_look(bank: Bank, case: HandoverCase) -> None:
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00000")
    refused(bank, case, only="wm00001")
    bank.poll(case)
    bank.clock.advance(HOUR)
    refused(bank, case)

    first, second = [text for userid, _, text in bank.notifier.sent if userid == MANAGER]
    assert first.splitlines() == [
        "rm_wang01（杭州分行）的客户继承中，2 位客户需要人工处理。",
        "原因：客户拒绝 2。",
        "请在 11月26日 18:00 前处理。",
        "目前共 2 项待人工处理。",
    ]
    assert "1 位客户需要人工处理" in second
    assert "目前共 3 项" in second


def test_what_becomes_manual_at_planning_is_told_as_well(bank: Bank) -> None:
    bank.staff.members.pop(TAKER)
    bank.book.customers[LEAVER] = customers(2)
    case = bank.plan(bank.open())
    bank.poll(case)

    [text] = [text for _, _, text in bank.notifier.sent]
    assert "2 位客户、1 个客户群需要人工处理" in text
    assert "没有接替成员 3" in text


def test_postponed_escalation_is_tried_again_and_holds_nothing_up(bank: Bank, case: HandoverCase) -> None:
    bank.notifier.postponed = TransferPostponedError(bank.clock() + HOUR)
    refused(bank, case)
    waiting = bank.latest(case)
    bank.notifier.postponed = None
    bank.clock.advance(HOUR)
    bank.poll(case)

    assert (waiting.state, waiting.due_at) == (CaseState.ATTENTION, bank.clock())
    assert bank.notifier.sent_to(MANAGER) == ["客户继承：需要人工处理"]


def test_manual_work_past_its_due_date_is_told_once_a_day(bank: Bank, case: HandoverCase) -> None:
    refused(bank, case)
    for step in (4 * DAY, HOUR, DAY):
        bank.clock.advance(step)
        bank.poll(case)
        bank.poll(case)

    assert bank.notifier.sent_to(MANAGER) == ["客户继承：需要人工处理", "客户继承：逾期提醒", "客户继承：逾期提醒"]
    assert "3 位客户已过处理期限" in bank.notifier.sent[-1][2]


def test_account_that_should_be_deleted_is_told_once_a_day(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.plan(bank.open())
    bank.poll(case)
    assert bank.notifier.sent == []

    bank.clock.advance(bank.settings.account_ageing_after + HOUR)
    bank.poll(case)
    bank.poll(case)

    [text] = [text for userid, _, text in bank.notifier.sent if userid == MANAGER]
    assert "企业微信账号尚未删除" in text


def test_role_of_head_office_gets_no_message_and_is_counted(bank: Bank, case: HandoverCase) -> None:
    bank.staff.manager = HEAD_OFFICE
    bank.wecom.decide(TransferStatus.REFUSED)
    result = bank.poll(case)
    again = bank.poll(case)

    assert bank.notifier.sent_to(HEAD_OFFICE) == []
    assert (result.told.without_manager, again.told.without_manager) == (1, 0)


@pytest.mark.parametrize("cause", EdgeCause)
def test_every_cause_of_manual_work_has_words(bank: Bank, case: HandoverCase, cause: EdgeCause) -> None:
    never_manual = {
        EdgeCause.HALF_ADDED,
        EdgeCause.DELETED_BY_CUSTOMER,
        EdgeCause.NOT_FOLLOWING,
        EdgeCause.STAYS_BY_POLICY,
        EdgeCause.CANCELLED,
        EdgeCause.CHOSEN_AGAIN,
    }
    edge = bank.edges(case)["wm00000"]
    [chunk] = bank.chunks(case)[:1]
    text = manual_work(case, [(chunk.kind, edge.manual(cause, MANAGER, bank.clock(), bank.clock()))], MANAGER, 1).text

    assert ("其他原因" in text) is (cause in never_manual)
