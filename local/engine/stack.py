"""The whole local run: engine, simulator, identity issuer, the deployed template and its companion; up, down, status.

``up`` starts and deploys, ``down`` stops what ``up`` started, `running_stack` does both around a block. Stacks of
different names run side by side on ports of their own.
"""

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from local.engine.build import TEMPLATE, build, local_architecture
from local.engine.credentials import APP, ARCHIVE_APP, WecomCredentials
from local.engine.deploy import DeployedStack, deploy
from local.engine.emulator import CREDENTIALS, Engine, engine_program
from local.engine.http_api import stable_api_id
from local.engine.paths import DEFAULT_STACK, LOCAL, RunPaths
from local.engine.processes import (
    LOOPBACK,
    ProcessRecord,
    Program,
    clean_environment,
    free_port,
    is_running,
    read_records,
    record,
    start,
    stop_all,
    wait_ready,
    write_records,
)
from local.engine.queues import wait_until_idle
from local.engine.region import REGION
from local.engine.schedules import HEALTH_PATH, Schedules

JWT_AUDIENCE = "scrm"
_PREFERRED_ENGINE_PORT = 4566
_WARM_WITHIN_S = 30
_WORKERS_HERE = "5"  # processes of one function on one machine
_DEAD_LETTER = "DeadLetterQueue"
_BUS_DELIVERS_WITHIN_S = 0.3
_NOBODY = {"departments": [{"id": 1, "name": "总行"}]}


class Stage(StrEnum):
    """What `up` is doing, in words for a developer."""

    STARTING = "starting the AWS engine, the WeCom simulator and the identity issuer"
    BUILDING = "building the functions and layers"
    DEPLOYING = "deploying the template"


type Say = Callable[[Stage], None]


class StackRunningError(Exception):
    """A stack of this name runs already."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What ``endpoints.json`` holds: where everything of a running stack answers (docs/architecture.md)."""

    aws_endpoint_url: str
    region: str
    callback_url: Mapping[str, str]
    admin_api_url: str
    customer_page_url: str
    wecom_base_url: str
    wecom_control_url: str
    identity: Mapping[str, str]
    resources: Mapping[str, Mapping[str, str]]
    credentials: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack that runs: its endpoints, its engine, and what was deployed."""

    endpoints: Endpoints
    engine: Engine
    deployed: DeployedStack
    paths: RunPaths

    def world(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """``document`` as this stack's simulator can load it: with the secrets and the callback of this stack."""
        credentials = WecomCredentials(**self.endpoints.credentials["wecom"])
        return world_of_stack(document, credentials, self.endpoints.callback_url)

    def wait_until_idle(self, within_s: float = 60.0) -> bool:
        """Whether every work queue became empty, with nothing in flight or on its way from the bus.

        ``within_s`` is for hidden messages alone: what is being done is waited for. Raises `StillBusyError`.
        """
        queues = self.endpoints.resources["queues"].values()
        return wait_until_idle(self.engine, queues, within_s, quiet_s=_BUS_DELIVERS_WITHIN_S)

    def fire(self, schedule: str) -> None:
        """Fire a schedule now, by the name of its Input (``contact_sync.full_pass``), and wait for what follows.

        Raises:
            KeyError: no schedule has this Input.
            ScheduleFailedError: its target raised.
        """
        schedules = Schedules(self.engine, self.endpoints.resources["queues"].values())
        by_input = {json.loads(each.payload)["schedule"]: each.name for each in schedules.by_name.values()}
        schedules.fire(by_input[schedule])

    def known_secrets(self) -> list[str]:
        """What must never be found in a log of this stack."""
        wecom = WecomCredentials(**self.endpoints.credentials["wecom"])
        keys = self.engine.client("secretsmanager").get_secret_value(SecretId=self.deployed.physical_ids["LinkSecret"])
        links = [key for name, key in json.loads(keys["SecretString"]).items() if name != "current"]
        return [wecom.app_secret, wecom.archive_secret, wecom.token, wecom.encoding_aes_key, *links]

    def recorded_actions(self) -> set[tuple[str, str]]:
        """(logical id of the function, action) of everything that functions' roles asked of AWS so far.

        What the platform does in a role's name, reading a queue for a mapping and writing logs, is not among them:
        the engine does both without asking.
        """
        names = {name: logical_id for logical_id, name in self.deployed.of_type("AWS::Lambda::Function").items()}
        if not self.paths.actions.exists():
            return set()
        lines = self.paths.actions.read_text(encoding="utf-8").splitlines()
        asked = [json.loads(line) for line in lines]
        return {(names[each["principal"].rsplit("/", 1)[1]], each["action"]) for each in asked}

    def denied_actions(self) -> list[dict[str, Any]]:
        """Requests of functions that their roles do not allow: ``principal``, ``action``, ``resource``."""
        if not self.paths.actions.exists():
            return []
        lines = self.paths.actions.read_text(encoding="utf-8").splitlines()
        return [asked for asked in map(json.loads, lines) if not asked["allowed"]]


