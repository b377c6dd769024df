"""Bench: a whole handover, from HR's word to the certificate, on the embedded engine and the simulator."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.bench import handover_world
from local.bench.child import ROOT, run
from local.bench.figure import Figure
from local.engine.emulator import CREDENTIALS, Engine, engine_program
from local.engine.paths import RunPaths
from local.engine.processes import LOOPBACK, Program, clean_environment, free_port, record, start, stop, wait_ready
from local.engine.region import REGION
from local.engine.sam_template import load_template
from scrm import clock
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table
from scrm.settings.handover import TOPIC

SIZES = (1_000, 10_000, 100_000)
LOOKS_AFTER = (
    timedelta(minutes=10),
    timedelta(minutes=51),
    timedelta(hours=3),
    timedelta(hours=8),
    timedelta(hours=12, minutes=3),
)
"""Five looks at the results; WeCom decides after 24 hours, so that the last one settles all."""

EVERY_CALLBACK_UP_TO = 1_000
PLAIN_DESIGN = 66
"""Ten reads of customers, an intent and a result for each of ten calls, a read and a write for each of five looks, a
read and a write for each hundred customers told to the contacts feature, and six around them."""
FUNCTIONS = frozenset({"staff_intake", "handover_worker", "handover_reconcile", "contact_sync"})
QUEUES = ("STAFF", "CONTACT", "HANDOVER", "RECONCILE")
_TEMPLATE = ROOT / "infra" / "template.yaml"
_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
_LONGEST_S = 600.0
_PATHS = RunPaths("bench-handover")


@dataclass(frozen=True, slots=True)
class Run:
    """What a handover of ``customers`` cost the functions; ``requests`` by function and operation."""

    customers: int
    requests: Mapping[str, int]
    cpu_s: float
    peak_mb: float
    events: int
    calls: int

    @property
    def fewest_calls(self) -> int:
        """100 customers to a call; each taker gets as many customers but the last."""
        return -(-self.customers // 100)

    @property
    def cpu_per_customer(self) -> float:
        return self.cpu_s / self.customers

    def per_1000(self, *, with_client: bool) -> float:
        """Requests for 1,000 customers; ``with_client``: also permits, circuit and token of the WeCom client."""
        made = sum(
            number
            for place, number in self.requests.items()
            if place.split()[0] in FUNCTIONS and (with_client or place.split()[2] != "platform")
        )
        return made * 1_000 / self.customers

    @property
    def per_event(self) -> float:
        return sum(number for place, number in self.requests.items() if place.startswith("callback ")) / self.events


def measured(customers: int) -> Run:
    with _platform(customers) as environment, tempfile.TemporaryDirectory() as folder:
        setting = Path(folder) / "setting.json"
        setting.write_text(json.dumps(_setting(customers, environment["CLOCK_URL"])), encoding="utf-8")
        found = run("handover", str(setting), environment=environment, within_s=_LONGEST_S)
    return Run(customers, found["requests"], found["cpu_s"], found["peak_mb"], found["events"], found["calls"])


def _setting(customers: int, clock_url: str) -> dict[str, Any]:
    """What the measured process has to know."""
    one_by_one = customers <= EVERY_CALLBACK_UP_TO
    return {
        "control_url": clock_url.removesuffix("/control/v1/clock"),
        "event": handover_world.departure(customers, clock.now()),
        "customers": customers,
        "leaver": handover_world.LEAVER,
        "somebody": handover_world.MANAGER,
        "corp_id": handover_world.CORP_ID,
        "path": f"{ROOT / 'layers' / 'scrm'}:{ROOT}",
        "write_callbacks": [] if one_by_one else [sys.executable, "-m", "local.bench.handover_callbacks"],
        "looks_after_s": [look.total_seconds() for look in LOOKS_AFTER],
    }


@contextmanager
def _platform(customers: int) -> Iterator[dict[str, str]]:
    """Engine and simulator with the bank in them; the environment of functions that run on them."""
    wecom_port, control_port = free_port(), free_port()
    with _running(engine_program(free_port(), _PATHS, enforce_policies=False)) as engine_url:
        engine = Engine(engine_url.removesuffix("/_ministack/health"))
        with tempfile.TemporaryDirectory() as folder:
            world = Path(folder) / "world.json"
            world.write_text(json.dumps(handover_world.wecom(customers)), encoding="utf-8")
            control_url = f"http://{LOOPBACK}:{control_port}"
            with _running(_simulator(wecom_port, control_port, world)):
                yield _filled(engine, customers) | {
                    "AWS_ENDPOINT_URL": engine.endpoint_url,
                    "WECOM_BASE_URL": f"http://{LOOPBACK}:{wecom_port}",
                    "CLOCK_URL": f"{control_url}/control/v1/clock",
                }


@contextmanager
def _running(program: Program) -> Iterator[str]:
    process = start(program, _PATHS.logs)
    try:
        wait_ready(program, process, _PATHS.logs)
        yield program.ready_url
    finally:
        stop(record(program, process, _PATHS.logs))


def _simulator(port: int, control_port: int, world: Path) -> Program:
    options = ("--port", str(port), "--control-port", str(control_port), "--world", str(world))
    return Program(
        "simulator",
        [sys.executable, "-m", "local.simulator", *options],
        f"http://{LOOPBACK}:{control_port}/control/v1/health",
        clean_environment(PYTHONPATH=str(ROOT)),
        ready_within_s=120.0,
    )


def _filled(engine: Engine, customers: int) -> dict[str, str]:
    """Tables, queues, bus and secrets with the bank in them; the environment that names them."""
    dynamodb = engine.client("dynamodb")
    environment = {"POWERTOOLS_SERVICE_NAME": "bench", "POWERTOOLS_METRICS_NAMESPACE": "scrm", "LOG_LEVEL": "WARNING"}
    for logical_id, properties in _declared("AWS::DynamoDB::Table").items():
        name = logical_id.removesuffix("Table").lower()
        wanted = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)
        environment[f"{name.upper()}_TABLE"] = name
    for queue in QUEUES:
        environment[f"{queue}_QUEUE_URL"] = engine.client("sqs").create_queue(QueueName=queue.lower())["QueueUrl"]
    engine.client("events").create_event_bus(Name="scrm")
    engine.client("s3").create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
    app = {"agent_id": handover_world.AGENT_ID, "secret": handover_world.SECRET}
    secret = {"corp_id": handover_world.CORP_ID, "apps": {"contacts": app}}
    engine.client("secretsmanager").create_secret(Name="scrm/wecom", SecretString=json.dumps(secret))
    handover_world.fill_organisation(DynamoOrgRepository(Table(dynamodb, "org")), customers)
    handover_world.fill_contacts(Table(_unchecked(engine), "contacts"), customers)
    unattended = {"approval_above": None}  # nobody is there to approve the plan
    DynamoSettingsStore(Table(dynamodb, "platform")).write(TOPIC, unattended, 0, "bench", clock.now())
    names = {"EVENT_BUS_NAME": "scrm", "WECOM_SECRET_ID": "scrm/wecom", "DATA_BUCKET": "data"}
    return environment | names | {"CORP_ID": handover_world.CORP_ID}


def _unchecked(engine: Engine) -> Any:
    """For hundreds of thousands of items: looking at each before it is sent takes as long as sending it."""
    client: Callable[..., Any] = boto3.session.Session(region_name=REGION).client
    config = Config(parameter_validation=False)
    return client("dynamodb", endpoint_url=engine.endpoint_url, config=config, **CREDENTIALS)


def _declared(kind: str) -> dict[str, Any]:
    resources = load_template(_TEMPLATE)["Resources"]
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def measure() -> list[Figure]:
    """Three handovers, of 1,000, 10,000 and 100,000 customers of one leaver."""
    small, middle, large = (measured(customers) for customers in SIZES)
    return [
        Figure(
            "handover_transfer_calls",
            max(run.calls / run.fewest_calls for run in (small, middle, large)),
            1.0,
            "lower",
            "calls of WeCom over ceil(n/100) per taker, worst of three sizes",
            f"{large.fewest_calls} calls for {large.customers:,} customers",
            1.0,
        ),
        Figure(
            "handover_ddb_requests_per_1000",
            small.per_1000(with_client=True),
            80,
            "lower",
            "every DynamoDB request for 1,000 customers from the case opened to the certificate, one taker, five "
            "looks; callbacks and the schedule apart",
            f"a plain packed design, which has no governor: {PLAIN_DESIGN}",
            60,
        ),
        Figure(
            "handover_ddb_requests_per_1000_without_client",
            small.per_1000(with_client=False),
            80,
            "lower",
            "the same without the WeCom client's own: permits, circuit and token, in the platform table",
            f"a plain packed design: {PLAIN_DESIGN}",
            60,
        ),
        Figure(
            "handover_ddb_requests_per_1000_of_10000",
            middle.per_1000(with_client=True),
            80,
            "lower",
            "every DynamoDB request for each 1,000 of 10,000 customers",
            f"without the client's: {middle.per_1000(with_client=False):.1f}",
        ),
        Figure(
            "contact_ddb_requests_per_event",
            small.per_event,
            2,
            "lower",
            f"DynamoDB requests per callback, {small.events:,} callbacks",
            "one read and one write: 2",
            2,
        ),
        Figure(
            "handover_peak_mb",
            large.peak_mb,
            512,
            "lower",
            f"largest resident memory, MB, {large.customers:,} customers of one leaver",
            f"the same handlers with {small.customers:,}: {small.peak_mb:.0f}",
        ),
        Figure(
            "handover_cost_flatness",
            max(run.cpu_per_customer for run in (middle, large)) / small.cpu_per_customer,
            1.2,
            "lower",
            "CPU of the functions per customer, the dearer of 10,000 and 100,000 over 1,000",
            ", ".join(f"{run.cpu_per_customer * 1_000:.2f} ms of {run.customers:,}" for run in (small, middle, large)),
        ),
    ]
