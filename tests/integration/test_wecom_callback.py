import functools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.wecom_callback.handler import lambda_handler
from scrm import clock
from scrm.aws import session
from scrm.aws.callback_inbox import DynamoCallbackMarkers
from scrm.runtime.observability import metrics
from scrm.runtime.settings_callback import MissingSettingError
from scrm.runtime.wiring import wecom_callback as wiring
from tests.callbacks import APP, SECRET, envelope, get, http_event, message, post, seal, signed_query

QUEUES = ("staff", "contact", "reconcile")


class Context(LambdaContext):
    function_name = "wecom_callback"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:wecom_callback"
    aws_request_id = "req-1"


@functools.cache
def client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class Aws:
    """What the callback leaves behind in a fresh account."""

    queue_urls: dict[str, str]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        reply = client("sqs").receive_message(QueueUrl=self.queue_urls[queue], MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in reply.get("Messages", [])]

    def counts(self) -> dict[str, int]:
        return {queue: len(self.messages(queue)) for queue in QUEUES}

    def markers(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = client("dynamodb").scan(TableName=os.environ["PLATFORM_TABLE"])["Items"]
        return items

    def store_secret(self, value: object) -> None:
        client("secretsmanager").put_secret_value(
            SecretId=os.environ["CALLBACK_SECRET_ID"], SecretString=json.dumps(value)
        )


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with mock_aws():
        client("dynamodb").create_table(
            TableName=os.environ["PLATFORM_TABLE"],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        client("secretsmanager").create_secret(Name=os.environ["CALLBACK_SECRET_ID"], SecretString=json.dumps(SECRET))
        urls = {queue: client("sqs").create_queue(QueueName=queue)["QueueUrl"] for queue in QUEUES}
        for queue, url in urls.items():
            monkeypatch.setenv(f"{queue.upper()}_QUEUE_URL", url)
        session.reset()
        wiring.reset()
        clock.reset()
        yield Aws(urls)
    session.reset()
    wiring.reset()
    clock.reset()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The figures that the invocations of a test publish."""
    figures: dict[str, float] = {}

    def flush(**_: Any) -> None:
        for name, metric in metrics.metric_set.items():
            figures[name] = figures.get(name, 0) + sum(metric["Value"])
        metrics.metric_set.clear()

    monkeypatch.setattr(metrics, "flush_metrics", flush)
    return figures


def departure(userid: str = "rm_wang") -> str:
    return message(clock.now(), "change_contact", "delete_user", UserID=userid)


def call(event: dict[str, Any]) -> tuple[int, str]:
    answer = lambda_handler(event, Context())
    return answer["statusCode"], answer["body"]


def test_url_check_is_answered_with_bare_text(aws: Aws) -> None:
    answer = lambda_handler(get("1616140317555161061", clock.now()), Context())

    assert (answer["statusCode"], answer["body"]) == (200, "1616140317555161061")
    assert answer["headers"]["content-type"].startswith("text/plain")
    assert not aws.markers()


def test_departure_is_queued_and_marked(aws: Aws, counted: dict[str, float]) -> None:
    answer = call(post(departure(), clock.now()))

    (queued,) = aws.messages("staff")
    (marker,) = aws.markers()
    assert answer == (200, "")
    assert (queued["event"], queued["change_type"], queued["fields"]["UserID"]) == (
        "change_contact",
        "delete_user",
        "rm_wang",
    )
    assert marker["pk"]["S"] == f"CALLBACK#{queued['event_id']}"
    assert marker["sk"]["S"] == "MARKER"
    assert 29 < (int(marker["expires_at"]["N"]) - clock.now().timestamp()) / 86_400 < 31
    assert counted == {"CallbackRouted": 1}


def test_repeat_of_a_stored_event_is_answered_and_changes_nothing(aws: Aws, counted: dict[str, float]) -> None:
    text = departure()
    event = post(text, clock.now())
    call(event)

    answers = [call(event), call(post(text, clock.now() + timedelta(seconds=5)))]

    assert answers == [(200, ""), (200, "")]
    assert aws.counts() == {"staff": 1, "contact": 0, "reconcile": 0}
    assert len(aws.markers()) == 1
    assert counted == {"CallbackRouted": 1, "CallbackRepeated": 2}


def test_unknown_event_is_acknowledged_and_counted(aws: Aws, counted: dict[str, float]) -> None:
    answer = call(post(message(clock.now(), "change_something_new", "created"), clock.now()))

    assert answer == (200, "")
    assert aws.counts() == dict.fromkeys(QUEUES, 0)
    assert len(aws.markers()) == 1
    assert counted == {"CallbackIgnored": 1}


def test_crash_between_queue_and_marker_leads_to_a_repeat_and_no_loss(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = post(departure(), clock.now())
    with monkeypatch.context() as patch:
        patch.setattr(DynamoCallbackMarkers, "mark", Mock(side_effect=MemoryError))
        with pytest.raises(MemoryError):
            call(event)

    answers = [call(event), call(event)]

    first, second = aws.messages("staff")
    assert answers == [(200, ""), (200, "")]
    assert first["event_id"] == second["event_id"]


def test_queue_that_is_down_makes_wecom_repeat(aws: Aws) -> None:
    event = post(departure(), clock.now())
    client("sqs").delete_queue(QueueUrl=aws.queue_urls["staff"])

    with pytest.raises(ClientError):
        call(event)

    assert not aws.markers()


def test_figures_are_published_even_when_the_handler_fails(aws: Aws, counted: dict[str, float]) -> None:
    client("secretsmanager").delete_secret(SecretId=os.environ["CALLBACK_SECRET_ID"], ForceDeleteWithoutRecovery=True)

    with pytest.raises(ClientError):
        call(post(departure(), clock.now()))

    assert not counted
    assert not metrics.metric_set


def forged_signature() -> dict[str, Any]:
    event = post(departure(), clock.now())
    event["queryStringParameters"]["msg_signature"] = "0" * 40
    return event


def stale() -> dict[str, Any]:
    return post(departure(), clock.now() - timedelta(minutes=11))


def garbage_base64() -> dict[str, Any]:
    return http_event("POST", signed_query("%%%", clock.now()), clock.now(), envelope("%%%"))


def wrong_key() -> dict[str, Any]:
    sealed = seal(departure(), encoding_aes_key="a" * 43)
    return http_event("POST", signed_query(sealed, clock.now()), clock.now(), envelope(sealed))


def another_corp() -> dict[str, Any]:
    sealed = seal(departure(), corp_id="wwOTHER")
    return http_event("POST", signed_query(sealed, clock.now()), clock.now(), envelope(sealed))


def unsigned(body: str, *, is_base64: bool = False) -> dict[str, Any]:
    event = http_event("POST", signed_query("x", clock.now()), clock.now(), body)
    return {**event, "isBase64Encoded": is_base64}


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        (forged_signature, 403),
        (stale, 403),
        (garbage_base64, 400),
        (wrong_key, 400),
        (another_corp, 400),
        (lambda: unsigned(BOMB), 400),
        (lambda: unsigned("x" * 2_000_000), 413),
        (lambda: unsigned("A" * 2_000_000, is_base64=True), 413),
        (lambda: unsigned("not base64", is_base64=True), 400),
        (lambda: unsigned(""), 400),
        (lambda: http_event("POST", {}, clock.now()), 400),
        (lambda: http_event("GET", {}, clock.now()), 400),
        (lambda: post(departure(), clock.now(), app="unknown"), 404),
        (lambda: post("no xml at all", clock.now()), 400),
    ],
)
def test_what_is_not_authentic_is_refused_counted_and_not_stored(
    aws: Aws, counted: dict[str, float], request_of: Any, status: int
) -> None:
    answer = call(request_of())

    assert answer == (status, "")
    assert counted == {"CallbackRejected": 1}
    assert not aws.markers()
    assert aws.counts() == dict.fromkeys(QUEUES, 0)


def test_event_without_query_and_path_parameters_is_refused(counted: dict[str, float]) -> None:
    event = http_event("POST", {}, clock.now(), "<xml></xml>")
    del event["pathParameters"], event["queryStringParameters"]

    assert call(event) == (400, "")
    assert counted == {"CallbackRejected": 1}


def test_rotated_secret_is_read_on_the_first_refusal_after_a_minute(aws: Aws) -> None:
    call(get("first", clock.now()))
    aws.store_secret({APP: {"token": "NewToken", "encoding_aes_key": "b" * 43}})
    sealed = seal(departure(), encoding_aes_key="b" * 43)
    event = http_event("POST", signed_query(sealed, clock.now(), token="NewToken"), clock.now(), envelope(sealed))

    before = call(event)
    clock.advance_to(timedelta(minutes=1))
    after = call(event)

    assert (before, after) == ((403, ""), (200, ""))
    assert aws.counts()["staff"] == 1


def test_window_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBACK_WINDOW_SECONDS", "60")
    wiring.reset()

    assert call(post(departure(), clock.now() - timedelta(seconds=90))) == (403, "")
    assert call(post(departure(), clock.now() - timedelta(seconds=30))) == (200, "")


def test_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLBACK_SECRET_ID")
    wiring.reset()

    with pytest.raises(MissingSettingError, match="CALLBACK_SECRET_ID"):
        wiring.settings()
