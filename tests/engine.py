"""Fixtures of the embedded AWS engine: bare (`engine`), with the product's tables (`tables`), whole (`stack`).

One engine per test process (per xdist worker), on a free port of loopback, killed at the end of the session.
"""

import os
import shutil
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.engine.emulator import Engine, engine_program
from local.engine.paths import ROOT, RunPaths
from local.engine.processes import LOOPBACK, free_port, record, start, stop, wait_ready
from local.engine.sam_template import load_template

TEMPLATE = ROOT / "infra" / "template.yaml"
_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


@dataclass(frozen=True, slots=True)
class EngineTables:
    """The tables of the template on a fresh engine: ``names`` by logical id, ``client`` a DynamoDB client of it."""

    engine: Engine
    names: Mapping[str, str]
    client: Any


@pytest.fixture(scope="session")
def run_paths(request: pytest.FixtureRequest) -> RunPaths:
    """Where this test process keeps logs and state: apart from other workers and from `make up`."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return fresh_paths(f"tests/{worker}/engine")


@pytest.fixture(scope="session")
def engine(run_paths: RunPaths) -> Iterator[Engine]:
    """A bare engine, policies not enforced; state is shared by the tests of the session: see `tables`."""
    port = free_port()
    program = engine_program(port, run_paths, enforce_policies=False)
    process = start(program, run_paths.logs)
    try:
        wait_ready(program, process, run_paths.logs)
        yield Engine(f"http://{LOOPBACK}:{port}")
    finally:
        stop(record(program, process, run_paths.logs))


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


def reset(engine: Engine) -> None:
    """Empty every service of the engine."""
    request = urllib.request.Request(f"{engine.endpoint_url}/_ministack/reset", method="POST")
    with urllib.request.urlopen(request, timeout=10) as reply:
        reply.read()


def declared_tables(template: Path) -> dict[str, dict[str, Any]]:
    """Logical id -> what `create_table` needs of each ``AWS::DynamoDB::Table`` of the template."""
    resources = load_template(template)["Resources"]
    return {
        logical_id: {name: resource["Properties"][name] for name in _TABLE_PROPERTIES if name in resource["Properties"]}
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


def table_name(logical_id: str) -> str:
    """``PlatformTable`` -> the value of ``PLATFORM_TABLE``."""
    return os.environ[f"{logical_id.removesuffix('Table').upper()}_TABLE"]


def fresh_paths(name: str) -> RunPaths:
    """Paths of a run that starts with no logs and no state of an earlier one."""
    paths = RunPaths(name)
    for directory in (paths.state, paths.logs):
        shutil.rmtree(directory, ignore_errors=True)
    return paths
