"""Fixtures of the embedded AWS engine: bare (`engine`), with `tables`, with a `data_bucket`, whole (`stack`).

One engine per test process (per xdist worker), on a free port of loopback, killed at the end of the session.
"""

import functools
import os
import re
import shutil
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.bank import demo_world
from local.engine.build import build, local_architecture
from local.engine.deploy import DeployedStack, deploy
from local.engine.emulator import Engine, engine_program
from local.engine.paths import ROOT, RunPaths
from local.engine.processes import LOOPBACK, free_port, record, start, stop, wait_ready
from local.engine.region import REGION
from local.engine.sam_template import load_template
from local.engine.stack import JWT_AUDIENCE, RunningStack, running_stack
from local.identity.issuer import Issuer
from local.identity.server import running_issuer
from tests.log_scan import scan_logs
from tests.run_paths import paths_of

pytest_plugins = ["tests.log_scan_plugin"]

TEMPLATE = ROOT / "infra" / "template.yaml"
TRIAL_TEMPLATE = ROOT / "tests" / "e2e" / "fixtures" / "trial" / "infra" / "template.yaml"
_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


@dataclass(frozen=True, slots=True)
class EngineTables:
    """The tables of the template on a fresh engine: ``names`` by logical id, ``client`` a DynamoDB client of it."""

    engine: Engine
    names: Mapping[str, str]
    client: Any


@dataclass(frozen=True, slots=True)
class TrialStack:
    """The trial template, deployed."""

    engine: Engine
    deployed: DeployedStack
    paths: RunPaths
    issuer: Issuer

    @property
    def api_url(self) -> str:
        return f"{self.engine.endpoint_url}/_aws/execute-api/{self.deployed.physical_ids['HttpApi']}/$default"


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A bare engine, policies not enforced; state is shared by the tests of the session: see `tables`."""
    with running_engine(paths_of("engine"), enforce_policies=False) as running:
        yield running


@pytest.fixture
def tables(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> EngineTables:
    """The template's tables, empty, under the names the environment gives them; boto3 is pointed at the engine.

    Clients made before this fixture keep their old endpoint: make them in the test, or clear the wiring's caches.
    """
    reset(engine)
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.endpoint_url)
    client = engine.client("dynamodb")
    names = {logical_id: table_name(logical_id) for logical_id in declared_tables(TEMPLATE)}
    for logical_id, properties in declared_tables(TEMPLATE).items():
        client.create_table(TableName=names[logical_id], BillingMode="PAY_PER_REQUEST", **properties)
    return EngineTables(engine, names, client)


@pytest.fixture
def data_bucket(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty bucket, in the environment too; goes with `tables`, whichever comes first."""
    name = f"data-{uuid.uuid4()}"
    engine.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.endpoint_url)
    monkeypatch.setenv("DATA_BUCKET", name)
    return name


def reset(engine: Engine) -> None:
    """Empty every service of the engine."""
    request = urllib.request.Request(f"{engine.endpoint_url}/_ministack/reset", method="POST")
    with urllib.request.urlopen(request, timeout=10) as reply:
        reply.read()


@functools.cache
def declared_tables(template: Path) -> dict[str, dict[str, Any]]:
    """Logical id -> what `create_table` needs of each ``AWS::DynamoDB::Table`` of the template."""
    resources = load_template(template)["Resources"]
    return {
        logical_id: {name: resource["Properties"][name] for name in _TABLE_PROPERTIES if name in resource["Properties"]}
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


def table_name(logical_id: str) -> str:
    """``SendTaskTable`` -> the value of ``SEND_TASK_TABLE``."""
    return os.environ[re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).upper()]


@contextmanager
def running_engine(paths: RunPaths, *, enforce_policies: bool) -> Iterator[Engine]:
    """An engine on a free port for the length of a block; its logs stay, its state goes."""
    port = free_port()
    program = engine_program(port, paths, enforce_policies=enforce_policies)
    process = start(program, paths.logs)
    try:
        wait_ready(program, process, paths.logs)
        yield Engine(f"http://{LOOPBACK}:{port}")
    finally:
        stop(record(program, process, paths.logs))
        shutil.rmtree(paths.state, ignore_errors=True)


@pytest.fixture(scope="session")
def trial() -> Iterator[TrialStack]:
    """A small stack with one function on an engine of its own, policies enforced: what the glue is tried on."""
    paths = paths_of("trial")
    built = build(TRIAL_TEMPLATE)
    with running_engine(paths, enforce_policies=True) as engine, running_issuer() as issuer:
        parameters = {"Architecture": local_architecture(), "JwtIssuer": issuer.url, "JwtAudience": JWT_AUDIENCE}
        yield TrialStack(engine, deploy(engine, built, parameters), paths, issuer)


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """The whole product on an engine of its own, with the simulator, the demo bank and the identity issuer.

    One per test process, shared by its tests: a test leaves the members it works on to itself. At the end its logs
    are searched for the very secrets that this stack used.
    """
    paths = paths_of("stack")
    with running_stack(paths.name, world=demo_world()) as running:
        yield running
        secrets = running.known_secrets()  # while there is somebody to ask
    shutil.rmtree(paths.state, ignore_errors=True)
    leaked = scan_logs(paths.logs, secrets)
    assert not leaked, f"personal data or secrets in the stack's logs: {leaked}"
