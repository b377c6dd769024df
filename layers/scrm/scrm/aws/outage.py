"""Tell "DynamoDB cannot be reached now" from a fault of ours."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

_PASSING: Final = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
    }
)


def as_outage(error: ClientError | BotoCoreError) -> Exception:
    """A ConnectionError for what passes by itself after botocore's own retries; any other error as it is.

    Ports whose caller has to decide between going ahead and waiting (rate, breaker, token) promise OSError for it:
    the two sides of the port may not import each other.
    """
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        return ConnectionError(f"DynamoDB: {code}") if code in _PASSING else error
    if isinstance(error, (HTTPClientError, BotoConnectionError)):
        return ConnectionError(f"DynamoDB: {type(error).__name__}")
    return error


def condition_failed(error: ClientError) -> bool:
    """The write's condition did not hold: an answer, not a fault."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
