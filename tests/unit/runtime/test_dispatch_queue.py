"""What the dispatch sends to its own functions, and the facts it leaves behind."""

import json
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from scrm import clock
from scrm.aws.dispatch_queue import SqsDispatchQueue
from scrm.aws.send_task_items import SHARDS
from scrm.aws.settled_facts import BucketSettledFacts
from scrm.campaign.task import RecipientState, Result, SendPlan
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR, START


class SentMessages:
    """A queue that remembers what was put into it, and with which delay."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.delays: list[timedelta] = []

    def send(self, messages: Any) -> None:
        for message in messages:
            assert isinstance(message, BaseModel)
            self.bodies.append(message.model_dump(mode="json", exclude={"schema_version"}))

    def send_later(self, body: str, delay: timedelta) -> None:
        self.bodies.append(json.loads(body))
        self.delays.append(delay)


class Written:
    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}

    def put(self, key: str, body: bytes, content_type: str) -> None:
        assert content_type == "application/x-ndjson"
        self.documents[key] = body


(TASK,) = SendPlan(CAMPAIGN, "all", Channel.ONE_TO_ONE, CONTENT, START, FAR).tasks_of("rm_li", ["wmA", "wmB"], "/1/10/")


def test_each_request_goes_to_the_function_that_does_it() -> None:
    worker, reconcile = SentMessages(), SentMessages()
    queue = SqsDispatchQueue(worker, reconcile)  # type: ignore[arg-type]

    queue.request_send([TASK])
    queue.request_stop(CAMPAIGN)
    queue.customers_changed(["rm_li"])
    queue.request_looks([TASK.task_id], asked=True)

    assert worker.bodies == [
        {"kind": "send_task_planned", "task_id": TASK.task_id, "campaign_id": CAMPAIGN, "owner": "rm_li"},
        *({"kind": "campaign_stopped", "campaign_id": CAMPAIGN, "part": part} for part in range(SHARDS)),
        {"kind": "customers_changed", "owner_userid": "rm_li"},
    ]
    assert reconcile.bodies == [{"kind": "look_requested", "task_id": TASK.task_id, "asked": True}]


def test_what_waits_longer_than_a_message_can_is_left_to_the_schedule() -> None:
    worker, reconcile = SentMessages(), SentMessages()
    queue = SqsDispatchQueue(worker, reconcile)  # type: ignore[arg-type]

    queue.request_send([TASK], clock.now() + timedelta(minutes=2))
    queue.request_send([TASK], clock.now() + timedelta(minutes=20))

    assert [body["task_id"] for body in worker.bodies] == [TASK.task_id]
    assert timedelta(minutes=1) < worker.delays[0] <= timedelta(minutes=2)


def test_ends_of_recipients_are_lines_of_the_day() -> None:
    written = Written()
    ended = {
        "wmA": Result(RecipientState.SENT, START, "", "rm_wu"),
        "wmB": Result(RecipientState.EXCLUDED, START, "opted_out"),
    }

    BucketSettledFacts(written).settled(TASK.with_results(ended), ended, {"wmA": RecipientState.NOT_CONFIRMED})

    ((key, body),) = written.documents.items()
    assert key.startswith("facts/send_settled/")
    lines = [json.loads(line) for line in body.splitlines()]
    assert [(line["external_userid"], line["userid"], line["state"], line["reason"]) for line in lines] == [
        ("wmA", "rm_wu", "sent", ""),
        ("wmB", "rm_li", "excluded", "opted_out"),
    ]
    assert {(line["campaign_id"], line["node_path"], line["channel"]) for line in lines} == {
        (CAMPAIGN, "/1/10/", "one_to_one")
    }
    assert [(line["corrects"], line["occurred_at"]) for line in lines] == [
        ("not_confirmed", clock.to_iso(START)),
        (None, clock.to_iso(START)),
    ]
    assert len({line["event_id"] for line in lines}) == len(lines)


def test_two_tellings_of_one_version_are_two_documents_and_a_repeat_is_the_same() -> None:
    written = Written()
    excluded = {"wmA": Result(RecipientState.EXCLUDED, START, "opted_out")}
    failed = {"wmB": Result(RecipientState.FAILED, START, "not_sendable")}
    facts = BucketSettledFacts(written)

    for ended in (excluded, failed, excluded):
        facts.settled(TASK, ended, {})

    lines = [json.loads(line) for body in written.documents.values() for line in body.splitlines()]
    assert {(line["external_userid"], line["state"]) for line in lines} == {("wmA", "excluded"), ("wmB", "failed")}
    assert len(lines) == 2
