"""What the settings name needs two persons: the maker is never the one who confirms (S62)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.handover.edges import ChunkKind, EdgeState
from scrm.handover.errors import DecisionRefusedError
from scrm.handover.four_eyes import CERTIFICATE_DOWNLOAD, CLOSE, DecisionState, FourEyes, PendingDecision, Wish
from scrm.handover.ports import LeaversCustomer
from scrm.handover.settings import HandoverSettings
from tests.fakes.decisions import MemoryDecisions
from tests.fakes.handover import LEAVER, START, TAKER, FakeCustomers
from tests.unit.handover.conftest import Bank

MAKER, CHECKER, OTHER = "operator:maker", "operator:checker", "operator:other"
DOWNLOAD = Wish(CERTIFICATE_DOWNLOAD, "case_1", "/1/10/", {})
LATER = START + timedelta(days=4)


@pytest.fixture
def store() -> MemoryDecisions:
    return MemoryDecisions()


@pytest.fixture
def four_eyes(store: MemoryDecisions) -> FourEyes:
    return FourEyes(store, store, HandoverSettings(four_eyes=frozenset({CLOSE, CERTIFICATE_DOWNLOAD})))


def asked(four_eyes: FourEyes, wish: Wish = DOWNLOAD, key: str = "") -> PendingDecision:
    decision = four_eyes.ask(wish, MAKER, START, key)
    assert decision is not None
    return decision


def permission(_decision: PendingDecision) -> bool:
    return False


def test_what_the_settings_do_not_name_needs_nobody(four_eyes: FourEyes, store: MemoryDecisions) -> None:
    assert four_eyes.ask(replace(DOWNLOAD, operation="reassign"), MAKER, START) is None
    assert store.by_id == {}


def test_asking_again_is_the_same_decision(four_eyes: FourEyes, store: MemoryDecisions) -> None:
    first, again = asked(four_eyes), asked(four_eyes)

    assert first == again
    assert store.journal == [("requested", MAKER)]


def test_another_person_another_case_or_another_key_is_another_decision(four_eyes: FourEyes) -> None:
    ids = {
        asked(four_eyes).decision_id,
        asked(four_eyes, replace(DOWNLOAD, case_id="case_2")).decision_id,
        asked(four_eyes, key="k").decision_id,
    }
    by_other = four_eyes.ask(DOWNLOAD, OTHER, START)

    assert by_other is not None
    assert len({*ids, by_other.decision_id}) == 4


def test_the_maker_cannot_confirm_his_own_decision(four_eyes: FourEyes) -> None:
    decision = asked(four_eyes)

    with pytest.raises(DecisionRefusedError, match="You made this decision"):
        four_eyes.confirm(decision.decision_id, MAKER, START, permission)

    assert asked(four_eyes).state is DecisionState.PENDING


def test_a_confirmed_permission_is_its_makers_and_is_used_once(four_eyes: FourEyes) -> None:
    four_eyes.confirm(asked(four_eyes).decision_id, CHECKER, START, permission)

    others = four_eyes.ask(DOWNLOAD, OTHER, START)
    first = four_eyes.ask(DOWNLOAD, MAKER, START)
    second = four_eyes.ask(DOWNLOAD, MAKER, START)

    assert others is not None
    assert first is None
    assert second is not None
    assert second.state is DecisionState.PENDING


def test_a_permission_that_was_not_used_in_time_is_asked_for_again(four_eyes: FourEyes) -> None:
    four_eyes.confirm(asked(four_eyes).decision_id, CHECKER, START, permission)

    late = four_eyes.ask(DOWNLOAD, MAKER, LATER)

    assert late is not None
    assert late.waits(LATER)


def test_an_expired_decision_is_not_confirmed_and_can_be_made_again(four_eyes: FourEyes) -> None:
    decision = asked(four_eyes)

    with pytest.raises(DecisionRefusedError, match=r"expired at 2026-11-26T01:00:00\.000Z"):
        four_eyes.confirm(decision.decision_id, CHECKER, LATER, permission)
    again = four_eyes.ask(DOWNLOAD, MAKER, LATER)

    assert again is not None
    assert (again.decision_id, again.waits(LATER)) == (decision.decision_id, True)


def test_a_refused_decision_stays_refused_with_the_reason(four_eyes: FourEyes) -> None:
    decision = asked(four_eyes)

    refused = four_eyes.refuse(decision.decision_id, "not needed", CHECKER, START)

    assert (refused.state, refused.reason, refused.decided_by) == (DecisionState.REFUSED, "not needed", CHECKER)
    with pytest.raises(DecisionRefusedError, match="refused already"):
        four_eyes.confirm(decision.decision_id, OTHER, START, permission)
    with pytest.raises(DecisionRefusedError, match="refused already"):
        four_eyes.refuse(decision.decision_id, "twice", OTHER, START)


def test_a_confirmation_that_died_before_the_work_is_repeated_and_nobody_elses(
    four_eyes: FourEyes, store: MemoryDecisions
) -> None:
    decision, done = asked(four_eyes, replace(DOWNLOAD, operation=CLOSE), key="k"), []

    def dies(_decision: PendingDecision) -> bool:
        raise TimeoutError

    def works(decision: PendingDecision) -> bool:
        done.append(decision.wish.case_id)
        return True

    with pytest.raises(TimeoutError):
        four_eyes.confirm(decision.decision_id, CHECKER, START, dies)
    with pytest.raises(DecisionRefusedError, match="confirmed already"):
        four_eyes.confirm(decision.decision_id, OTHER, START, works)
    finished = four_eyes.confirm(decision.decision_id, CHECKER, START, works)

    assert done == ["case_1"]
    assert (finished.state, finished.done_at) == (DecisionState.CONFIRMED, START)
    assert store.journal == [("requested", MAKER), ("confirmed", CHECKER)]


def test_a_decision_about_a_case_that_changed_no_longer_applies(four_eyes: FourEyes) -> None:
    bank = Bank(book=FakeCustomers({LEAVER: [LeaversCustomer(f"wm{n}", hold="complaint") for n in range(2)]}))
    case = bank.plan(bank.open())
    bank.poll(case)
    seen = bank.decisions().open_work(case.case_id)
    decision = asked(four_eyes, Wish(CLOSE, case.case_id, "/1/10/", {"open_work": seen}), key="k")
    bank.decisions().reassign(case.case_id, ChunkKind.CUSTOMERS, ["wm0"], TAKER, OTHER, START)
    bank.submit_all(case)
    bank.wecom.decide()
    bank.clock.advance(timedelta(hours=2))
    bank.poll(case)

    def close(decision: PendingDecision) -> bool:
        bank.decisions().close(case.case_id, "by hand", decision.made_by, START, decision.wish.parameters["open_work"])
        return True

    with pytest.raises(DecisionRefusedError, match=r"no longer applies\. Others wait for a person now"):
        four_eyes.confirm(decision.decision_id, CHECKER, START, close)

    outdated = four_eyes.store.find(decision.decision_id)
    assert outdated is not None
    assert outdated.state is DecisionState.OUTDATED
    assert bank.states(case) == [EdgeState.DONE, EdgeState.MANUAL]