@dataclass(slots=True)
class _Launch:
    """A stack while it comes up: what was started so far, so that a failure stops it all."""

    paths: RunPaths
    records: list[ProcessRecord] = field(default_factory=list)
    waiting: list[tuple[Program, "subprocess.Popen[bytes]"]] = field(default_factory=list)

    def start(self, program: Program) -> None:
        process = start(program, self.paths.logs)
        self.records.append(record(program, process, self.paths.logs))
        write_records(self.paths.processes, self.records)
        self.waiting.append((program, process))

    def wait(self) -> None:
        for program, process in self.waiting:
            wait_ready(program, process, self.paths.logs)
        self.waiting.clear()

    def abandon(self) -> None:
        stop_all(self.records[::-1])
        self.paths.processes.unlink(missing_ok=True)


def up(
    name: str = DEFAULT_STACK,
    *,
    template: Path = TEMPLATE,
    world: Mapping[str, Any] | None = None,
    enforce_policies: bool = True,
    say: Say = lambda _: None,
) -> RunningStack:
    """Start everything, deploy, and write the endpoints file.

    ``world`` is a simulator world document; its corp id and apps are replaced by this stack's own. Without one the
    corp has a root department and nobody in it.

    Raises:
        StackRunningError: it runs already.
        ProcessStartError, BuildError, DeployError: and nothing is left running.
    """
    paths = RunPaths(name)
    known = status(name)
    if known and all(runs for _, runs in known) and paths.endpoints.exists():
        raise StackRunningError(f"stack {name} runs already; its endpoints are in {paths.endpoints}")
    down(name)  # what an interrupted start or a half-dead stack left
    for directory in (paths.state, paths.logs):
        shutil.rmtree(directory, ignore_errors=True)
    launch = _Launch(paths)
    try:
        return _bring_up(launch, template, world, enforce_policies=enforce_policies, say=say)
    except BaseException:
        launch.abandon()
        raise


def down(name: str = DEFAULT_STACK) -> list[str]:
    """Stop the processes of a stack, last started first; the names of those that ran. Its logs stay."""
    paths = RunPaths(name)
    stopped = [known.name for known in stop_all(read_records(paths.processes)[::-1])]
    paths.endpoints.unlink(missing_ok=True)
    paths.processes.unlink(missing_ok=True)
    shutil.rmtree(paths.state / "tmp", ignore_errors=True)
    return stopped


def down_all() -> list[str]:
    """Stop every stack of this checkout; the names of those that ran."""
    runs = LOCAL / "run"
    names = [str(path.parent.relative_to(runs)) for path in sorted(runs.rglob("processes.json"))]
    return [name for name in names if down(name)]


def status(name: str = DEFAULT_STACK) -> list[tuple[ProcessRecord, bool]]:
    """The processes of a stack and whether each still runs."""
    return [(known, is_running(known)) for known in read_records(RunPaths(name).processes)]


@contextmanager
def running_stack(name: str | None = None, **options: Any) -> Iterator[RunningStack]:
    """A stack for the length of a block, under a name of its own unless one is given; options as of `up`."""
    chosen = name or f"stack-{uuid.uuid4().hex[:8]}"
    stack = up(chosen, **options)
    try:
        yield stack
    finally:
        down(chosen)
    if name is None:  # nobody could find them again; after a failure they stay
        for directory in (stack.paths.state, stack.paths.logs):
            shutil.rmtree(directory, ignore_errors=True)


