"""Bad days at WeCom: the case still ends right and nothing is doubled or lost."""

from collections.abc import Callable

import pytest

from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from tests.departure import LEAVER, TAKER, depart, outcome, right
from tests.engine import EngineTables
from tests.local_bank import LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine

CUSTOMERS, GROUPS = 12, 3
TWO_CALLS = 104  # more than one call takes
TRANSFER = "externalcontact/resigned/transfer_customer"
GROUP_TRANSFER = "externalcontact/groupchat/transfer"


def revoke_tokens(bank: LocalBank) -> None:
    bank.sim.control.revoke_tokens(errcode=40014)


def expire_tokens(bank: LocalBank) -> None:
    bank.sim.control.revoke_tokens(errcode=42001)


def limit_for_a_minute(bank: LocalBank) -> None:
    bank.sim.control.add_fault("errcode", TRANSFER, errcode=45009, seconds=60)


def limit_for_an_hour(bank: LocalBank) -> None:
    bank.sim.control.add_fault("errcode", "*", errcode=45009, seconds=3_600)


def outage_of_ten_minutes(bank: LocalBank) -> None:
    bank.sim.control.start_outage(600)


def busy_twice(bank: LocalBank) -> None:
    bank.sim.control.add_fault("errcode", "*", errcode=-1, count=2)


def drop_answers_after_the_work(bank: LocalBank) -> None:
    bank.sim.control.add_fault("drop_after", TRANSFER, count=1)
    bank.sim.control.add_fault("drop_after", GROUP_TRANSFER, count=1)


def drop_requests(bank: LocalBank) -> None:
    bank.sim.control.add_fault("drop_before", TRANSFER, count=1)
    bank.sim.control.add_fault("drop_before", GROUP_TRANSFER, count=1)


def html_instead_of_json(bank: LocalBank) -> None:
    bank.sim.control.add_fault("http", TRANSFER, status=502, count=1)


def double_and_shuffle_callbacks(bank: LocalBank) -> None:
    bank.sim.control.callback_policy({"duplicate_percent": 100, "copies": 2, "reorder_seconds": 300})


def lose_every_callback(bank: LocalBank) -> None:
    """The account is gone and nobody tells: HR's event and the schedule must do."""
    bank.sim.control.callback_policy({"lose_percent": 100})


@pytest.mark.parametrize(
    "disturb",
    [
        revoke_tokens,
        expire_tokens,
        limit_for_a_minute,
        limit_for_an_hour,
        outage_of_ten_minutes,
        busy_twice,
        drop_requests,
        html_instead_of_json,
        double_and_shuffle_callbacks,
    ],
)
def test_handover_ends_right_in_spite_of(
    disturb: Callable[[LocalBank], None], tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        assert depart(bank, disturb=disturb) == right(CUSTOMERS, GROUPS)


def test_work_whose_answer_was_lost_is_looked_up_and_not_repeated(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(TWO_CALLS, GROUPS), monkeypatch) as bank:
        assert depart(bank, disturb=drop_answers_after_the_work) == right(TWO_CALLS, GROUPS)
        calls = [call for call in bank.sim.control.calls() if call["path"] in {TRANSFER, GROUP_TRANSFER}]

    assert sorted((call["path"], call["ids"]) for call in calls) == [
        (GROUP_TRANSFER, GROUPS),
        (TRANSFER, 1),  # the one who refused is offered to the next colleague
        (TRANSFER, 4),
        (TRANSFER, 100),
    ]


def test_lost_callbacks_are_made_up_for_by_hr_and_the_schedule(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        found = depart(bank, disturb=lose_every_callback, hours=(6, 1, 8, 16, 1, 4))

    expected = right(CUSTOMERS, GROUPS)
    # The customer who refused no longer knows the leaver; only the lost callback would have told us.
    assert found == expected | {"our_relations": (1, CUSTOMERS - 1)}


def test_callbacks_half_lost_the_rest_doubled_and_an_hour_out_of_order_are_made_up_for_by_the_nightly_pass(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    chaos = {"lose_percent": 50, "duplicate_percent": 100, "copies": 2, "reorder_seconds": 3_600}
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        depart(bank, disturb=lambda bank: bank.sim.control.callback_policy(chaos), hours=(6, 1, 8, 16, 1, 4))
        bank.full_pass()
        found = outcome(bank)

    # As above: that the customer who refused no longer knows the leaver is among what was lost.
    assert found == right(CUSTOMERS, GROUPS) | {"our_relations": (1, CUSTOMERS - 1)}


def test_no_call_is_made_inside_a_penalty_window(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> None:
    with local_bank(tables, small_world(TWO_CALLS, GROUPS), monkeypatch) as bank:
        found = depart(bank, disturb=limit_for_a_minute)
        calls = [call for call in bank.sim.control.calls() if call["path"] == TRANSFER]

    assert found == right(TWO_CALLS, GROUPS)
    limited = [call for call in calls if call["errcode"] == 45009]
    assert len(limited) == 1
    assert [call["errcode"] for call in calls if call["seq"] > limited[0]["seq"]] == [0, 0, 0]


def test_repeating_every_signal_after_the_end_changes_nothing(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        before = depart(bank)
        for _ in range(3):
            bank.hr_event(event_id="hr-1", userid=LEAVER, successor_userid=TAKER)
        bank.sim.control.send_event("change_contact", "delete_user", fields={"UserID": LEAVER}, copies=3)
        bank.advance(600)
        bank.full_pass()

        assert outcome(bank) == before == right(CUSTOMERS, GROUPS)


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ({"event_id": "hr-1"}, "userid: Field required"),
        ({"event_id": "hr-1", "userid": LEAVER, "successor_userid": LEAVER}, "a successor is the member himself"),
        ({"event_id": "hr-1", "userid": "a b"}, "userid: String should match pattern"),
        ({"event_id": "hr-1", "userid": LEAVER, "corp_id": "wwOTHER"}, "another corp"),
        ({"event_id": "hr-1", "userid": LEAVER, "occurred_at": "2026-11-21T08:00:00"}, "occurred_at"),
        ({"event_id": "hr-1", "userid": LEAVER, "last_day": "soon"}, "last_day"),
    ],
)
def test_malformed_hr_event_is_kept_for_review_with_the_reason_and_nothing_else_happens(
    detail: dict[str, str], reason: str, tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, small_world(1, 0), monkeypatch) as bank:
        bank.hr_event(**detail)
        bank.run_until_idle()

        (rejection,) = (
            DynamoOrgRepository(Table(tables.client, tables.names["OrgTable"])).rejections("/1/", None, 9).items
        )
        assert reason in rejection.reason
        assert rejection.event_id == "hr-1"
        assert tables.client.scan(TableName=tables.names["HandoverTable"])["Count"] == 0
