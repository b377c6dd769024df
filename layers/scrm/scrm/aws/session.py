"""One botocore session per function, and one client per service for all adapters.

The first client is the dear one (session, loader, endpoint rules), so nothing else may create a session or a client.
botocore, not boto3, and botocore reading and registering only what the services that we call need (``data/`` is
written by ``local/setup/botocore_data.py``): together they are worth a quarter of the callback's cold start. Nor are
its writers of documentation loaded, nor the parts of urllib3 that look for HTTP/2: another 3 % of everybody's start.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from scrm.aws.lean_packages import lean


class _NoText(str):
    """The text of a method that nobody reads in a function."""

    __slots__ = ()

    def __new__(cls, *_: Any, **__: Any) -> "_NoText":
        return super().__new__(cls)


_UNREAD: Mapping[str, Mapping[str, Any]] = {
    "botocore.docs": {},
    "botocore.docs.docstring": dict.fromkeys(
        ("ClientMethodDocstring", "PaginatorDocstring", "WaiterDocstring"), _NoText
    ),
    "urllib3.http2": {},
}

with lean(_UNREAD):
    from botocore.config import Config
    from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
    from botocore.loaders import Loader
    from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# Validation is off because it doubles the CPU of a large request (T5.3) and the service validates again. The timeouts
# leave room for a second attempt inside the five seconds after which WeCom drops a callback.
CONFIG = Config(
    parameter_validation=False,
    connect_timeout=1.0,
    read_timeout=3.0,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)
_SERVICE_IDS = frozenset({"athena", "dynamodb", "eventbridge", "kms", "s3", "secrets-manager", "sqs"})
_DATA = Path(__file__).parent / "data"


@functools.cache
def session() -> Session:
    """The session that knows the services of ``data/`` and nothing else."""
    made = Session(include_builtin_handlers=False)
    made.register_component("data_loader", Loader([str(_DATA)], include_default_search_paths=False))
    events = made.get_component("event_emitter")
    places = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for event, handler, *place in BUILTIN_HANDLERS:
        if _concerns_us(event):
            register = places[place[0]] if place else events.register
            register(event, handler)
    return made


def _concerns_us(event: str) -> bool:
    """Whether a handler of botocore's acts on every service or on one of ours; 110 of 127 do not, or only document."""
    stage, _, target = event.partition(".")
    return stage != "docs" and (not target or target.partition(".")[0] in _SERVICE_IDS)


@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["sqs"]) -> "SQSClient": ...
@overload
def client(service: Literal["s3"]) -> "S3Client": ...
@overload
def client(service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
@overload
def client(service: Literal["events"]) -> "EventBridgeClient": ...
@overload
def client(service: Literal["kms"]) -> "KMSClient": ...
@overload
def client(service: Literal["athena"]) -> "AthenaClient": ...
def client(service: str) -> Any:
    """The low-level client of ``service``; always the same one."""
    return _client(service)


@functools.cache
def _client(service: str) -> Any:
    return session().create_client(service, config=CONFIG)


def reset() -> None:
    """Forget session and clients; for tests that change region, credentials or endpoint."""
    _client.cache_clear()
    session.cache_clear()
