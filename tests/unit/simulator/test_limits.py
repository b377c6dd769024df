"""Call budgets (1.4): sliding minute and hour, penalties, the factor, concurrency, debug."""

from hypothesis import given
from hypothesis import strategies as st

from local.simulator.gate import ApiRequest
from local.simulator.knobs import Knobs
from local.simulator.limits import RateLimits

from .builders import Corp

LIST = "department/list"


def admitted(limits: RateLimits, knobs: Knobs, times: list[float], source: str = "127.0.0.1") -> list[float]:
    return [at for at in times if limits.admit(LIST, source, knobs, at)]


@given(st.lists(st.floats(min_value=0, max_value=400), max_size=80).map(sorted))
def test_no_sliding_window_ever_holds_more_than_its_budget(times: list[float]) -> None:
    knobs = Knobs(corp_calls_per_minute=5, corp_calls_per_hour=12, minute_penalty_seconds=7, hour_penalty_seconds=30)

    accepted = admitted(RateLimits(), knobs, times)

    for start in accepted:
        assert sum(start <= at < start + 60 for at in accepted) <= 5
        assert sum(start <= at < start + 3600 for at in accepted) <= 12


def test_a_broken_minute_shuts_the_path_for_sixty_seconds_whatever_was_used() -> None:
    knobs, limits = Knobs(corp_calls_per_minute=2), RateLimits()

    accepted = admitted(limits, knobs, [0, 1, 2, 59, 61.9, 62.1])

    assert accepted == [0, 1, 62.1]


def test_a_broken_hour_shuts_the_path_for_an_hour() -> None:
    knobs, limits = Knobs(corp_calls_per_minute=100, corp_calls_per_hour=3), RateLimits()

    accepted = admitted(limits, knobs, [0, 100, 200, 300, 3601, 3899, 3901])

    assert accepted == [0, 100, 200, 3901]


def test_a_refused_call_does_not_lengthen_the_penalty() -> None:
    knobs, limits = Knobs(corp_calls_per_minute=1), RateLimits()

    accepted = admitted(limits, knobs, [0, 1, 30, 50, 61.5])

    assert accepted == [0, 61.5]


def test_budgets_are_per_path() -> None:
    corp = Corp(corp_calls_per_minute=1)

    codes = [corp.get(path)["errcode"] for path in (LIST, LIST, "department/simplelist")]

    assert codes == [0, 45009, 0]


def test_the_factor_scales_the_budget() -> None:
    knobs, limits = Knobs(limit_factor=0.0005), RateLimits()  # 5 a minute

    assert len(admitted(limits, knobs, [0.0] * 10)) == 5


def test_a_source_ip_has_its_own_budget() -> None:
    knobs, limits = Knobs(ip_calls_per_minute=2), RateLimits()

    assert admitted(limits, knobs, [0, 0, 0], "127.0.0.1") == [0, 0]
    assert admitted(limits, knobs, [0], "127.0.0.2") == [0]


def test_debug_in_the_url_leaves_five_calls_a_minute() -> None:
    corp = Corp()
    query = {"access_token": corp.token(), "debug": "1"}

    codes = [corp.raw("GET", LIST, query)["errcode"] for _ in range(6)]

    assert codes == [0, 0, 0, 0, 0, 45009]


def test_calls_in_flight_beyond_the_cap_are_45033() -> None:
    corp = Corp(concurrency_cap=2)
    request = ApiRequest("GET", LIST, {"access_token": corp.token()}, b"", "127.0.0.1")
    gate = corp.simulator.gate

    troubles = [gate.enter(request) for _ in range(3)]
    refused = gate.answer(request, troubles[0]).body["errcode"]
    gate.leave(request)
    served = gate.answer(request, troubles[0]).body["errcode"]

    assert (refused, served) == (45033, 0)


def test_penalties_can_be_read() -> None:
    corp = Corp(corp_calls_per_minute=1)
    corp.get(LIST)
    corp.get(LIST)

    running = corp.simulator.simulation.state.limits.penalties(corp.simulator.simulation.now())

    assert running == {f"corp {LIST}": corp.simulator.simulation.now() + 60}
