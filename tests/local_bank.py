"""A small bank in one process: the real functions over the embedded engine's tables and queues, and the simulator.

The test is the scheduler: it pumps the queues one message at a time, so that it can kill the function at any
remote call and play the message again, as SQS would.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from requests.adapters import HTTPAdapter

from functions.archive_certify import handler as archive_certify
from functions.archive_intake import handler as archive_intake
from functions.archive_media import handler as archive_media
from functions.archive_retention import handler as archive_retention
from functions.archive_screen import handler as archive_screen
from functions.archive_worker import handler as archive_worker
from functions.campaign_planner import handler as campaign_planner
from functions.campaign_reconcile import handler as campaign_reconcile
from functions.campaign_worker import handler as campaign_worker
from functions.contact_sync import handler as contact_sync
from functions.handover_reconcile import handler as handover_reconcile
from functions.handover_worker import handler as handover_worker
from functions.kpi_collect import handler as kpi_collect
from functions.kpi_ingest import handler as kpi_ingest
from functions.staff_intake import handler as staff_intake
from functions.wecom_callback import handler as wecom_callback
from functions.welcome_worker import handler as welcome_worker
from local.engine.region import REGION
from local.simulator.server import RunningSimulator, running_simulator
from scrm import clock
from scrm.aws import session
from scrm.runtime.wiring import archive_media as archive_media_wiring
from scrm.runtime.wiring import archive_pages, archive_pulls, campaign_runs, frozen_audiences
from scrm.runtime.wiring import archive_screen as screen_wiring
from scrm.runtime.wiring import contact_sync as contact_wiring
from scrm.runtime.wiring import dispatch as dispatch_wiring
from scrm.runtime.wiring import handover_reconcile as reconcile_wiring
from scrm.runtime.wiring import kpi_collect as collect_wiring
from scrm.runtime.wiring import kpi_ingest as kpi_ingest_wiring
from scrm.runtime.wiring import plans as worker_wiring
from scrm.runtime.wiring import review as review_wiring
from scrm.runtime.wiring import staff_intake as staff_wiring
from scrm.runtime.wiring import wecom as wecom_wiring
from scrm.runtime.wiring import wecom_callback as callback_wiring
from scrm.runtime.wiring import welcome_worker as welcome_wiring
from tests.engine import EngineTables
from tests.killing import KilledError, Killer, KillPlace, redelivered_after

CORP = "wwSIMCORP0000001"
TOKEN = "LocalBankToken01"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
QUEUES = (
    "welcome",
    "staff",
    "contact",
    "handover",
    "reconcile",
    "campaign",
    "campaign_reconcile",
    "campaign_planner",
    "archive_intake",
    "archive",
    "archive_screen",
    "archive_media",
    "kpi_collect",
)
HANDLERS: dict[str, Callable[..., Any]] = {
    "staff": staff_intake.lambda_handler,
    "contact": contact_sync.lambda_handler,
    "handover": handover_worker.lambda_handler,
    "reconcile": handover_reconcile.lambda_handler,
    "campaign": campaign_worker.lambda_handler,
    "campaign_reconcile": campaign_reconcile.lambda_handler,
    "campaign_planner": campaign_planner.lambda_handler,
    "welcome": welcome_worker.lambda_handler,
    "archive_intake": archive_intake.lambda_handler,
    "archive": archive_worker.lambda_handler,
    "archive_media": archive_media.lambda_handler,
    "archive_certify": archive_certify.lambda_handler,
    "archive_retention": archive_retention.lambda_handler,
    "archive_screen": archive_screen.lambda_handler,
    "kpi_collect": kpi_collect.lambda_handler,
    "kpi_feed": kpi_ingest.lambda_handler,
}


class Context:
    """What Powertools asks of a Lambda context."""

    function_name = "local"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:local"
    aws_request_id = "req-local"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class LocalBank:
    sim: RunningSimulator
    tables: EngineTables
    sqs: Any
    urls: dict[str, str]
    killer: Killer = field(default_factory=Killer)
    kill_everywhere: bool = False
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def hr_event(self, kind: str = "StaffDeparted", **detail: Any) -> None:
        """An event of HR as EventBridge puts it on the staff queue."""
        body = {
            "source": "bank.hr",
            "detail-type": kind,
            "detail": {"schema_version": 1, "occurred_at": clock.to_iso(clock.now()), "corp_id": CORP} | detail,
        }
        self.send("staff", json.dumps(body))

    def send(self, queue: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.urls[queue], MessageBody=body)

    def full_pass(self) -> None:
        contact_sync.lambda_handler({"schedule": contact_sync.FULL_PASS}, Context())  # type: ignore[arg-type]
        self.run_until_idle()

    def advance(self, seconds: float) -> None:
        """Move time, let the schedule find what is due, and work until nothing is left."""
        self.sim.control.advance(seconds)
        self.run_until_idle()
        self.send_due()
        self.run_until_idle()

    def send_due(self) -> None:
        """What the schedule does every ten minutes."""
        handover_reconcile.lambda_handler({"schedule": handover_reconcile.DUE}, Context())  # type: ignore[arg-type]

    def run_until_idle(self, at_most: int = 2_000) -> None:
        """Work off the queues, one message at a time."""
        for _ in range(at_most):
            if not self._take_one():
                return
        raise AssertionError("the bank never comes to rest")

    def _take_one(self) -> bool:
        for queue in QUEUES:
            received = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=1).get("Messages", [])
            for message in received:
                answer = self.invoke(_handling(queue, message), repeated_after=redelivered_after(queue))
                assert not (answer or {}).get("batchItemFailures"), "a record failed although nobody killed it"
                self.sqs.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"])
                return True
        return False

    def invoke(self, handle: Callable[[], Any], repeated_after: timedelta = timedelta(0)) -> Any:
        """Run one delivery to its end. With `kill_everywhere` it dies once before and once after each remote call
        and is delivered again to a new process, when ``repeated_after`` has passed, as with SQS's visibility.
        """
        with self._one_at_a_time:
            place = KillPlace() if self.kill_everywhere else None
            while True:
                self.killer.begin(place)
                try:
                    return handle()
                except KilledError:
                    assert place is not None
                    restart()
                    self._let_pass(repeated_after)
                    place = place.following()
                finally:
                    self.killer.armed = False

    def _let_pass(self, time: timedelta) -> None:
        """Between two deliveries nothing runs, so WeCom's callbacks may come in."""
        if not time:
            return
        self._one_at_a_time.release()
        try:
            self.sim.control.advance(time.total_seconds())
        finally:
            self._one_at_a_time.acquire()


