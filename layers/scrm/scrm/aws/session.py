"""One botocore session per function, and one client per service for all adapters.

The first client costs about 80 ms of CPU (session, loader, endpoint rules), each further one a tenth of it, so
nothing else may create a session or a client. botocore, not boto3: the callback's init budget has no room for it.
"""

import functools
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.config import Config
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
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


@functools.cache
def session() -> Session:
    return Session()


@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["sqs"]) -> "SQSClient": ...
@overload
def client(service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
@overload
def client(service: Literal["events"]) -> "EventBridgeClient": ...
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
