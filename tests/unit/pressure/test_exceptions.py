"""Exceptions from the weekly caps (S40): a reason, a second person, an end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.homes import key_of
from scrm.pressure.exceptions import (
    ExceptionScope,
    GovernedCaps,
    PressureException,
    PressureExceptions,
    PressureRules,
    Wanted,
)
from scrm.pressure.model import Cap, PressureClass
from scrm.two_persons import RequestRefusedError, RequestState, StaleRequestError
from tests.fakes.pressure import CAPS, FakeExceptions
from tests.unit.pressure.conftest import T0, Desk

RULES = PressureRules(CAPS, most_by_exception=5, longest_exception=timedelta(days=30))
WANTED = Wanted(ExceptionScope.CUSTOMER, "wm1", PressureClass.PUSH, 3, T0 + timedelta(days=7), "基金到期需多次确认")


class Journal:
    def __init__(self) -> None:
        self.told_of: list[tuple[str, str]] = []

    def told(self, exception: PressureException, actor: str, at: object) -> None:
        self.told_of.append((exception.state.value, actor))


@pytest.fixture
def exceptions() -> PressureExceptions:
    return PressureExceptions(FakeExceptions(), Journal(), lambda: RULES)


def caps(exceptions: PressureExceptions) -> GovernedCaps:
    return GovernedCaps(lambda: RULES, exceptions.store, lambda: T0)


def test_an_exception_counts_once_somebody_else_approved_it(exceptions: PressureExceptions) -> None:
    asked = exceptions.ask(WANTED, "/1/10/", "op-a", T0)
    before = caps(exceptions).cap(PressureClass.PUSH, "camp_1", ["wm1", "wm2"])

    exceptions.approve(asked, "op-b", T0)

    assert before == Cap(2)
    assert caps(exceptions).cap(PressureClass.PUSH, "camp_1", ["wm1", "wm2"]) == Cap(2, {key_of("wm1"): 3})
    assert caps(exceptions).cap(PressureClass.GROUP, "camp_1", ["wm1"]) == Cap(3)
    assert isinstance(exceptions.journal, Journal)
    assert exceptions.journal.told_of == [("requested", "op-a"), ("approved", "op-b")]


def test_who_asked_does_not_approve(exceptions: PressureExceptions) -> None:
    asked = exceptions.ask(WANTED, "/1/10/", "op-a", T0)

    with pytest.raises(RequestRefusedError, match="somebody else"):
        exceptions.approve(asked, "op-a", T0)


def test_a_campaigns_exception_is_for_all_its_customers_and_no_other_campaign(exceptions: PressureExceptions) -> None:
    wanted = replace(WANTED, scope=ExceptionScope.CAMPAIGN, subject_id="camp_1", weekly_cap=4)
    exceptions.approve(exceptions.ask(wanted, "/1/", "op-a", T0), "op-b", T0)
    exceptions.approve(exceptions.ask(WANTED, "/1/", "op-a", T0), "op-b", T0)

    assert caps(exceptions).cap(PressureClass.PUSH, "camp_1", ["wm1"]) == Cap(4)
    assert caps(exceptions).cap(PressureClass.PUSH, "camp_2", ["wm1"]) == Cap(2, {key_of("wm1"): 3})


def test_an_exception_ends_by_itself_and_when_it_is_revoked(exceptions: PressureExceptions) -> None:
    approved = exceptions.approve(exceptions.ask(WANTED, "/1/", "op-a", T0), "op-b", T0)
    later = GovernedCaps(lambda: RULES, exceptions.store, lambda: WANTED.valid_until)

    assert later.cap(PressureClass.PUSH, "", ["wm1"]) == Cap(2)
    exceptions.revoke(approved, "op-a", "客户投诉", T0)
    assert caps(exceptions).cap(PressureClass.PUSH, "", ["wm1"]) == Cap(2)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (replace(WANTED, weekly_cap=2), "above 2 and to 5"),
        (replace(WANTED, weekly_cap=6), "above 2 and to 5"),
        (replace(WANTED, valid_until=T0), "after now"),
        (replace(WANTED, valid_until=T0 + timedelta(days=31)), "within 30 days"),
        (replace(WANTED, reason=" "), "reason"),
        (replace(WANTED, pressure_class=PressureClass.SERVICE), "no cap"),
    ],
)
def test_what_goes_too_far_is_refused_with_the_reason(exceptions: PressureExceptions, wanted: Wanted, why: str) -> None:
    with pytest.raises(RequestRefusedError, match=why):
        exceptions.ask(wanted, "/1/", "op-a", T0)


def test_repeats_change_nothing_and_a_decision_is_made_once(exceptions: PressureExceptions) -> None:
    asked = exceptions.ask(WANTED, "/1/", "op-a", T0)
    assert exceptions.ask(WANTED, "/1/", "op-a", T0) == asked
    rejected = exceptions.reject(asked, "op-b", "不必要", T0)

    assert exceptions.reject(rejected, "op-b", "不必要", T0) == rejected
    assert (rejected.state, rejected.note) == (RequestState.REJECTED, "不必要")
    with pytest.raises(RequestRefusedError, match="rejected"):
        exceptions.approve(rejected, "op-c", T0)
    with pytest.raises(RequestRefusedError, match="rejected"):
        exceptions.revoke(rejected, "op-c", "", T0)
    with pytest.raises(StaleRequestError):
        exceptions.approve(asked, "op-c", T0)


def test_what_expired_is_not_approved(exceptions: PressureExceptions) -> None:
    asked = exceptions.ask(WANTED, "/1/", "op-a", T0)

    with pytest.raises(RequestRefusedError, match="passed"):
        exceptions.approve(asked, "op-b", WANTED.valid_until)


def test_the_ledger_lets_a_customer_with_an_exception_have_a_third_push(
    desk: Desk, exceptions: PressureExceptions
) -> None:
    exceptions.approve(exceptions.ask(WANTED, "/1/", "op-a", T0), "op-b", T0)
    ledger = replace(desk.ledger, caps=caps(exceptions))
    for number in range(3):
        found = ledger.reserve("rm1", ["wm1", "wm2"], desk.touch(f"t{number}"))

    assert (found.reserved, found.deferred) == (frozenset({"wm1"}), frozenset({"wm2"}))
