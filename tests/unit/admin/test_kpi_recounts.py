"""A day is counted anew: asked for through the API or at the command line, kept with who and why."""

from datetime import date, timedelta
from typing import Any

import pytest

from scrm import clock
from scrm.kpi import recounts
from tests.admin_api import BRANCH_10, Api, Reply, Request
from tests.unit.cli.test_commands import Run, api, endpoints, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures
PATH = "/v1/kpi-recounts"


def today() -> date:
    return clock.now().astimezone(clock.BUSINESS_ZONE).date()


def ask(api: Api, day: date, key: str = "k1", **more: Any) -> Reply:
    body = {"day": day.isoformat(), "reason": "facts of a feed came late"}
    return api.send(Request(PATH, "POST", headers={"idempotency-key": key}, body=body, **more))


def listed(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.send(Request(PATH)).body["items"]
    return found


def test_a_day_waits_with_who_asked_and_why_until_it_was_counted_anew(api: Api) -> None:
    day = today() - timedelta(days=1)

    asked = ask(api, day)

    assert asked.status == 202
    assert (asked.body["state"], asked.body["reason"]) == ("waiting", "facts of a feed came late")
    assert listed(api) == [asked.body]
    api.recounts.change(lambda before: recounts.done(before, day, 7, clock.now(), 12))
    (done,) = listed(api)
    assert (done["state"], done["window"], done["events"]) == ("done", 7, 12)


def test_who_asked_is_in_the_audit_log_once(api: Api) -> None:
    for _ in range(2):
        ask(api, today())

    told = [entry for entry in api.audited() if entry.action == "kpi_recount.asked"]
    assert [(entry.actor, entry.outcome) for entry in told] == [("operator:op-head-office", "done")]


def test_a_repeat_and_a_day_that_waits_already_are_answered_by_the_first(api: Api) -> None:
    first = ask(api, today())

    assert ask(api, today()).body == ask(api, today(), "k2").body == first.body
    assert len(listed(api)) == 1


def test_a_day_that_was_counted_anew_may_be_asked_for_again_with_another_key(api: Api) -> None:
    first = ask(api, today())
    api.recounts.change(lambda before: recounts.done(before, today(), 7, clock.now(), 0))

    assert ask(api, today()).body["recount_id"] == first.body["recount_id"]
    assert ask(api, today(), "k2").body["state"] == "waiting"
    assert [one["state"] for one in listed(api)] == ["waiting", "done"]


@pytest.mark.parametrize("back", [-1, recounts.MOST_DAYS_BACK])
def test_a_day_that_has_not_begun_or_is_long_gone_is_refused(api: Api, back: int) -> None:
    assert ask(api, today() - timedelta(days=back)).status == 409
    assert listed(api) == []


def test_a_key_of_another_day_is_refused(api: Api) -> None:
    ask(api, today())

    assert ask(api, today() - timedelta(days=1)).status == 409


def test_too_many_days_at_once_are_refused(api: Api) -> None:
    for back in range(recounts.MOST_WAITING):
        assert ask(api, today() - timedelta(days=back), f"k{back}").status == 202

    assert ask(api, today() - timedelta(days=99), "one too many").status == 409
    assert len(listed(api)) == recounts.MOST_WAITING


def test_a_reason_is_needed(api: Api) -> None:
    body = {"day": today().isoformat(), "reason": " "}

    assert api.send(Request(PATH, "POST", headers={"idempotency-key": "k"}, body=body)).status == 422


def test_it_is_for_head_office_alone(api: Api) -> None:
    assert ask(api, today(), claims=BRANCH_10).status == 403
    assert api.send(Request(PATH, claims=BRANCH_10)).status == 403


def test_bank_people_ask_and_see_what_came_of_it(run: Run, api: Api) -> None:
    day = today() - timedelta(days=3)

    asked = run("kpi", "recount", "--day", day.isoformat(), "--reason", "补报数据").output
    api.recounts.change(lambda before: recounts.done(before, day, 7, clock.now(), 0))
    shown = run("kpi", "recounts").output

    assert "等待中" in asked
    for text in (day.isoformat(), "已完成", "与原结果一致"):
        assert text in shown
