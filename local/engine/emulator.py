"""The embedded AWS engine as a program of ours: its settings, and its clients."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from local.engine.paths import RunPaths, environment_python
from local.engine.processes import LOOPBACK, Program, clean_environment
from local.engine.region import REGION

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
# A target of a schedule may take five minutes; one that is invoked again meanwhile, because nobody waits, runs twice.
_CONFIG = Config(read_timeout=600, retries={"total_max_attempts": 2})
_LAUNCHER = "local.engine.launcher"


@functools.cache
def _client(service: str, endpoint_url: str) -> Any:
    """Making one costs a tenth of a second; waiting for idle queues asks for one after every schedule."""
    client: Callable[..., Any] = boto3.session.Session(region_name=REGION).client
    return client(service, endpoint_url=endpoint_url, config=_CONFIG, **CREDENTIALS)


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine: where it answers, and how to talk to it as its root user."""

    endpoint_url: str

    def client(self, service: str) -> Any:
        """A boto3 client of ``service`` bound to this engine, whatever the environment says."""
        return _client(service, self.endpoint_url)

    @property
    def port(self) -> int:
        return int(self.endpoint_url.rsplit(":", 1)[1])


def engine_program(port: int, paths: RunPaths, *, enforce_policies: bool) -> Program:
    """The engine on ``port`` of loopback, with function logs and recorded actions under ``paths``."""
    temporary = paths.state / "tmp"
    for directory in (temporary, paths.function_logs):
        directory.mkdir(parents=True, exist_ok=True)
    settings = {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{port}",  # handed on to every function
        "AWS_EC2_METADATA_DISABLED": "true",
        "TMPDIR": str(temporary),
        "LOG_LEVEL": "WARNING",
        "LAMBDA_WARM_TTL_SECONDS": "3600",  # wall time, while the simulator's may leap
        "LOCAL_LAMBDA_PYTHON": str(environment_python("runtime")),
        "ENGINE_FUNCTION_LOGS": str(paths.function_logs),
        "AUTH": "true" if enforce_policies else "false",
    }
    if enforce_policies:
        settings["ENGINE_ACTIONS_FILE"] = str(paths.actions)
    return Program(
        "engine",
        [str(environment_python("engine")), "-m", _LAUNCHER],
        f"http://{LOOPBACK}:{port}/_ministack/health",
        clean_environment(**settings),
    )
