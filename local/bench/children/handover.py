"""Hands one leaver's customers over with the real handlers: ``handover.py <setting.json>``.

The setting names the queues, the HR event and the simulator's control API; engine and simulator are other processes, so
that time and memory here are those of the functions. Every request to DynamoDB is counted where botocore sends it; an
answer of more than a megabyte counts as the pages that DynamoDB would have made of it. Prints one JSON line.

The corp's access token is renewed beside the functions, before the event and before each look, and not counted as
theirs: one lives for two hours, serves everything the bank asks of WeCom, and whoever asks first in its last five
minutes renews it. The functions read it from the table, which is counted.
"""

import importlib
import json
import os
import subprocess
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
    queue: importlib.import_module(f"functions.{function}.handler").lambda_handler for queue, function in QUEUES.items()
}
import boto3  # noqa: E402 - the functions load botocore as they do in Lambda; the queues are read beside them
from botocore.config import Config  # noqa: E402
from botocore.httpsession import URLLib3Session  # noqa: E402

from local.simulator.control_client import ControlClient  # noqa: E402
from scrm import clock  # noqa: E402
from scrm.aws import session  # noqa: E402
from scrm.runtime.wiring.cases import cases  # noqa: E402
from scrm.runtime.wiring.wecom import wecom_client  # noqa: E402
from scrm.wecom.governor_state import Priority  # noqa: E402

requests_made: Counter[str] = Counter()
place = ["setup"]
OPENS_A_CASE = "staff_intake TransactWriteItems handover"
_send = URLLib3Session.send


def counted(self: Any, request: Any) -> Any:
    response = _send(self, request)
    target = request.headers.get("X-Amz-Target", b"")
    target = target.decode() if isinstance(target, bytes) else target
    if target.startswith("DynamoDB"):
        pages = max(1, -(-len(response.content) // MEGABYTE))
        requests_made[label(f"{place[0]} {target.rpartition('.')[2]} {table_of(request.body)}")] += pages
    return response


def label(made: str) -> str:
    """From the request that opens the case on the handover runs; what comes before finds out whom HR speaks of."""
    is_intake = made.startswith("staff_intake ")
    return f"before {made}" if is_intake and made != OPENS_A_CASE and not requests_made[OPENS_A_CASE] else made


def table_of(body: bytes | str) -> str:
    """The table that a request is about: none of ours names two."""
    asked = json.loads(body)
    if "RequestItems" in asked:
        return str(next(iter(asked["RequestItems"])))
    if "TransactItems" in asked:
        asked = next(iter(asked["TransactItems"][0].values()))
    return str(asked["TableName"])


# The engine reads a partition of 100,000 items from its beginning for every page; DynamoDB does not.
session.CONFIG = session.CONFIG.merge(Config(read_timeout=60.0))
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
        invoke(QUEUES[queue], handlers[queue], delivery(queue, message["Body"]))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bool(messages)


def delivery(queue: str, body: str) -> dict[str, Any]:
    record = {
        "messageId": "00000000-0000-4000-8000-000000000000",
        "receiptHandle": "bench",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws-cn:sqs:cn-north-1:123456789012:{queue}",
        "awsRegion": "cn-north-1",
    }
    return {"Records": [record]}


def renew_token() -> None:
    """In a bank at work other functions have it renewed since the last look; they are processes of their own."""
    place[0] = "upkeep"
    wecom_client(Priority.WELCOME).address_book.user(setting["somebody"])


def callbacks_come() -> int:
    """What WeCom tells of each customer who moved; the events handled here, 0 where another process wrote the rows."""
    if setting["write_callbacks"]:
        subprocess.run(setting["write_callbacks"], check=True, env={**os.environ, "PYTHONPATH": setting["path"]})
        return 0
    told = 0
    for pair in customers_moved():
        for message in callbacks_of(*pair):
            place[0] = "callback"
            handlers["contact"](delivery("contact", json.dumps(message)), Context())
            told += 1
    return told


def customers_moved() -> list[tuple[str, str]]:
    """(customer, taker)"""
    place[0] = "harness"
    case, _ = cases().latest_case_of(setting["leaver"]) or (None, 0)
    if case is None:
        raise SystemExit("no case was opened")
    _, chunks = cases().load(case.case_id) or (case, [])
    return [(edge.target_id, chunk.takeover_userid) for chunk in chunks for edge in chunk.edges]


def callbacks_of(customer: str, taker: str) -> list[dict[str, Any]]:
    at = clock.to_iso(clock.now())
    envelope = {"schema_version": 1, "kind": "callback", "app": "contacts", "corp_id": setting["corp_id"]}
    told = []
    for userid, change, more in (
        (taker, "add_external_contact", {}),
        (setting["leaver"], "del_external_contact", {"Source": "DELETE_BY_TRANSFER"}),
    ):
        fields = {"Event": "change_external_contact", "ChangeType": change, "UserID": userid, **more}
        fields |= {"ExternalUserID": customer, "CreateTime": str(int(clock.now().timestamp()))}
        event_id = f"evt_{change}_{customer}"
        told.append({**envelope, "event_id": event_id, "occurred_at": at, "received_at": at, "fields": fields})
    return told


def due_cases() -> None:
    invoke("schedule", handlers["reconcile"], {"schedule": "handover_reconcile.due"})
    work_until_idle()


def peak_mb() -> float:
    """Of this program alone: what `resource` tells begins with the size of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


control.advance(0)
clock.refresh()
renew_token()
sqs.send_message(QueueUrl=os.environ["STAFF_QUEUE_URL"], MessageBody=json.dumps(setting["event"]))
work_until_idle()
events = 0
for look, seconds in enumerate(setting["looks_after_s"], start=1):
    control.advance(seconds)
    clock.refresh()
    renew_token()
    if look == len(setting["looks_after_s"]):
        events = callbacks_come()
    due_cases()
place[0] = "harness"
closed, _ = cases().latest_case_of(setting["leaver"]) or (None, 0)
if closed is None or closed.is_open or closed.customer_totals.get("done") != setting["customers"]:
    raise SystemExit(f"the handover did not come to its end: {closed and (closed.state, dict(closed.customer_totals))}")
calls = len(control.calls(path="externalcontact/transfer_customer"))
found = {"requests": requests_made, "cpu_s": cpu_s, "peak_mb": peak_mb(), "events": events, "calls": calls}
print(json.dumps(found))
