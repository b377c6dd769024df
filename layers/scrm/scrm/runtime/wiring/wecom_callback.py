"""Joins the callback gate and its intake to Secrets Manager, DynamoDB and SQS."""

import functools

from botocore.exceptions import BotoCoreError, ClientError

from scrm.aws import session
from scrm.aws.callback_inbox import DynamoCallbackMarkers, JsonSecret, SqsCallbackQueues
from scrm.runtime.observability import count, logger
from scrm.runtime.settings_callback import CallbackSettings
from scrm.wecom.callback import CallbackGate
from scrm.wecom.callback_keys import CachedCallbackKeys
from scrm.wecom.router import CallbackIntake

# AWS is down, or someone stored a secret that is no JSON, lacks a field or holds a bad key.
RETAIN_KEYS_ON = (BotoCoreError, ClientError, ValueError, LookupError)


def report_retained_keys(error: Exception) -> None:
    logger.error("callback keys could not be read again, the known ones stay", error=type(error).__name__)
    count("CallbackKeysRetained")


@functools.cache
def settings() -> CallbackSettings:
    return CallbackSettings.from_env()


@functools.cache
def callback_gate() -> CallbackGate:
    secret = JsonSecret(session.client("secretsmanager"), settings().secret_id)
    keys = CachedCallbackKeys(settings().corp_id, secret.read, RETAIN_KEYS_ON, report_retained_keys)
    return CallbackGate(settings().corp_id, keys, settings().window)


@functools.cache
def callback_intake() -> CallbackIntake:
    return CallbackIntake(
        settings().corp_id,
        DynamoCallbackMarkers(session.client("dynamodb"), settings().platform_table),
        SqsCallbackQueues(session.client("sqs"), settings().queue_urls),
    )


def reset() -> None:
    """Forget every built object; tests call this between fake AWS accounts."""
    for factory in (settings, callback_gate, callback_intake):
        factory.cache_clear()
