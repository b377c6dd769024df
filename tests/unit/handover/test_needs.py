"""What customers ask of their next owner: tier, language, qualification; and the tiers that stay."""

from dataclasses import replace

import pytest

from scrm.handover.edges import EdgeCause, EdgeState
from scrm.handover.model import ChangeKind, StayPolicy
from scrm.handover.ports import LeaversCustomer, TransferStatus
from tests.fakes.handover import LEAVER, TAKER, signal, staff
from tests.unit.handover.conftest import Bank

ZHOU = "rm_zhou03"
PRIVATE = LeaversCustomer("wm_private", tier="private")
RETAIL = LeaversCustomer("wm_retail", tier="retail")
CANTONESE = LeaversCustomer("wm_cantonese", language="yue")


@pytest.fixture
def bank() -> Bank:
    """Only rm_zhou03 holds what private customers require and speaks Cantonese; the taker has more room."""
    bank = Bank()
    bank.settings = replace(bank.settings, tier_qualifications={"private": ("CFP",)})
    zhou = replace(staff(ZHOU), qualifications=frozenset({"CFP"}), languages=frozenset({"yue"}), capacity=100)
    bank.staff.members[ZHOU] = zhou
    bank.book.customers[LEAVER] = [PRIVATE, RETAIL, CANTONESE]
    return bank


def takers(bank: Bank, *successors: str) -> dict[str, tuple[str, str]]:
    case = bank.plan(bank.open(*successors))
    return {
        edge.target_id: (chunk.takeover_userid, edge.reason)
        for chunk in bank.chunks(case)
        for edge in chunk.edges
        if edge.target_id.startswith("wm")
    }


def takers_by_rule(bank: Bank) -> dict[str, str]:
    """What a plan without a named successor would be."""
    fresh = Bank(settings=bank.settings, staff=bank.staff, book=bank.book)
    return {customer: taker for customer, (taker, _) in takers(fresh).items()}


def test_colleague_with_the_qualification_and_the_language_is_found(bank: Bank) -> None:
    found = takers(bank)

    assert found["wm_private"] == (ZHOU, "same_team")
    assert found["wm_cantonese"] == (ZHOU, "same_team")


def test_successor_without_the_qualification_gets_the_other_customers(bank: Bank) -> None:
    found = takers(bank, TAKER)

    assert found == {
        "wm_private": (ZHOU, "qualified_instead"),
        "wm_retail": (TAKER, "named"),
        "wm_cantonese": (TAKER, "named"),
    }


def test_customer_whom_nobody_is_qualified_for_waits_for_a_person_with_the_reason(bank: Bank) -> None:
    del bank.staff.members[ZHOU]

    case = bank.plan(bank.open(TAKER))

    edge = bank.edges(case)["wm_private"]
    assert (edge.state, edge.cause, edge.reason) == (EdgeState.MANUAL, EdgeCause.NO_SUCCESSOR, "nobody_qualified")
    assert edge.owner_userid == "mgr_zhao"


def test_language_nobody_speaks_blocks_nobody(bank: Bank) -> None:
    bank.book.customers[LEAVER] = [LeaversCustomer("wm_french", language="fr")]

    assert takers(bank) == {"wm_french": (TAKER, "same_team")}


def test_fallback_asks_for_the_qualification_too(bank: Bank) -> None:
    bank.book.customers[LEAVER] = [PRIVATE]
    case = bank.plan(bank.open(ZHOU))
    bank.submit_all(case)
    bank.wecom.decide(TransferStatus.REFUSED)

    bank.clock.advance(bank.settings.poll_times[0])
    bank.poll(case)

    edge = bank.edges(case)["wm_private"]
    assert (edge.state, edge.cause) == (EdgeState.MANUAL, EdgeCause.CUSTOMER_REFUSED)


def test_fallback_keeps_the_language_the_customer_speaks(bank: Bank) -> None:
    bank.staff.members["rm_bei"] = staff("rm_bei")
    bank.staff.members["rm_wu"] = replace(staff("rm_wu"), languages=frozenset({"yue"}), capacity=50)
    bank.book.customers[LEAVER] = [CANTONESE]
    case = bank.plan(bank.open())
    bank.submit_all(case)
    bank.wecom.decide(TransferStatus.REFUSED)

    bank.clock.advance(bank.settings.poll_times[0])
    bank.poll(case)

    assert bank.edges(case)["wm_cantonese"].state is EdgeState.PLANNED
    assert [chunk.takeover_userid for chunk in bank.chunks(case) if chunk.in_state(EdgeState.PLANNED)] == ["rm_wu"]


def test_colleague_takes_no_more_than_his_own_capacity(bank: Bank) -> None:
    bank.book.customers |= {LEAVER: [CANTONESE], ZHOU: [LeaversCustomer(f"wm_{place}") for place in range(100)]}

    assert takers(bank) == {"wm_cantonese": (TAKER, "same_team")}


def test_named_colleague_on_leave_takes_nobody_over(bank: Bank) -> None:
    bank.staff.members[TAKER] = replace(staff(TAKER, can_take_over=False), on_leave=True)
    bank.book.customers[LEAVER] = [RETAIL]

    assert takers(bank, TAKER) == {"wm_retail": (ZHOU, "same_team")}


@pytest.mark.parametrize(("days", "taker"), [(1, ZHOU), (7, ZHOU), (8, TAKER), (None, TAKER)])
def test_colleague_who_goes_on_leave_soon_takes_nobody_over(bank: Bank, days: int | None, taker: str) -> None:
    bank.staff.members[TAKER] = replace(staff(TAKER), leave_in_days=days)
    bank.book.customers[LEAVER] = [RETAIL]

    assert takers(bank, TAKER)["wm_retail"][0] == taker
    assert takers_by_rule(bank)["wm_retail"] == taker


def test_customers_of_the_staying_tiers_are_kept(bank: Bank) -> None:
    told = replace(signal(change=ChangeKind.TRANSFER), stays=StayPolicy(staying_tiers=("private",)))

    case = bank.plan(bank.tell(told))

    states = {target_id: (edge.state, edge.cause) for target_id, edge in bank.edges(case).items()}
    assert states["wm_private"] == (EdgeState.KEPT, EdgeCause.STAYS_BY_POLICY)
    assert states["wm_retail"][0] is EdgeState.PLANNED