def _bring_up(
    launch: _Launch, template: Path, world: Mapping[str, Any] | None, *, enforce_policies: bool, say: Say
) -> RunningStack:
    paths = launch.paths
    credentials = WecomCredentials.draw()
    engine_port = free_port(_PREFERRED_ENGINE_PORT if paths.name == DEFAULT_STACK else 0)
    engine = Engine(f"http://{LOOPBACK}:{engine_port}")
    api_url, page_url = _api_url(engine, "HttpApi"), _api_url(engine, "CustomerApi")
    callback_url = {app: f"{api_url}/wecom/callback/{app}" for app in (APP, ARCHIVE_APP)}
    wecom_port, control_port, identity_port = free_port(), free_port(), free_port()
    issuer = f"http://{LOOPBACK}:{identity_port}"
    control_url = f"http://{LOOPBACK}:{control_port}"

    say(Stage.STARTING)
    launch.start(engine_program(engine_port, paths, enforce_policies=enforce_policies))
    launch.start(
        _simulator(paths, wecom_port, control_port, world_of_stack(world or _NOBODY, credentials, callback_url))
    )
    launch.start(_identity(identity_port))
    say(Stage.BUILDING)
    built = build(template)
    launch.wait()
    say(Stage.DEPLOYING)
    parameters = {
        "Stage": "local",
        "CorpId": credentials.corp_id,
        "WecomBaseUrl": f"http://{LOOPBACK}:{wecom_port}",
        "ClockUrl": f"{control_url}/control/v1/clock",
        "JwtIssuer": issuer,
        "JwtAudience": JWT_AUDIENCE,
        "CustomerPageUrl": page_url,
        "Architecture": local_architecture(),
        "CampaignConcurrency": _WORKERS_HERE,
        "CampaignLookConcurrency": _WORKERS_HERE,
        "ArchiveSource": "local",
        "ArchiveLockMode": "GOVERNANCE",
        "ArchiveLockDays": "1",
        "ArchivePullSchedule": "rate(6 hours)",  # each pull writes its lease, and with that wakes every schedule
        "PersonalMessagesSchedule": "cron(0 5,11,17,23 * * ? *)",  # each look takes a permit, which is a write too
        "KpiRollupSchedule": "rate(24 hours)",
        "KpiFiguresSchedule": "cron(10 2 1,2,8,15,22 * ? *)",
        "StatisticsHistoryDays": "0",
        "KpiCollectSchedule": "cron(30 22 ? * WED *)",  # the clock jumps by days, and each run would cost some seconds
    }
    deployed = deploy(engine, built, parameters)
    credentials.put_into(engine, deployed)
    endpoints = Endpoints(
        aws_endpoint_url=engine.endpoint_url,
        region=REGION,
        callback_url=callback_url,
        admin_api_url=api_url,
        customer_page_url=page_url,
        wecom_base_url=parameters["WecomBaseUrl"],
        wecom_control_url=control_url,
        identity={"issuer": issuer, "token_url": f"{issuer}/token", "audience": JWT_AUDIENCE},
        resources=_resources(deployed),
        credentials={**CREDENTIALS, "wecom": asdict(credentials)},
    )
    paths.endpoints.write_text(json.dumps(asdict(endpoints), indent=1, ensure_ascii=False), encoding="utf-8")
    launch.start(_companion(paths))
    _warm(callback_url[APP])
    launch.wait()
    return RunningStack(endpoints, engine, deployed, paths)


def _api_url(engine: Engine, logical_id: str) -> str:
    return f"{engine.endpoint_url}/_aws/execute-api/{stable_api_id(logical_id)}/$default"


def _warm(callback_url: str) -> None:
    """Start the callback function, which WeCom and the simulator give one second: a busy laptop needs that to start."""
    with suppress(urllib.error.HTTPError), urllib.request.urlopen(callback_url, timeout=_WARM_WITHIN_S):  # noqa: S310
        pass


def world_of_stack(
    world: Mapping[str, Any], credentials: WecomCredentials, callback_urls: Mapping[str, str]
) -> dict[str, Any]:
    """A simulator world with this stack's corp id, and its apps in the place of the world's own of those names."""
    theirs: dict[str, dict[str, Any]] = {app["app"]: app for app in world.get("apps", [])}
    ours = {app["app"]: app for app in credentials.simulator_apps(callback_urls)}
    others = [app for name, app in theirs.items() if name not in ours]
    merged = [{**theirs.get(name, {}), **app} for name, app in ours.items()]
    return {**world, "corp_id": credentials.corp_id, "apps": [*others, *merged]}


def _simulator(paths: RunPaths, port: int, control_port: int, world: Mapping[str, Any]) -> Program:
    document = paths.state / "world.json"
    document.write_text(json.dumps(world, ensure_ascii=False), encoding="utf-8")
    ports = ("--port", str(port), "--control-port", str(control_port))
    ready = f"http://{LOOPBACK}:{control_port}/control/v1/health"
    return _own_program("simulator", "local.simulator", (*ports, "--world", str(document)), ready)


def _identity(port: int) -> Program:
    ready = f"http://{LOOPBACK}:{port}/.well-known/openid-configuration"
    return _own_program("identity", "local.identity", ("--port", str(port)), ready)


def _companion(paths: RunPaths) -> Program:
    port = free_port()
    files = ("--endpoints", str(paths.endpoints), "--function-logs", str(paths.function_logs))
    ready = f"http://{LOOPBACK}:{port}{HEALTH_PATH}"
    return _own_program("companion", "local.engine.companion", ("--port", str(port), *files), ready)


def _own_program(name: str, module: str, arguments: tuple[str, ...], ready_url: str) -> Program:
    return Program(name, (sys.executable, "-m", module, *arguments), ready_url, clean_environment())


def _resources(deployed: DeployedStack) -> dict[str, dict[str, str]]:
    """Physical ids by kind and logical id; queues by URL."""
    queues = deployed.of_type("AWS::SQS::Queue")
    return {
        "tables": deployed.of_type("AWS::DynamoDB::Table"),
        "queues": {name: url for name, url in queues.items() if not name.endswith(_DEAD_LETTER)},
        "dead_letter_queues": {name: url for name, url in queues.items() if name.endswith(_DEAD_LETTER)},
        "buses": deployed.of_type("AWS::Events::EventBus"),
        "buckets": deployed.of_type("AWS::S3::Bucket"),
        "functions": deployed.of_type("AWS::Lambda::Function"),
        "secrets": deployed.of_type("AWS::SecretsManager::Secret"),
    }
