from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrm.wecom.callback import Callback
from scrm.wecom.router import CallbackIntake, Destination, Outcome, destination

RECEIVED_AT = datetime(2026, 11, 20, 1, 30, 7, tzinfo=UTC)


class FakeMarkers:
    def __init__(self, calls: list[str]) -> None:
        self.marked: dict[str, str] = {}
        self._calls = calls

    def is_marked(self, event_id: str) -> bool:
        return event_id in self.marked

    def mark(self, event_id: str, name: str) -> None:
        self._calls.append("mark")
        self.marked[event_id] = name


class FakeQueues:
    def __init__(self, calls: list[str]) -> None:
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.is_down = False
        self._calls = calls

    def send(self, destination: str, message: Mapping[str, Any]) -> None:
        if self.is_down:
            raise ConnectionError
        self._calls.append("send")
        self.sent.append((destination, message))


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def markers(calls: list[str]) -> FakeMarkers:
    return FakeMarkers(calls)


@pytest.fixture
def queues(calls: list[str]) -> FakeQueues:
    return FakeQueues(calls)


@pytest.fixture
def intake(markers: FakeMarkers, queues: FakeQueues) -> CallbackIntake:
    return CallbackIntake("ww1", markers, queues)


def callback(event: str = "change_contact", change_type: str = "delete_user") -> Callback:
    created = str(int((RECEIVED_AT - timedelta(seconds=7)).timestamp()))
    fields: dict[str, Any] = {"Event": event, "ChangeType": change_type, "CreateTime": created, "UserID": "rm_wang"}
    return Callback("contacts", f"<xml>{event}{change_type}</xml>".encode(), fields, RECEIVED_AT)


@pytest.mark.parametrize(
    ("event", "change_type", "queue"),
    [
        ("change_contact", "delete_user", Destination.STAFF),
        ("change_contact", "anything_new", Destination.STAFF),
        ("change_external_contact", "add_external_contact", Destination.CONTACT),
        ("change_external_contact", "anything_new", Destination.CONTACT),
        ("change_external_contact", "transfer_fail", Destination.RECONCILE),
        ("change_external_chat", "update", Destination.CONTACT),
        ("change_external_tag", "create", None),
        ("msgaudit_notify", "", Destination.ARCHIVE_INTAKE),
        ("customer_acquisition", "friend_request", None),
        ("", "", None),
    ],
)
def test_events_go_to_their_queue(event: str, change_type: str, queue: Destination | None) -> None:
    assert destination(callback(event, change_type)) is queue


def test_callback_is_sent_as_the_agreed_message(intake: CallbackIntake, queues: FakeQueues) -> None:
    outcome = intake.take(callback())

    assert outcome is Outcome.ROUTED
    assert queues.sent == [
        (
            "staff",
            {
                "schema_version": 1,
                "kind": "callback",
                "event_id": callback().event_id,
                "app": "contacts",
                "corp_id": "ww1",
                "event": "change_contact",
                "change_type": "delete_user",
                "occurred_at": "2026-11-20T01:30:00.000Z",
                "received_at": "2026-11-20T01:30:07.000Z",
                "fields": callback().fields,
            },
        )
    ]


def test_repeat_changes_nothing(intake: CallbackIntake, queues: FakeQueues, calls: list[str]) -> None:
    intake.take(callback())
    before = list(calls)

    outcome = intake.take(callback())

    assert outcome is Outcome.REPEATED
    assert calls == before
    assert len(queues.sent) == 1


def test_event_nobody_consumes_is_only_marked(intake: CallbackIntake, markers: FakeMarkers, queues: FakeQueues) -> None:
    unknown = callback("change_something_new", "created")

    outcome = intake.take(unknown)

    assert outcome is Outcome.IGNORED
    assert markers.marked == {unknown.event_id: "change_something_new.created"}
    assert not queues.sent


def test_marker_follows_the_message(intake: CallbackIntake, calls: list[str]) -> None:
    intake.take(callback())

    assert calls == ["send", "mark"]


def test_event_is_not_lost_when_its_queue_is_down_at_first(
    intake: CallbackIntake, markers: FakeMarkers, queues: FakeQueues
) -> None:
    queues.is_down = True
    with pytest.raises(ConnectionError):
        intake.take(callback())
    marked_while_down = dict(markers.marked)

    queues.is_down = False
    outcome = intake.take(callback())

    assert (marked_while_down, outcome) == ({}, Outcome.ROUTED)
    assert len(queues.sent) == 1
