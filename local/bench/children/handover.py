"""Hands one leaver's customers over with the real handlers: ``handover.py <setting.json>``.

The setting names the queues, the HR event and the simulator's control API; engine and simulator are other processes, so
that time and memory here are those of the functions. Every request to DynamoDB is counted where botocore sends it; an
answer of more than a megabyte counts as the pages that DynamoDB would have made of it. Prints one JSON line.
"""

import importlib
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024
QUEUES = {
    "staff": "staff_intake",
    "handover": "handover_worker",
    "reconcile": "handover_reconcile",
    "contact": "contact_sync",
}


class Context:
    function_name = "bench"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:bench"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


setting = json.loads(Path(sys.argv[1]).read_bytes())
handlers: dict[str, Callable[..., Any]] = {
    queue: importlib.import_module(f"functions.{function}.handler").lambda_handler
    for queue, function in QUEUES.items()
}
import boto3  # noqa: E402 - the functions load botocore as they do in Lambda; the queues are read beside them
from botocore.httpsession import URLLib3Session  # noqa: E402

from local.simulator.control_client import ControlClient  # noqa: E402
from scrm import clock  # noqa: E402

requests_made: Counter[str] = Counter()
place = ["setup"]
_send = URLLib3Session.send


def counted(self: Any, request: Any) -> Any:
    response = _send(self, request)
    target = request.headers.get("X-Amz-Target", b"")
    target = target.decode() if isinstance(target, bytes) else target
    if target.startswith("DynamoDB"):
        pages = max(1, -(-len(response.content) // MEGABYTE))
        requests_made[f"{place[0]} {target.rpartition('.')[2]}"] += pages
    return response


URLLib3Session.send = counted  # type: ignore[method-assign]
sqs, control = boto3.client("sqs"), ControlClient(setting["control_url"])
cpu_s = 0.0


def invoke(name: str, handler: Callable[..., Any], event: Any) -> None:
    global cpu_s  # noqa: PLW0603 - one measurement per process
    place[0] = name
    started = time.process_time()
    answer = handler(event, Context())
    cpu_s += time.process_time() - started
    if (answer or {}).get("batchItemFailures"):
        raise SystemExit(f"{name} failed on a message")


def work_until_idle() -> None:
    while any(take_one(queue) for queue in QUEUES):
        pass


def take_one(queue: str) -> bool:
    url = os.environ[f"{queue.upper()}_QUEUE_URL"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages", [])
    for message in messages:
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws-cn:sqs:cn-north-1:123456789012:{queue}",
            "awsRegion": "cn-north-1",
        }
        invoke(QUEUES[queue], handlers[queue], {"Records": [record]})
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bool(messages)


def due_cases() -> None:
    invoke("schedule", handlers["reconcile"], {"schedule": "handover_reconcile.due"})
    work_until_idle()


control.advance(0)
clock.refresh()
sqs.send_message(QueueUrl=os.environ["STAFF_QUEUE_URL"], MessageBody=json.dumps(setting["event"]))
work_until_idle()
for seconds in setting["looks_after_s"]:
    control.advance(seconds)
    due_cases()
peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"requests": requests_made, "cpu_s": cpu_s, "peak_mb": peak_kb / 1024}))
