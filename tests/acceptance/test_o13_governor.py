"""O13, the rate governor: persisted penalty windows, no call issued inside one, fair share on a shared path.

Many simulated processes share one store in virtual time. The stores in memory pass the same tests as the DynamoDB
adapter (tests/integration/test_rate_table.py); one run here goes through the adapter itself.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence

import pytest

from local.bench.governor_simulation import Call, Run, Workload, floor_seconds, refused, simulate
from scrm.aws import session
from scrm.aws.rate_table import DynamoRateTable
from scrm.wecom.governor import Outcome
from scrm.wecom.governor_state import WEIGHTS, Priority
from scrm.wecom.limits import PathLimits
from tests import platform_table

# A tenth of WeCom's real limits, so that the whole story fits a test; the shape is the same.
BUDGET = PathLimits(per_minute=1_000, per_hour=15_000)
FOREVER = 10**9


type Answer = Callable[[Call, Sequence[Call]], Outcome]


def stricter_than_published(per_minute: int) -> Answer:
    """A WeCom that refuses above ``per_minute``, as users report (docs/wecom.md 1.4)."""
    accepted: list[float] = []

    def answer(call: Call, _: Sequence[Call]) -> Outcome:
        if len(accepted) - bisect_left(accepted, call.arrived - 60.0) >= per_minute:
            return Outcome.FREQUENCY_REFUSED
        insort(accepted, call.arrived)
        return Outcome.ANSWERED

    return answer


def refusing_between(begin: float, end: float) -> Answer:
    return lambda call, _: Outcome.FREQUENCY_REFUSED if begin <= call.arrived < end else Outcome.ANSWERED


def at_most_at_once(calls: int) -> Answer:
    """A WeCom that answers 45033 to a call that finds ``calls`` others running."""

    def answer(call: Call, issued: Sequence[Call]) -> Outcome:
        running = sum(other.arrived <= call.arrived < other.ended for other in issued[-200:] if other is not call)
        return Outcome.CONCURRENCY_REFUSED if running >= calls else Outcome.ANSWERED

    return answer


def closed_for(run: Run) -> list[float]:
    """Length of each distinct window, in order."""
    ends: dict[float, float] = {}
    for begun, end in run.penalties:
        ends.setdefault(end, begun)
    return [end - begun for end, begun in ends.items()]


def test_no_call_is_issued_inside_a_persisted_penalty_window() -> None:
    run = simulate(
        [Workload(Priority.HANDOVER, 2_000, 10), Workload(Priority.STATISTICS, 1_000, 10)],
        BUDGET,
        answer=stricter_than_published(per_minute=400),
    )

    assert len(closed_for(run)) > 3
    assert run.issued_in_penalty == []
    assert len(run.calls) == 3_000


def test_a_penalty_minute_costs_each_process_at_most_the_call_it_had_under_way() -> None:
    workers = 30

    run = simulate([Workload(Priority.HANDOVER, 1_500, workers)], BUDGET, answer=refusing_between(30.0, 90.0))

    refusals = [call for call in run.calls if 30.0 <= call.arrived < 90.0]
    assert closed_for(run) == [pytest.approx(61.0, abs=0.01)]
    assert 0 < len(refusals) <= workers
    assert run.issued_in_penalty == []


def test_one_call_alone_tries_the_path_after_a_window() -> None:
    run = simulate([Workload(Priority.HANDOVER, 1_500, 20)], BUDGET, answer=refusing_between(30.0, 31.0))

    (window_end,) = {end for _, end in run.penalties}
    after = [call for call in run.calls if call.issued >= window_end]
    probe, followers = after[0], after[1:]
    assert all(call.issued >= probe.ended for call in followers)
    assert followers[0].issued < probe.ended + 5.0


def test_windows_escalate_to_the_hour_and_the_day_with_one_call_each() -> None:
    run = simulate([Workload(Priority.HANDOVER, 1_000, 20)], BUDGET, answer=refusing_between(10.0, 5_000.0))

    minute, hour, day = closed_for(run)
    probes = [call for call in run.calls if 60.0 < call.issued < 5_000.0]
    assert minute == pytest.approx(61.0, abs=0.01)
    assert hour == pytest.approx(3601.0, abs=0.01)
    assert run.penalties[-1][1] == pytest.approx(15 * 3600 + 1.0)  # the run begins at 09:00 in Shanghai
    assert day > 3600
    assert len(probes) == 2
    assert run.issued_in_penalty == []
    assert len(run.calls) == 1_000


def test_classes_share_a_contested_path_by_their_weights_and_nobody_starves() -> None:
    run = simulate([Workload(priority, FOREVER, 12) for priority in Priority], BUDGET, until=90.0)

    counts = [len([issued for issued in run.issued(priority) if issued > 10.0]) for priority in Priority]
    total = sum(counts)
    for count, weight in zip(counts, WEIGHTS, strict=True):
        assert count / total == pytest.approx(weight / sum(WEIGHTS), rel=0.1)
    assert total / 80.0 > 0.9 * BUDGET.per_minute / 60.0


def test_a_welcome_message_passes_a_crowd_of_statistics_calls() -> None:
    run = simulate(
        [Workload(Priority.STATISTICS, FOREVER, 40), Workload(Priority.WELCOME, 1, 1, begins=45.0)],
        BUDGET,
        until=90.0,
    )

    (welcome,) = run.issued(Priority.WELCOME)
    assert welcome - 45.0 < 5.0  # of the 20 s its code lives; up to 1 s of it is the simulation's late start


def test_what_a_class_does_not_use_is_left_to_the_others() -> None:
    alone = simulate([Workload(Priority.STATISTICS, FOREVER, 40)], BUDGET, until=120.0)

    shared = simulate(
        [Workload(Priority.STATISTICS, FOREVER, 40), Workload(Priority.WELCOME, 50, 1)], BUDGET, until=120.0
    )

    assert len(shared.calls) >= 0.97 * len(alone.calls)


def test_a_class_that_joins_later_is_neither_punished_nor_paid_for_its_absence() -> None:
    run = simulate(
        [Workload(Priority.HANDOVER, FOREVER, 20), Workload(Priority.DISPATCH, FOREVER, 20, begins=60.0)],
        BUDGET,
        until=120.0,
    )

    handover, dispatch = (
        len([issued for issued in run.issued(priority) if 70.0 < issued < 120.0])
        for priority in (Priority.HANDOVER, Priority.DISPATCH)
    )
    assert handover / dispatch == pytest.approx(2.0, rel=0.15)


def test_both_windows_are_used_to_95_percent_without_a_single_refusal() -> None:
    budget = PathLimits(per_minute=500, per_hour=7_500)
    calls = 2 * budget.per_hour  # `make bench` runs this with WeCom's own 300,000

    run = simulate([Workload(Priority.HANDOVER, calls, 6)], budget)

    assert len(run.calls) == calls
    assert refused(run, budget) == 0
    assert floor_seconds(calls, budget) / run.seconds >= 0.95


def test_the_independent_count_would_notice_a_governor_that_lets_too_much_through() -> None:
    generous = PathLimits(per_minute=1_200, per_hour=15_000)

    run = simulate([Workload(Priority.HANDOVER, 3_000, 20)], generous)

    assert refused(run, BUDGET) > 0


def test_after_concurrency_refusals_fewer_calls_run_at_once_and_every_class_goes_on() -> None:
    refusals: list[float] = []
    crowded = at_most_at_once(12)

    def answer(call: Call, issued: Sequence[Call]) -> Outcome:
        outcome = crowded(call, issued)
        if outcome is Outcome.CONCURRENCY_REFUSED:
            refusals.append(call.issued)
        return outcome

    run = simulate(
        [Workload(Priority.HANDOVER, FOREVER, 30), Workload(Priority.STATISTICS, FOREVER, 30)],
        PathLimits(),
        answer=answer,
        until=60.0,
    )

    settled = [call for call in run.calls if call.issued > 20.0]
    assert len([moment for moment in refusals if moment < 20.0]) > 10
    assert len([moment for moment in refusals if moment > 20.0]) < 0.02 * len(settled)
    assert all(
        len([moment for moment in run.issued(each) if moment > 20.0]) > 100
        for each in (Priority.HANDOVER, Priority.STATISTICS)
    )


@pytest.fixture
def dynamodb() -> Iterator[DynamoRateTable]:
    with platform_table.platform_table():
        yield DynamoRateTable(session.client("dynamodb"), platform_table.NAME)


def test_the_same_holds_over_dynamodb(dynamodb: DynamoRateTable) -> None:
    budget = PathLimits(per_minute=300, per_hour=4_500)

    run = simulate(
        [Workload(Priority.HANDOVER, 60, 3), Workload(Priority.STATISTICS, 30, 3)],
        budget,
        store=dynamodb,
        answer=refusing_between(5.0, 6.0),
    )

    assert len(run.calls) == 90
    assert len(closed_for(run)) == 1
    assert run.issued_in_penalty == []
    assert refused(run, budget) == 0
