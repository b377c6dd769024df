"""Every committed sample through the real handler; AWS is a recorder at botocore's wire."""

import functools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.wecom_callback.handler import lambda_handler
from scrm import clock
from scrm.runtime.wiring import wecom_callback as wiring
from scrm.wecom.callback import CallbackGate
from scrm.wecom.callback_keys import CachedCallbackKeys
from scrm.wecom.events import UnknownEvent, parse_event
from scrm.wecom.router import CallbackIntake
from tests.callbacks import CORP_ID, SECRET
from tests.contract.make_events import FOLDER, SENT_AT, render, samples

QUEUE = {
    "change_contact": "staff",
    "change_contact.create_party": "contact",
    "change_external_contact": "contact",
    "change_external_chat": "contact",
    "msgaudit_notify": "archive_intake",
    "change_external_contact.transfer_fail": "reconcile",
}
WITH_A_WELCOME_CODE = {
    "change_external_contact.add_external_contact",
    "change_external_contact.add_half_external_contact",
}
NO_EVENT = {"url_check": (200, "1616140317555161061"), "forged_signature": (403, "")}
SAMPLES = dict(samples())


class Context(LambdaContext):
    function_name = "wecom_callback"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:wecom_callback"
    aws_request_id = "req-1"


class FakeInbox:
    """Markers and queues in memory."""

    def __init__(self) -> None:
        self.marked: dict[str, str] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def is_marked(self, event_id: str) -> bool:
        return event_id in self.marked

    def mark(self, event_id: str, name: str) -> None:
        self.marked[event_id] = name

    def send(self, destination: str, message: Any) -> None:
        self.sent.append((destination, json.loads(json.dumps(message))))


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInbox]:
    """The handler on fakes, ten seconds after WeCom sent the samples."""
    inbox = FakeInbox()
    now = lambda: SENT_AT + timedelta(seconds=10)  # noqa: E731
    gate = CallbackGate(CORP_ID, CachedCallbackKeys(CORP_ID, lambda: SECRET), now=now)
    monkeypatch.setattr(wiring, "callback_gate", lambda: gate)
    monkeypatch.setattr(wiring, "callback_intake", functools.cache(lambda: CallbackIntake(CORP_ID, inbox, inbox)))
    yield inbox
    clock.reset()


def replay(case: str) -> tuple[int, str]:
    answer = lambda_handler(json.loads((FOLDER / f"{case}.json").read_text(encoding="utf-8")), Context())
    return answer["statusCode"], answer["body"]


def test_committed_samples_are_what_the_script_writes() -> None:
    committed = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

    assert committed == {case: render(event) for case, event in SAMPLES.items()}


@pytest.mark.parametrize("case", sorted(set(SAMPLES) - set(NO_EVENT)))
def test_sample_event_reaches_its_queue_and_can_be_read_there(inbox: FakeInbox, case: str) -> None:
    answers = [replay(case), replay(case)]

    (name,) = inbox.marked.values()
    queue = QUEUE.get(name) or QUEUE.get(name.partition(".")[0])
    assert answers == [(200, ""), (200, "")]
    welcome = ["welcome"] if name in WITH_A_WELCOME_CODE else []
    assert [destination for destination, _ in inbox.sent] == [*welcome, *([queue] if queue else [])]
    for _, message in inbox.sent:
        event = parse_event(message["fields"])
        assert not isinstance(event, UnknownEvent)
        assert not event.extra
        assert f"{message['event']}.{message['change_type']}".rstrip(".") == name
        assert message["occurred_at"] == clock.to_iso(SENT_AT)


@pytest.mark.parametrize("case", sorted(NO_EVENT))
def test_sample_that_is_no_event_is_answered_and_leaves_nothing(inbox: FakeInbox, case: str) -> None:
    assert replay(case) == NO_EVENT[case]
    assert not inbox.sent
    assert not inbox.marked


def test_samples_carry_every_field_they_were_made_of(inbox: FakeInbox) -> None:
    replay("create_user")

    ((_, message),) = inbox.sent
    assert message["fields"]["Name"] == "王示例"
    assert message["fields"]["ExtAttr"][1]["Web"]["Title"] == "示例"
