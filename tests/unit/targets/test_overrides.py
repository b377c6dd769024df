"""The gate is opened against the figures: only with a reason, by two, for a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scrm.targets.overrides import GateOverrides, WantedOverride
from scrm.two_persons import RequestRefusedError, RequestState
from tests.fakes.targets import FakeJournal, FakeOverrides

NOW = datetime(2027, 3, 1, tzinfo=UTC)
ASKER, CHECKER = "operator:a", "operator:b"
WANTED = WantedOverride("aum", "10", "/1/10/", NOW + timedelta(days=30), "the branch opened in February")


@pytest.fixture
def overrides() -> GateOverrides:
    return GateOverrides(FakeOverrides(), FakeJournal(), lambda: frozenset({"aum"}))


def test_an_approved_override_holds_until_its_end(overrides: GateOverrides) -> None:
    asked = overrides.ask(WANTED, ASKER, NOW)

    approved = overrides.approve(asked, CHECKER, NOW)

    assert approved.is_in_force(NOW)
    assert not approved.is_in_force(WANTED.valid_until)
    assert approved.as_gate().kpi == "aum"
    assert overrides.store.at_or_above("/1/10/11/") == [approved]
    assert overrides.store.at_or_above("/1/20/") == []


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_override_without_a_reason_is_refused(overrides: GateOverrides, reason: str) -> None:
    with pytest.raises(RequestRefusedError, match="needs a reason"):
        overrides.ask(replace(WANTED, reason=reason), ASKER, NOW)


@pytest.mark.parametrize("until", [NOW, NOW + timedelta(days=93)])
def test_an_override_ends_and_soon_enough(overrides: GateOverrides, until: datetime) -> None:
    with pytest.raises(RequestRefusedError, match="within 92 days"):
        overrides.ask(replace(WANTED, valid_until=until), ASKER, NOW)


def test_a_kpi_that_no_stage_locks_needs_no_override(overrides: GateOverrides) -> None:
    with pytest.raises(RequestRefusedError, match="assessed already"):
        overrides.ask(replace(WANTED, kpi="reply_rate"), ASKER, NOW)


def test_who_asked_does_not_approve(overrides: GateOverrides) -> None:
    asked = overrides.ask(WANTED, ASKER, NOW)

    with pytest.raises(RequestRefusedError, match="somebody else"):
        overrides.approve(asked, ASKER, NOW)


def test_an_override_whose_time_passed_is_not_approved(overrides: GateOverrides) -> None:
    asked = overrides.ask(WANTED, ASKER, NOW)

    with pytest.raises(RequestRefusedError, match="has passed"):
        overrides.approve(asked, CHECKER, WANTED.valid_until)


def test_the_same_request_is_the_same_override_whatever_became_of_it(overrides: GateOverrides) -> None:
    asked = overrides.ask(WANTED, ASKER, NOW)
    rejected = overrides.reject(asked, CHECKER, "not yet", NOW)

    assert overrides.ask(WANTED, ASKER, NOW + timedelta(hours=1)) == rejected
    assert overrides.reject(rejected, CHECKER, "not yet", NOW) == rejected


def test_who_asks_again_after_a_decision_is_not_told_to_have_made_it() -> None:
    """The journal may have missed the decision: then this is its only entry."""
    journal = FakeJournal()
    overrides = GateOverrides(FakeOverrides(), journal, lambda: frozenset({"aum"}))
    overrides.approve(overrides.ask(WANTED, ASKER, NOW), CHECKER, NOW)

    overrides.ask(WANTED, ASKER, NOW)

    assert journal.entries == [("requested", ASKER), ("approved", CHECKER), ("approved", CHECKER)]


def test_a_revoked_override_holds_no_more(overrides: GateOverrides) -> None:
    approved = overrides.approve(overrides.ask(WANTED, ASKER, NOW), CHECKER, NOW)

    revoked = overrides.revoke(approved, ASKER, "the figures are there", NOW)

    assert revoked.state is RequestState.REVOKED
    assert not revoked.is_in_force(NOW)
    with pytest.raises(RequestRefusedError, match="revoked, not approved"):
        overrides.revoke(revoked, CHECKER, "again", NOW)
