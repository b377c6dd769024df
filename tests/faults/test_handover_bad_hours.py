"""WeCom limited, down or forgetful for an hour, at every phase of a handover: nothing is lost and nothing doubled."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scrm import clock
from scrm.clock import BUSINESS_ZONE
from scrm.handover.edges import ChunkKind, EdgeCause, EdgeState
from scrm.handover.model import CaseState
from tests.fakes.handover import FakeStaff, signal, staff
from tests.local_bank import customer_id, small_world
from tests.simulated_handover import TICK, SimulatedHandover, simulated_handover

CUSTOMERS, GROUPS = 230, 3  # three calls
LEAVER, TAKER, NEXT, MANAGER = "rm_wang01", "rm_li02", "rm_zhou03", "mgr_zhao01"
REFUSES = customer_id(3)
HOUR = timedelta(hours=1)

type Strike = Callable[[SimulatedHandover], object]


def limited(seconds: int) -> Strike:
    return lambda run: run.sim.control.add_fault("errcode", "*", errcode=45009, seconds=seconds)


def unreachable(run: SimulatedHandover) -> None:
    run.sim.control.start_outage(HOUR.total_seconds())


def answers_502(run: SimulatedHandover) -> None:
    run.sim.control.add_fault("http", "*", status=502, seconds=HOUR.total_seconds())


def busy(run: SimulatedHandover) -> None:
    run.sim.control.add_fault("errcode", "*", errcode=-1, seconds=HOUR.total_seconds())


def works_and_never_answers(run: SimulatedHandover) -> None:
    run.sim.control.add_fault("drop_after", "externalcontact/*", seconds=HOUR.total_seconds())


def tokens_are_void(run: SimulatedHandover) -> None:
    run.sim.control.revoke_tokens(errcode=40014)


STRIKES: dict[str, Strike] = {
    "45009 for a minute": limited(60),
    "45009 for an hour": limited(3_600),
    "unreachable for an hour": unreachable,
    "502 for an hour": answers_502,
    "busy for an hour": busy,
    "no answer for an hour": works_and_never_answers,
    "token revoked": tokens_are_void,
}
MOMENTS = ("before HR tells", "between two calls", "before the first look", "before WeCom decides")


def handed_over(run: SimulatedHandover, strike: Strike, moment: str) -> None:
    """A member leaves in five days; ``strike`` comes at ``moment``; WeCom decides within a day, and two rounds pass."""
    run.full_pass()
    run.sim.control.script_decisions(by_customer={REFUSES: "refuse"})
    if moment == "before HR tells":
        strike(run)
    if moment == "between two calls":
        run.before_transfer = lambda number: strike(run) if number == 1 else None
    last_day = clock.now().astimezone(BUSINESS_ZONE).date() + timedelta(days=5)
    run.tell(replace(signal(at=clock.now(), successors=(TAKER, NEXT)), last_day=last_day))
    run.run_until_idle()
    called_at = clock.now()
    for name, look in (("before the first look", HOUR), ("before WeCom decides", 24 * HOUR)):
        if moment == name:
            rest_until_look(run, called_at + look)
            strike(run)
    run.pass_time(called_at + 60 * HOUR - clock.now())


def rest_until_look(run: SimulatedHandover, moment: datetime) -> None:
    """Up to the first look at or after the moment, which is about to be made."""
    while (due := run.case.due_at) is not None and due < moment:
        run.pass_time(TICK)
    assert due is not None
    run.clock.advance(due - clock.now())


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("strike", STRIKES.values(), ids=STRIKES.keys())
def test_nothing_is_lost_and_nothing_doubled(strike: Strike, moment: str) -> None:
    bank = FakeStaff([staff(LEAVER), staff(TAKER), staff(NEXT)], manager=MANAGER)
    with simulated_handover(small_world(CUSTOMERS, GROUPS), bank) as run:
        handed_over(run, strike, moment)
        followers = Counter(row["userid"] for row in run.sim.control.relations())
        asked = Counter(row["external_userid"] for row in run.sim.control.transfers())
        edges, groups = run.edges(), run.edges(ChunkKind.GROUPS)

    assert run.case.state is CaseState.ATTENTION
    manual = {one: edge for one, edge in edges.items() if edge.state is not EdgeState.DONE}
    assert {(one, edge.state, edge.cause, edge.owner_userid) for one, edge in manual.items()} == {
        (REFUSES, EdgeState.MANUAL, EdgeCause.CUSTOMER_REFUSED, MANAGER)
    }
    assert followers == {TAKER: CUSTOMERS - 1, LEAVER: 1}
    assert asked == {customer_id(place): 1 for place in range(CUSTOMERS)} | {REFUSES: 2}
    assert {edge.state for edge in groups.values()} == {EdgeState.DONE}
    assert len(groups) == GROUPS


@pytest.mark.parametrize("moment", ["between two calls", "before WeCom decides"])
@pytest.mark.parametrize("seconds", [60, 3_600])
def test_a_limited_path_is_asked_once_and_then_left_alone(seconds: int, moment: str) -> None:
    bank = FakeStaff([staff(LEAVER), staff(TAKER), staff(NEXT)], manager=MANAGER)
    with simulated_handover(small_world(CUSTOMERS, GROUPS), bank) as run:
        handed_over(run, limited(seconds), moment)
        refused = Counter(call["path"] for call in run.sim.control.calls() if call["errcode"] == 45009)

    assert refused
    # A window of a minute is tried once after it; where that is refused too, the next try is after an hour.
    assert max(refused.values()) <= (1 if seconds == 60 else 2)
