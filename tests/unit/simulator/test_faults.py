"""Injected faults, and that the ledger tells them from real work."""

from typing import Any

import pytest

from local.simulator.faults import Fault

from .builders import HOUR, Corp

LIST, GET = "externalcontact/list", "externalcontact/get"


def inject(corp: Corp, **fault: Any) -> None:
    corp.simulator.simulation.state.faults.add(Fault(fault_id="", **fault))


def codes(corp: Corp, count: int, path: str = LIST) -> list[int]:
    return [corp.get(path, userid="rm_a", external_userid="wm1")["errcode"] for _ in range(count)]


@pytest.mark.parametrize("errcode", [-1, 45009, 45033, 6000])
def test_any_code_can_be_injected_a_number_of_times(errcode: int) -> None:
    corp = Corp()
    inject(corp, kind="errcode", path="externalcontact/*", errcode=errcode, count=2)

    assert codes(corp, 3) == [errcode, errcode, 0]


def test_a_fault_hits_only_the_paths_it_names() -> None:
    corp = Corp()
    inject(corp, kind="errcode", path=LIST, errcode=-1)

    assert (codes(corp, 1), codes(corp, 1, GET)) == ([-1], [0])


def test_a_fault_can_let_some_calls_pass_first() -> None:
    corp = Corp()
    inject(corp, kind="errcode", path=LIST, errcode=-1, skip=2, count=1)

    assert codes(corp, 4) == [0, 0, -1, 0]


def test_a_fault_ends_at_its_simulated_time() -> None:
    corp = Corp()
    inject(corp, kind="errcode", path=LIST, errcode=45009, until=corp.simulator.simulation.now() + 60)

    assert codes(corp, 1) == [45009]
    corp.advance(60)
    assert codes(corp, 1) == [0]


def test_a_reply_dropped_after_the_work_leaves_the_work_done() -> None:
    corp = Corp()
    inject(corp, kind="drop_after", path="externalcontact/transfer_customer", count=1)

    assert corp.transfer("onjob", "rm_a", "rm_c", "wm1") == {}

    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 2)]
    call = next(call for call in corp.simulator.simulation.ledger.calls if call.fault)
    assert (call.answered, call.errcode, call.ids) == (False, 0, 1)


def test_a_call_dropped_before_the_work_leaves_nothing() -> None:
    corp = Corp()
    inject(corp, kind="drop_before", path="externalcontact/transfer_customer", count=1)

    assert corp.transfer("onjob", "rm_a", "rm_c", "wm1") == {}

    assert corp.statuses("onjob", "rm_a", "rm_c") == []
    call = next(call for call in corp.simulator.simulation.ledger.calls if call.fault)
    assert (call.answered, call.errcode) == (False, None)


def test_an_http_error_does_no_work() -> None:
    corp = Corp()
    inject(corp, kind="http", path="externalcontact/transfer_customer", status=503, count=1)

    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    assert corp.simulator.simulation.ledger.calls[-1].http_status == 503
    assert corp.statuses("onjob", "rm_a", "rm_c") == []


def test_when_wecom_is_down_nothing_is_heard_until_it_is_back() -> None:
    corp = Corp()
    corp.get(LIST, userid="rm_a")
    inject(corp, kind="down", until=corp.simulator.simulation.now() + HOUR)

    assert corp.raw("GET", LIST, {"access_token": "x"}) == {}
    corp.advance(HOUR)
    assert codes(corp, 1) == [0]


def test_slow_rules_add_up_and_go_with_another_fault() -> None:
    corp = Corp()
    inject(corp, kind="slow", path="*", delay_ms=100)
    inject(corp, kind="slow", path=LIST, delay_ms=50, before_work=True)
    inject(corp, kind="errcode", path=LIST, errcode=-1)
    inject(corp, kind="errcode", path=LIST, errcode=45009)

    trouble = corp.simulator.simulation.state.faults.strike(LIST, corp.simulator.simulation.now())

    assert (trouble.delay_before_ms, trouble.delay_after_ms, trouble.errcode) == (50, 100, -1)


def test_a_fault_that_was_not_needed_is_not_used_up() -> None:
    corp = Corp()
    inject(corp, kind="errcode", path=LIST, errcode=-1, count=1)
    inject(corp, kind="errcode", path=LIST, errcode=45009, count=1)

    assert codes(corp, 3) == [-1, 45009, 0]
