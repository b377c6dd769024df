"""Time: one clock that only grows, and what falls due on it in order."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator.clock import Clock, to_iso
from local.simulator.timeline import AdvanceInProgressError, Timeline

from .builders import DAY, HOUR, START, Corp

MINUTE = 60


class Recorder:
    def __init__(self) -> None:
        self.clock = Clock(lambda: START)
        self.timeline = Timeline(self.clock)
        self.seen: list[tuple[float, float, Any]] = []
        self.timeline.on("thing", self._note)

    async def _note(self, at: float, args: dict[str, Any]) -> None:
        self.seen.append((at, self.clock.now(), args["name"]))
        for delay in args.get("then", ()):
            self.timeline.schedule(self.clock.now() + delay, "thing", name=f"{args['name']}+{delay}")


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=30), st.floats(min_value=0, max_value=1e6))
def test_everything_due_until_the_target_runs_once_in_order_at_its_own_time(delays: list[float], target: float) -> None:
    recorder = Recorder()
    for number, delay in enumerate(delays):
        recorder.timeline.schedule(START + delay, "thing", name=number)

    asyncio.run(recorder.timeline.advance(START + target))

    times = [at for at, _, _ in recorder.seen]
    assert times == sorted(START + delay for delay in delays if START + delay <= START + target)
    assert all(now == pytest.approx(at, abs=1e-3) for at, now, _ in recorder.seen)
    assert recorder.clock.now() == pytest.approx(START + target, abs=1e-3)


def test_equal_times_run_in_the_order_they_were_scheduled() -> None:
    recorder = Recorder()
    for name in "abc":
        recorder.timeline.schedule(START + 5, "thing", name=name)

    asyncio.run(recorder.timeline.advance(START + 5))

    assert [name for _, _, name in recorder.seen] == ["a", "b", "c"]


def test_what_an_entry_causes_within_the_walk_runs_in_the_same_walk() -> None:
    recorder = Recorder()
    recorder.timeline.schedule(START + 10, "thing", name="first", then=[0, 5, 100])

    asyncio.run(recorder.timeline.advance(START + 20))

    assert [name for _, _, name in recorder.seen] == ["first", "first+0", "first+5"]


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), max_size=20))
def test_the_clock_never_goes_back(moves: list[float]) -> None:
    clock = Clock(lambda: START)
    seen = [clock.now()]

    for move in moves:
        clock.advance_to(START + move)
        seen.append(clock.now())

    assert seen == sorted(seen)
    assert clock.offset >= 0


def test_a_second_advance_during_the_first_is_refused() -> None:
    recorder = Recorder()
    refused: list[bool] = []

    async def advance_from_inside(at: float, args: dict[str, Any]) -> None:
        with pytest.raises(AdvanceInProgressError):
            await recorder.timeline.advance(at + 1)
        refused.append(True)

    recorder.timeline.on("inside", advance_from_inside)
    recorder.timeline.schedule(START + 1, "inside")

    asyncio.run(recorder.timeline.advance(START + 2))

    assert refused == [True]


def test_a_timer_is_posted_its_name_and_due_time_at_each_of_its_times() -> None:
    corp = Corp()
    corp.simulator.simulation.timeline.set_timer("poll", "rate(10 minutes)", "http://engine.invalid/poll")

    report = corp.advance(35 * 60)

    assert report.fired == {"timer:poll": 3}
    assert [body for _, body in corp.http.requests] == [
        b'{"name": "poll", "due_at": "2027-01-15T08:10:00.000Z"}',
        b'{"name": "poll", "due_at": "2027-01-15T08:20:00.000Z"}',
        b'{"name": "poll", "due_at": "2027-01-15T08:30:00.000Z"}',
    ]


def test_a_failing_webhook_is_reported_and_does_not_stop_time() -> None:
    corp = Corp()
    corp.http.answer = lambda _url: 500
    corp.simulator.simulation.timeline.set_timer("poll", "rate(1 hour)", "http://engine.invalid/poll")

    report = corp.advance(2 * HOUR)

    assert report.fired == {"timer:poll": 2}
    assert len(report.failures) == 2
    assert corp.simulator.simulation.now() == START + 2 * HOUR


def test_timers_and_transfers_meet_in_time_order() -> None:
    corp = Corp()
    corp.simulator.simulation.timeline.set_timer("nightly", "cron(0 18 * * ? *)", "http://engine.invalid/nightly")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    order = ["timer" if "engine" in url else "event" for url, _ in corp.http.requests]
    assert order == ["timer", "event", "event"]


def test_a_dropped_timer_does_not_fire_again() -> None:
    corp = Corp()
    timeline = corp.simulator.simulation.timeline
    timeline.set_timer("poll", "rate(1 hour)", "http://engine.invalid/poll")

    assert timeline.drop_timer("poll")
    assert not timeline.drop_timer("poll")

    assert corp.advance(3 * HOUR).fired == {}


def test_the_settle_hook_is_awaited_before_time_leaps_and_at_the_end() -> None:
    corp = Corp()
    corp.simulator.settle_url = "http://engine.invalid/settle"
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    urls = [url.partition("?")[0].rpartition("/")[2] for url, _ in corp.http.requests]
    assert urls == ["settle", "cb", "cb", "settle"]


def test_time_waits_for_the_settle_hook_and_leaps_after_it() -> None:
    recorder = Recorder()
    settled_at: list[float] = []

    async def settle(now: float) -> None:
        settled_at.append(now - START)
        if len(settled_at) == 1:  # what it waited for makes something due at once
            recorder.timeline.schedule(START + 1, "thing", name="caused")

    recorder.timeline.before_leap = settle
    for delay in (100, 110, 300):
        recorder.timeline.schedule(START + delay, "thing", name=delay)

    asyncio.run(recorder.timeline.advance(START + 300))

    assert [name for _, _, name in recorder.seen] == ["caused", 100, 110, 300]
    assert settled_at == pytest.approx([0, 1, 110, 300], abs=1e-3)


def test_timers_answer_for_what_they_set_going_and_a_failed_one_does_not() -> None:
    corp = Corp()
    corp.simulator.settle_url = "http://engine.invalid/settle"
    corp.simulator.simulation.timeline.set_timer("poll", "rate(1 hour)", "http://engine.invalid/poll")

    corp.advance(2 * HOUR)
    good = [url.rpartition("/")[2] for url, _ in corp.http.requests]
    corp.http.answer = lambda url: 500 if url.endswith("poll") else 200
    report = corp.advance(2 * HOUR)

    assert good == ["settle", "poll", "poll"]
    assert [url.rpartition("/")[2] for url, _ in corp.http.requests[3:]] == ["settle", "poll"] * 2 + ["settle"]
    assert len(report.failures) == 2


def resting(**until: float) -> bytes:
    return json.dumps({"resting": {name: to_iso(moment) for name, moment in until.items()}}).encode()


def test_a_timer_that_rests_is_not_fired_before_its_moment() -> None:
    corp = Corp()
    timeline = corp.simulator.simulation.timeline
    timeline.set_timer("nightly", "rate(1 hour)", "http://engine.invalid/nightly")
    timeline.set_timer("poll", "rate(10 minutes)", "http://engine.invalid/poll")
    corp.http.told = lambda _url: resting(poll=START + 100 * MINUTE)

    report = corp.advance(2 * HOUR)

    assert report.fired == {"timer:nightly": 2, "timer:poll": 4}
    assert report.rested == 8
    polled = [json.loads(body)["due_at"][11:16] for url, body in corp.http.requests if url.endswith("poll")]
    assert polled == ["08:10", "09:40", "09:50", "10:00"]
    assert timeline.agenda.timers["poll"].next_at == START + 130 * MINUTE


@pytest.mark.parametrize("answer", [b"", b"[]", b"no JSON", b'{"resting": {}}', b'{"idle": true}'])
def test_by_any_other_answer_no_timer_rests(answer: bytes) -> None:
    corp = Corp()
    corp.simulator.simulation.timeline.set_timer("poll", "rate(1 hour)", "http://engine.invalid/poll")
    corp.http.told = lambda _url: answer

    report = corp.advance(3 * HOUR)

    assert (report.fired, report.rested, report.failures) == ({"timer:poll": 3}, 0, [])


def test_the_settle_hook_tells_who_rests_too() -> None:
    corp = Corp()
    corp.simulator.settle_url = "http://engine.invalid/settle"
    corp.simulator.simulation.timeline.set_timer("poll", "rate(1 hour)", "http://engine.invalid/poll")
    corp.http.told = lambda _url: resting(poll=START + DAY)

    report = corp.advance(3 * HOUR)

    assert (report.fired, report.rested) == ({}, 3)


def test_what_happens_meanwhile_ends_the_rest_of_all_timers_and_so_does_the_next_walk() -> None:
    corp = Corp()
    corp.simulator.simulation.timeline.set_timer("poll", "rate(1 hour)", "http://engine.invalid/poll")
    corp.http.told = lambda url: resting(poll=START + 9 * DAY) if url.endswith("poll") else b""
    corp.decide(wm1="accept")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")  # decided after an hour, told at once
    corp.http.requests.clear()

    first, second = corp.advance(5.5 * HOUR), corp.advance(5 * HOUR)

    assert (first.fired["timer:poll"], first.rested) == (2, 3)
    assert (second.fired, second.rested) == ({"timer:poll": 1}, 4)


def test_the_passing_of_wall_time_runs_what_falls_due() -> None:
    recorder = Recorder()
    recorder.clock = recorder.timeline.clock = Clock()
    recorder.timeline.schedule(recorder.clock.now() + 0.01, "thing", name="soon")

    async def wait_for_it() -> None:
        running = asyncio.create_task(recorder.timeline.keep_up())
        async with asyncio.timeout(5):
            while not recorder.seen:
                await asyncio.sleep(0.001)
        running.cancel()

    asyncio.run(wait_for_it())

    assert [name for _, _, name in recorder.seen] == ["soon"]
