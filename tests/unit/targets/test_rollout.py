"""The gate to formal: off until the bank sets it, opened by a recorded exit or by two persons."""

from datetime import UTC, datetime, timedelta

import pytest

from scrm.targets.overrides import ROLLOUT, GateOverrides, WantedOverride
from scrm.targets.rollout import GateToFormal, RecordedExit, RolloutGate
from scrm.two_persons import RequestRefusedError
from tests.fakes.targets import FakeExits, FakeJournal, FakeOverrides

NOW = datetime(2027, 6, 10, 2, 0, tzinfo=UTC)


def recorded(node_id: str, path: str) -> RecordedExit:
    return RecordedExit(f"exit_{node_id}", node_id, path, "{}", "operator:op-a", NOW)


def gate(*exits: RecordedExit, overrides: FakeOverrides | None = None, now: datetime = NOW) -> RolloutGate:
    store = FakeExits({one.exit_id: one for one in exits})
    return RolloutGate(store, overrides or FakeOverrides(), lambda: True, lambda: now)


def test_a_bank_that_sets_no_gate_has_none() -> None:
    off = RolloutGate(FakeExits(), FakeOverrides(), lambda: False, lambda: NOW)

    assert (off.is_open("/1/"), off.state("/1/")) == (True, GateToFormal.OFF)


def test_the_bank_follows_a_branch_and_a_team_speaks_for_itself() -> None:
    assert gate().state("/1/20/") is GateToFormal.SHUT
    branch, team = gate(recorded("10", "/1/10/")), gate(recorded("12", "/1/10/12/"))

    assert {branch.state(path) for path in ("/1/", "/1/10/", "/1/20/21/")} == {GateToFormal.RECORDED}
    assert {path for path in ("/1/", "/1/10/", "/1/10/12/", "/1/10/12/3/", "/1/20/") if team.is_open(path)} == {
        "/1/10/12/",
        "/1/10/12/3/",
    }


def test_two_persons_open_it_for_a_node_and_a_time_with_a_reason() -> None:
    overrides = FakeOverrides()
    desk = GateOverrides(overrides, FakeJournal(), lambda: frozenset({"aum"}))
    wanted = WantedOverride(ROLLOUT, "20", "/1/20/", NOW + timedelta(days=30), "监管要求统一上线")

    with pytest.raises(RequestRefusedError, match="reason"):
        desk.ask(WantedOverride(ROLLOUT, "20", "/1/20/", NOW + timedelta(days=30), " "), "operator:op-a", NOW)
    asked = desk.ask(wanted, "operator:op-a", NOW)
    assert gate(overrides=overrides).state("/1/20/") is GateToFormal.SHUT
    with pytest.raises(RequestRefusedError):
        desk.approve(asked, "operator:op-a", NOW)
    desk.approve(asked, "operator:op-b", NOW)

    assert gate(overrides=overrides).state("/1/20/21/") is GateToFormal.OVERRIDDEN
    assert gate(overrides=overrides).state("/1/10/") is GateToFormal.SHUT
    assert gate(overrides=overrides, now=NOW + timedelta(days=30)).state("/1/20/") is GateToFormal.SHUT


def test_an_override_of_a_kpi_opens_no_rollout() -> None:
    overrides = FakeOverrides()
    desk = GateOverrides(overrides, FakeJournal(), lambda: frozenset({"aum"}))
    wanted = WantedOverride("aum", "20", "/1/20/", NOW + timedelta(days=30), "新设")
    desk.approve(desk.ask(wanted, "operator:op-a", NOW), "operator:op-b", NOW)

    assert gate(overrides=overrides).state("/1/20/") is GateToFormal.SHUT