def _handling(queue: str, message: dict[str, Any]) -> Callable[[], Any]:
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
    return lambda: HANDLERS[queue]({"Records": [record]}, Context())


def restart() -> None:
    """Forget what a process holds in memory: wiring, clients, tokens, permits."""
    for wiring in (
        staff_wiring,
        contact_wiring,
        worker_wiring,
        reconcile_wiring,
        campaign_runs,
        frozen_audiences,
        welcome_wiring,
        archive_pulls,
        archive_pages,
        screen_wiring,
        archive_media_wiring,
        collect_wiring,
        kpi_ingest_wiring,
        dispatch_wiring,
        review_wiring,
        wecom_wiring,
        callback_wiring,
    ):
        wiring.reset()


@contextmanager
def local_bank(tables: EngineTables, world: dict[str, Any], patch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    """Load ``world`` (without callbacks) and connect everything; the callback of app ``contacts`` comes here."""
    inbox = CallbackInbox()
    with running_simulator(world) as sim, inbox.listening() as url:
        sqs = tables.engine.client("sqs")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        for name, queue_url in urls.items():
            patch.setenv(f"{name.upper()}_QUEUE_URL", queue_url)
        tables.engine.client("events").create_event_bus(Name="scrm")
        place = {"LocationConstraint": REGION}
        s3 = tables.engine.client("s3")
        s3.create_bucket(Bucket=os.environ["DATA_BUCKET"], CreateBucketConfiguration=place)
        evidence = os.environ["ARCHIVE_BUCKET"]
        s3.create_bucket(Bucket=evidence, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=True)
        _put_secrets(tables.engine.client("secretsmanager"), world)
        patch.setenv("WECOM_BASE_URL", sim.base_url)
        patch.setenv("CLOCK_URL", f"{sim.control_url}/control/v1/clock")
        sim.control.set_callback("contacts", url=url, token=TOKEN, encoding_aes_key=AES_KEY)
        bank = inbox.bank = LocalBank(sim, tables, sqs, urls)
        _watch_remote_calls(bank.killer, patch)
        session.reset()
        restart()
        try:
            yield bank
        finally:
            restart()
            session.reset()
            clock.reset()


def _put_secrets(secrets: Any, world: dict[str, Any]) -> None:
    (app,) = (app for app in world["apps"] if app["app"] == "contacts")
    apps = {"contacts": {"agent_id": app["agent_id"], "secret": app["secret"]}}
    apps |= {each["app"]: {"agent_id": each["agent_id"], "secret": each["secret"]} for each in world["apps"][1:]}
    wecom = {"corp_id": CORP, "apps": apps}
    secrets.create_secret(Name="scrm/wecom", SecretString=json.dumps(wecom))
    callback = {"contacts": {"token": TOKEN, "encoding_aes_key": AES_KEY}}
    secrets.create_secret(Name="scrm/callback", SecretString=json.dumps(callback))
    secrets.create_secret(Name="scrm/archive-keys", SecretString="{}")


def _watch_remote_calls(killer: Killer, patch: pytest.MonkeyPatch) -> None:
    """Every request to AWS passes botocore's session, every one to WeCom the adapter of requests."""
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415 - the seam, only needed here

    aws_send, wecom_send = URLLib3Session.send, HTTPAdapter.send
    patch.setattr(URLLib3Session, "send", lambda self, request: killer.around(lambda: aws_send(self, request)))
    patch.setattr(
        HTTPAdapter, "send", lambda self, *args, **more: killer.around(lambda: wecom_send(self, *args, **more))
    )


class CallbackInbox:
    """Gives the simulator's callbacks to the function as API Gateway would, and answers what it answers."""

    def __init__(self) -> None:
        self.bank: LocalBank | None = None

    @contextmanager
    def listening(self) -> Iterator[str]:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(inbox.receive(http_event("POST", self.path, body)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/wecom/callback/contacts"
        finally:
            server.shutdown()
            server.server_close()

    def receive(self, event: dict[str, Any]) -> int:
        assert self.bank is not None
        answer = self.bank.invoke(lambda: wecom_callback.lambda_handler(event, Context()))  # type: ignore[arg-type]
        return int(answer["statusCode"])


def http_event(method: str, target: str, body: str = "") -> dict[str, Any]:
    """An API Gateway HTTP API event, payload 2.0."""
    parts = urlsplit(target)
    return {
        "version": "2.0",
        "routeKey": f"{method} /wecom/callback/{{app}}",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "queryStringParameters": dict(parse_qsl(parts.query)),
        "pathParameters": {"app": parts.path.rsplit("/", 1)[-1]},
        "headers": {"content-type": "text/xml"},
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {
            "requestId": "req-local",
            "stage": "$default",
            "http": {"method": method, "path": parts.path},
        },
    }


def small_world(customers: int = 230, groups: int = 4) -> dict[str, Any]:
    """One branch: a leaver with customers and groups, two colleagues, a manager; deterministic."""
    staff = ("mgr_zhao01", "rm_wang01", "rm_li02", "rm_zhou03")
    return {
        "corp_id": CORP,
        "corp_name": "示例银行",
        "apps": [
            {"app": "contacts", "agent_id": 1000002, "secret": "local-bank-app-secret"},
            {"app": "archive", "agent_id": 2000004, "secret": "local-bank-archive-secret", "kind": "archive"},
        ],
        "departments": [
            {"id": 1, "name": "总行"},
            {"id": 10, "name": "杭州分行", "parentid": 1, "department_leader": ["mgr_zhao01"]},
        ],
        "members": [
            {"userid": userid, "name": f"行员{place}", "department": [10], "main_department": 10}
            for place, userid in enumerate(staff)
        ],
        "customers": [{"external_userid": customer_id(place), "name": f"客户{place}"} for place in range(customers)],
        "relations": [
            {"userid": "rm_wang01", "external_userid": customer_id(place), "createtime": 1_750_000_000}
            for place in range(customers)
        ],
        "groups": [
            {
                "chat_id": f"wrSIM{place:027d}",
                "name": f"财富沙龙{place}",
                "owner": "rm_wang01",
                "create_time": 1_750_000_000,
                "members": [{"userid": "rm_wang01", "type": 1, "join_time": 1_750_000_000, "join_scene": 1}],
            }
            for place in range(groups)
        ],
    }


def customer_id(place: int) -> str:
    return f"wmSIM{place:027d}"
