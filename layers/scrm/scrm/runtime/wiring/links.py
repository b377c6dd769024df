"""Customers' links joined to their keys; needs ``CORP_ID`` and ``LINK_SECRET_ID``."""

import functools

from botocore.exceptions import BotoCoreError, ClientError

from scrm import clock
from scrm.aws import session
from scrm.aws.callback_inbox import JsonSecret
from scrm.aws.link_seal import KeyedSeal
from scrm.consent.links import LinkTokens, OptOutLinks
from scrm.runtime.environment import required
from scrm.runtime.observability import count, logger

PURPOSE = "opt_out.v1"
# AWS is down, or somebody stored a secret that is no JSON or lacks its current key.
_RETAIN_KEYS_ON = (BotoCoreError, ClientError, ValueError)


@functools.cache
def tokens() -> LinkTokens:
    secret = JsonSecret(session.client("secretsmanager"), required("LINK_SECRET_ID"))
    seal = KeyedSeal(required("CORP_ID"), PURPOSE, secret.read, clock.now, _RETAIN_KEYS_ON, _report_retained)
    return LinkTokens(seal, clock.now)


@functools.cache
def opt_out_links() -> OptOutLinks:
    """Needs ``CUSTOMER_PAGE_URL`` as well."""
    return OptOutLinks(required("CUSTOMER_PAGE_URL").rstrip("/"), tokens())


def reset() -> None:
    """Forget every built object; for tests."""
    tokens.cache_clear()
    opt_out_links.cache_clear()


def _report_retained(error: Exception) -> None:
    logger.error("link keys could not be read again, the known ones stay", error=type(error).__name__)
    count("LinkKeysRetained")
