"""Contact ways in the contact queue: one at a time, all of them at night, and what has to wait."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from scrm.aws.queues import Queue
from scrm.runtime.ways_intake import WAYS_PER_MESSAGE, WaysIntake, WaysOutcome
from scrm.ways.keeping import WayKeeper, WayOutcome
from scrm.ways.messages import ContactWayChanged, ContactWaysDue
from scrm.wecom.errors import CallPostponedError
from tests.unit.ways.test_keeping import WAY, Bank


class FakeSqs:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.later: list[tuple[str, int]] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.sent += [json.loads(entry["MessageBody"]) for entry in request["Entries"]]
        return {}

    def send_message(self, **request: Any) -> None:
        self.later.append((json.loads(request["MessageBody"])["way_id"], request["DelaySeconds"]))


def intake(bank: Bank, sqs: FakeSqs, outcomes: list[str]) -> WaysIntake:
    keeper = WayKeeper(bank.store, bank.wecom, bank.staff, lambda: bank.now)
    queue = Queue(lambda: cast("Any", sqs), "url")
    return WaysIntake(keeper, bank.store, queue, lambda: bank.now, outcomes.append)


def many(ways: int) -> Bank:
    bank = Bank()
    for number in range(1, ways):
        bank.store.add(replace(bank.way, way_id=f"way_{number:026d}"))
    return bank


def test_all_ways_are_compared_over_several_messages() -> None:
    bank, sqs, outcomes = many(WAYS_PER_MESSAGE + 1), FakeSqs(), list[str]()
    desk = intake(bank, sqs, outcomes)

    assert desk.take(ContactWaysDue()) is WaysOutcome.CONTINUED
    (rest,) = sqs.sent
    assert desk.take(ContactWaysDue.model_validate(rest)) is WaysOutcome.COMPARED

    assert outcomes == [WayOutcome.CREATED.value] * (WAYS_PER_MESSAGE + 1)


def test_where_wecom_makes_us_wait_the_comparison_goes_on_later_from_there() -> None:
    bank, sqs, outcomes = many(3), FakeSqs(), list[str]()
    postponed = CallPostponedError("externalcontact/add_contact_way", bank.now + timedelta(minutes=1))
    desk = intake(bank, sqs, outcomes)
    desk.take(ContactWayChanged(way_id=sorted(bank.store.rows)[0]))
    bank.wecom.failures = [postponed]

    assert desk.take(ContactWaysDue()) is WaysOutcome.CONTINUED
    assert sqs.sent[0]["after"] == sorted(bank.store.rows)[0]
    bank.wecom.failures = [postponed]
    bank.now += timedelta(minutes=10)
    with pytest.raises(CallPostponedError):
        desk.take(ContactWaysDue.model_validate(sqs.sent[0]))


def test_a_way_in_doubt_is_a_message_of_its_own_until_its_call_must_have_ended() -> None:
    bank, sqs = Bank(), FakeSqs()
    bank.wecom.lost = [TimeoutError()]
    desk = intake(bank, sqs, [])
    with pytest.raises(TimeoutError):
        desk.take(ContactWayChanged(way_id=WAY))

    assert desk.take(ContactWayChanged(way_id=WAY)) is WaysOutcome.WAITING
    assert sqs.later == [(WAY, 361)]


def test_a_way_nobody_knows_is_ignored() -> None:
    assert intake(Bank(), FakeSqs(), []).take(ContactWayChanged(way_id="way_x")) is WayOutcome.IGNORED
