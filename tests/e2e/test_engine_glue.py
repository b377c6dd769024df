"""What `local/engine` adds to the engine, tried on the trial stack: real builds, real processes, real queues."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests

from local.engine.metrics_bridge import MetricsBridge
from local.engine.queues import RedriveError, StillBusyError, depths, redrive, wait_until_idle
from local.engine.schedules import ScheduleFailedError, Schedules, register_timers, serve
from local.identity.operators import HEAD_OFFICE
from tests.e2e.conditions import eventually
from tests.engine import TrialStack

pytestmark = pytest.mark.engine


def test_function_behind_the_http_api_runs_with_its_layer_and_reaches_the_engine(trial: TrialStack) -> None:
    reply = requests.get(f"{trial.api_url}/open/bob", timeout=20)

    told = reply.json()
    assert reply.status_code == 200
    assert told["layer"] == "trial layer"
    assert told["path_parameters"] == {"name": "bob"}
    assert told["environment"]["AWS_ENDPOINT_URL"] == trial.engine.endpoint_url
    assert told["environment"]["SECRET_ID"].startswith("arn:")
    assert told["python"] == [3, 13]
    assert told["engine_packages"] == []


def test_guarded_route_refuses_a_call_without_a_token(trial: TrialStack) -> None:
    reply = requests.post(f"{trial.api_url}/guarded", json={}, timeout=20)

    assert reply.status_code == 401


def test_guarded_route_tells_the_function_who_signed_in(trial: TrialStack) -> None:
    signed_in = {"Authorization": f"Bearer {trial.issuer.token(HEAD_OFFICE)}"}

    reply = requests.post(f"{trial.api_url}/guarded", json={}, headers=signed_in, timeout=20)

    assert reply.status_code == 200
    claims = reply.json()["authorizer"]["jwt"]["claims"]
    assert claims["sub"] == "head_office"
    assert claims["scrm_roles"] == "[head_office operator]"  # API Gateway turns every claim into text


def test_cors_of_the_template_is_answered(trial: TrialStack) -> None:
    asking = {"Origin": "https://console.example", "Access-Control-Request-Method": "GET"}

    reply = requests.options(f"{trial.api_url}/open/bob", headers=asking, timeout=20)

    assert reply.status_code < 300
    assert reply.headers["Access-Control-Allow-Origin"] == "https://console.example"


def test_raised_error_keeps_its_type_and_the_process(trial: TrialStack) -> None:
    client = trial.engine.client("lambda")
    name = trial.deployed.physical_ids["TrialEchoFunction"]

    reply = client.invoke(FunctionName=name, Payload=b'{"raise": true}')

    assert reply["FunctionError"] == "Unhandled"
    assert json.loads(reply["Payload"].read())["errorType"] == "ValueError"


def test_only_the_failed_record_of_a_batch_returns_and_ends_in_the_dead_letter_queue(trial: TrialStack) -> None:
    sqs = trial.engine.client("sqs")
    queue, dead_letters = _queues(trial)

    for body in ("good 1", "poison", "good 2"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)

    eventually(
        lambda: depths(trial.engine, [queue, dead_letters]), lambda d: d == {queue: (0, 0), dead_letters: (1, 0)}
    )
    assert redrive(trial.engine, dead_letters) == 1
    assert depths(trial.engine, [dead_letters]) == {dead_letters: (0, 0)}
    eventually(lambda: depths(trial.engine, [dead_letters]), lambda found: found == {dead_letters: (1, 0)})
    sqs.purge_queue(QueueUrl=dead_letters)


def test_redrive_of_a_queue_that_is_nobodys_dead_letter_queue_is_refused(trial: TrialStack) -> None:
    queue, _ = _queues(trial)

    with pytest.raises(RedriveError):
        redrive(trial.engine, queue)


def test_event_on_the_bus_reaches_the_function_through_the_queue(trial: TrialStack) -> None:
    queue, _ = _queues(trial)
    bus = trial.deployed.physical_ids["Bus"]
    entry = {"Source": "bank.hr", "DetailType": "StaffDeparted", "Detail": "{}", "EventBusName": bus}
    before = _printed(trial, "batch of")

    trial.engine.client("events").put_events(Entries=[entry])

    eventually(lambda: _printed(trial, "batch of"), lambda count: count > before)
    assert wait_until_idle(trial.engine, [queue], within_s=10)


def test_document_dropped_under_the_prefix_reaches_the_function_through_the_queue(trial: TrialStack) -> None:
    queue, _ = _queues(trial)
    s3, bucket = trial.engine.client("s3"), trial.deployed.physical_ids["Bucket"]
    assert wait_until_idle(trial.engine, [queue], within_s=10)
    before = _printed(trial, "batch of 1")

    for key in ("elsewhere/roster.csv", "incoming/readme.txt", "incoming/roster.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"userid\n")

    assert eventually(lambda: _printed(trial, "batch of 1"), lambda count: count > before) == before + 1
    assert wait_until_idle(trial.engine, [queue], within_s=10, quiet_s=0.3)
    assert _printed(trial, "batch of 1") == before + 1


def test_busy_queue_is_reported_as_not_idle_when_time_runs_out(trial: TrialStack) -> None:
    sqs = trial.engine.client("sqs")
    url = sqs.create_queue(QueueName="nobody-reads-this")["QueueUrl"]

    sqs.send_message(QueueUrl=url, MessageBody="waits")

    with pytest.raises(StillBusyError, match="nobody-reads-this"):
        wait_until_idle(trial.engine, [url], within_s=0.1, busy_within_s=0.2)
    sqs.receive_message(QueueUrl=url)
    assert not wait_until_idle(trial.engine, [url], within_s=0.2)


def test_whoever_works_is_waited_for_however_long_it_takes(trial: TrialStack) -> None:
    queue, _ = _queues(trial)
    sqs = trial.engine.client("sqs")
    for number in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=f"slow {number}")
    before = _printed(trial, "batch of")

    assert wait_until_idle(trial.engine, [queue], within_s=0.8)

    assert depths(trial.engine, [queue]) == {queue: (0, 0)}
    assert _printed(trial, "batch of") > before


def test_one_look_tells_waiting_and_unread_messages_as_sqs_does_and_leaves_delayed_ones_out(trial: TrialStack) -> None:
    sqs = trial.engine.client("sqs")
    url = sqs.create_queue(QueueName="looked-at", Attributes={"VisibilityTimeout": "300"})["QueueUrl"]
    empty = sqs.create_queue(QueueName="looked-at-empty")["QueueUrl"]

    for delay in (0, 0, 0, 600):
        sqs.send_message(QueueUrl=url, MessageBody="waits", DelaySeconds=delay)
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)

    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert depths(trial.engine, [url, empty]) == {url: (2, 1), empty: (0, 0)}
    assert tuple(int(told[name]) for name in counts) == (2, 1)


def test_what_cloudformation_forgets_is_set_after_the_deploy(trial: TrialStack) -> None:
    dynamodb = trial.engine.client("dynamodb")
    table = trial.deployed.physical_ids["Table"]

    ttl = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    encryption = dynamodb.describe_table(TableName=table)["Table"]["SSEDescription"]

    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert encryption["Status"] == "ENABLED"


def test_lifecycle_of_a_bucket_is_set_after_the_deploy(trial: TrialStack) -> None:
    bucket = trial.deployed.physical_ids["Bucket"]

    versions, incoming = trial.engine.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]

    assert versions["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert versions["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    assert (incoming["ID"], incoming["Filter"], incoming["Expiration"]) == (
        "incoming",
        {"Prefix": "incoming/"},
        {"Days": 400},
    )


def test_schedule_is_held_by_the_engine_and_fires_its_target_with_its_own_input(trial: TrialStack) -> None:
    queue, _ = _queues(trial)
    schedules = Schedules(trial.engine, [queue])
    (name,) = schedules.by_name

    before = _printed(trial, "schedule trial.tick")
    answer = schedules.fire(name)

    assert trial.engine.client("scheduler").get_schedule(Name=name)["State"] == "DISABLED"
    assert schedules.by_name[name].expression == "rate(10 minutes)"
    assert answer == {"name": name, "invoked": True, "idle": True, "resting": {}}
    assert _printed(trial, "schedule trial.tick") == before + 1


def test_schedule_that_told_until_when_nothing_is_due_rests_until_then_or_until_somebody_writes(
    trial: TrialStack,
) -> None:
    schedules = Schedules(trial.engine, [])
    (name,) = schedules.by_name
    payload = '{"schedule": "trial.idle", "nothing_due_until": "2026-11-30T18:00:00.000Z"}'
    schedules.by_name[name] = replace(schedules.by_name[name], payload=payload)
    dynamodb, table = trial.engine.client("dynamodb"), trial.deployed.physical_ids["Table"]
    item = {"pk": {"S": "idle"}}

    def invoked(due_at: str) -> bool:
        return bool(schedules.fire(name, due_at)["invoked"])

    resting = [invoked("2026-11-30T17:00:00Z"), invoked("2026-11-30T17:10:00Z"), invoked("2026-11-30T17:58:00Z")]
    dynamodb.get_item(TableName=table, Key=item)
    read = invoked("2026-11-30T17:58:00Z")
    dynamodb.put_item(TableName=table, Item=item)
    written = [invoked("2026-11-30T17:58:00Z"), invoked("2026-11-30T17:58:00Z")]
    near = [invoked("2026-11-30T17:59:30Z"), invoked("")]

    assert resting == [True, False, False]
    assert read is False
    assert written == [True, False]
    assert near == [True, True]


def test_everybody_who_asks_is_told_which_schedules_rest_while_nobody_writes(trial: TrialStack) -> None:
    schedules = Schedules(trial.engine, [])
    (name,) = schedules.by_name
    other = replace(schedules.by_name[name], name="other")
    payload = '{"schedule": "trial.idle", "nothing_due_until": "2026-11-30T18:00:00.000Z"}'
    schedules.by_name |= {name: replace(schedules.by_name[name], payload=payload), "other": other}
    resting = {name: "2026-11-30T17:59:00+00:00"}

    told = [schedules.fire(name, "2026-11-30T17:00:00Z"), schedules.fire("other"), schedules.settle()]
    item = {"pk": {"S": "woken"}}
    trial.engine.client("dynamodb").put_item(TableName=trial.deployed.physical_ids["Table"], Item=item)

    assert [each["resting"] for each in told] == [resting] * 3
    assert schedules.settle() == {"idle": True, "resting": {}}


def test_failing_target_of_a_schedule_is_told(trial: TrialStack) -> None:
    schedules = Schedules(trial.engine, [])
    (name,) = schedules.by_name
    good = schedules.by_name[name]
    schedules.by_name["failing"] = type(good)("failing", good.expression, good.target_arn, '{"raise": true}')

    with pytest.raises(ScheduleFailedError, match="ValueError"):
        schedules.fire("failing")


def test_timer_of_the_simulator_calls_the_schedule_through_its_webhook(trial: TrialStack) -> None:
    schedules = Schedules(trial.engine, [])
    (name,) = schedules.by_name
    server = serve(schedules, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    before = _printed(trial, "schedule trial.tick")

    with _recording_control_api() as (control_url, registered):
        register_timers(schedules, control_url, server.server_port)
    timer, settle = registered
    fired = requests.post(timer["url"], json={"name": name, "due_at": "2026-11-30T18:00:00Z"}, timeout=20)
    unknown = requests.post(timer["url"] + "-not", json={}, timeout=20)
    settled = requests.post(settle["url"], json={"now": "2026-11-30T18:00:00Z"}, timeout=20)
    server.shutdown()
    server.server_close()

    assert (timer["name"], timer["expression"]) == (name, "rate(10 minutes)")
    assert (fired.status_code, unknown.status_code) == (200, 404)
    assert (settled.status_code, settled.json()) == (200, {"idle": True, "resting": {}})
    assert _printed(trial, "schedule trial.tick") == before + 1


def test_metrics_in_logs_and_queue_depths_become_cloudwatch_metrics(trial: TrialStack) -> None:
    queue, dead_letters = _queues(trial)
    bridge = MetricsBridge(trial.engine, trial.paths.function_logs, [queue, dead_letters])
    cloudwatch = trial.engine.client("cloudwatch")
    before = _printed(trial, '"Echoed": 1')

    requests.get(f"{trial.api_url}/open/bob", timeout=20)
    eventually(lambda: _printed(trial, '"Echoed": 1'), lambda count: count > before)
    published = bridge.step()
    repeated = bridge.step()

    assert published == before + 1
    assert repeated == 0
    names = {(each["Namespace"], each["MetricName"]) for each in cloudwatch.list_metrics()["Metrics"]}
    assert {("trial", "Echoed"), ("AWS/SQS", "ApproximateNumberOfMessagesVisible")} <= names


def _queues(trial: TrialStack) -> tuple[str, str]:
    return trial.deployed.physical_ids["Queue"], trial.deployed.physical_ids["DeadLetterQueue"]


def _printed(trial: TrialStack, text: str) -> int:
    """How often the function printed ``text`` so far."""
    logs = trial.paths.function_logs.glob("*.log")
    return sum(path.read_text(encoding="utf-8").count(text) for path in logs)


@contextmanager
def _recording_control_api() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Stands for the simulator's control API: keeps the timers that are registered."""
    registered: list[dict[str, Any]] = []

    class Control(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_POST(self) -> None:
            registered.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(201)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_PUT(self) -> None:
            self.do_POST()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", registered
        server.shutdown()
