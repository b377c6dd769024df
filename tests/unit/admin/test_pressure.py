"""Contact pressure through the API: who sees it, and exceptions that need two persons."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from scrm import clock
from scrm.pressure.model import PressureClass, Touch
from scrm.pressure.weeks import week_of
from scrm.runtime.wiring import admin_api as wiring
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.org import member

COLLEAGUE_10 = {**BRANCH_10, "sub": "op-colleague-10"}
AUDITOR_10 = {**BRANCH_10, "scrm_roles": "[auditor]"}


@pytest.fixture
def bank(api: Api) -> Api:
    """wm1 is a customer of the Shanghai branch and got one push this week."""
    api.people.rows["rm_owner"] = member("rm_owner", "12", "/1/10/12/")
    api.contacts.changes.added("rm_owner", "wm1", clock.now() - timedelta(days=30))
    week = week_of(clock.now())
    touch = Touch("touch_1", PressureClass.PUSH, (week,), clock.now() + timedelta(days=1))
    wiring.pressure_ledger().settle("rm_owner", touch, {"wm1": week})
    return api


def ask(api: Api, claims: Mapping[str, str] = BRANCH_10, **changes: Any) -> Reply:
    body = {
        "scope": "customer",
        "subject_id": "wm1",
        "weekly_cap": 3,
        "valid_until": clock.to_iso(clock.now() + timedelta(days=7)),
        "reason": "基金到期",
    }
    request = Request("/v1/pressure-exceptions", "POST", claims=claims, headers={"idempotency-key": "k"})
    request.body = body | changes
    return api.send(request)


def decide(api: Api, exception_id: str, what: str, claims: Mapping[str, str], body: Any = None) -> Reply:
    path = f"/v1/pressure-exceptions/{exception_id}/{what}"
    return api.send(Request(path, "POST", claims=claims, headers={"idempotency-key": "k"}, body=body))


def caps(api: Api) -> dict[str, int]:
    found: dict[str, int] = api.send(Request("/v1/pressure/customers/wm1", claims=BRANCH_10)).body["caps"]
    return found


def test_a_customers_touches_are_shown_by_week_with_his_caps(bank: Api) -> None:
    shown = bank.send(Request("/v1/pressure/customers/wm1", claims=BRANCH_10)).body

    assert shown["caps"] == {"push": 2, "moments": 7, "group": 3}
    assert shown["weeks"] == [{"week": week_of(clock.now()), "pressure_class": "push", "held": 0, "settled": 1}]
    assert bank.send(Request("/v1/pressure/customers/wm1", claims=BRANCH_20)).status == 404
    entry = bank.audited("10")[0]
    assert (entry.action, entry.subject) == ("api.get.pressure.customers", "wm1")


def test_an_exception_holds_after_a_second_persons_approval(bank: Api) -> None:
    asked = ask(bank).body
    own = decide(bank, asked["exception_id"], "approve", BRANCH_10)
    before = caps(bank)

    approved = decide(bank, asked["exception_id"], "approve", COLLEAGUE_10).body

    assert (asked["state"], own.status, before["push"]) == ("requested", 409, 2)
    assert (approved["state"], approved["decided_by"]) == ("approved", "operator:op-colleague-10")
    actions = [each.action for each in bank.audited("10") if each.action.startswith("pressure_exception")]
    assert actions == ["pressure_exception.requested", "pressure_exception.approved"]


def test_an_exception_is_rejected_and_revoked_with_a_reason(bank: Api) -> None:
    first = ask(bank).body["exception_id"]
    second = ask(bank, weekly_cap=4).body["exception_id"]
    decide(bank, second, "approve", COLLEAGUE_10)

    rejected = decide(bank, first, "reject", COLLEAGUE_10, {"note": "不必要"}).body
    revoked = decide(bank, second, "revoke", BRANCH_10, {"note": "客户投诉"}).body

    assert (rejected["state"], rejected["note"]) == ("rejected", "不必要")
    assert (revoked["state"], revoked["note"]) == ("revoked", "客户投诉")
    assert decide(bank, first, "revoke", BRANCH_10).status == 422
    assert caps(bank)["push"] == 2


def test_exceptions_are_seen_in_their_branch_only(bank: Api) -> None:
    asked = ask(bank).body["exception_id"]

    def seen(claims: Mapping[str, str]) -> list[str]:
        page = bank.send(Request("/v1/pressure-exceptions", claims=claims)).body
        return [each["exception_id"] for each in page["items"]]

    assert (seen(BRANCH_10), seen(HEAD_OFFICE), seen(BRANCH_20)) == ([asked], [asked], [])
    assert decide(bank, asked, "approve", BRANCH_20).status == 404
    assert ask(bank, BRANCH_20).status == 404


def test_what_goes_too_far_is_refused_and_auditors_ask_for_nothing(bank: Api) -> None:
    assert ask(bank, weekly_cap=9).status == 409
    assert ask(bank, pressure_class="service").status == 422
    assert ask(bank, AUDITOR_10).status == 403
    assert bank.exceptions.rows == {}


def test_the_caps_are_the_banks_settings(bank: Api) -> None:
    path = "/v1/settings/pressure"
    shown = bank.send(Request(path, claims=BRANCH_10)).body
    body = {"version": 0, "settings": {"pushes_per_week": 1}}

    assert shown["settings"]["pushes_per_week"] == 2
    assert bank.send(Request(path, "PUT", claims=BRANCH_10, body=body)).status == 403
    changed = bank.send(Request(path, "PUT", body=body)).body
    assert (changed["version"], changed["given"], changed["settings"]["pushes_per_week"]) == (
        1,
        ["pushes_per_week"],
        1,
    )
    assert bank.send(Request(path, "PUT", body=body | {"settings": {"pushes_per_week": 3}})).status == 409
