"""Where archived conversations come from (ARCHIVE_SOURCE), and the keys that open them."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from scrm.archive.ports import ChatSource, PrivateKeys
from scrm.aws import session
from scrm.aws.callback_inbox import JsonSecret
from scrm.runtime.environment import optional, required
from scrm.runtime.observability import count, logger
from scrm.wecom.archive.keys import SecretKeys

if TYPE_CHECKING:
    from scrm.wecom.transport import AppCredentials

ARCHIVE_APP = "archive"


class UnknownSourceError(Exception):
    """ARCHIVE_SOURCE is neither ``library`` nor ``local``."""


@functools.cache
def chat_source() -> ChatSource:
    """WeCom's library in a process of its own, or in the local run the simulator. One per function, for one thread."""
    stated, credentials = required("ARCHIVE_SOURCE"), _credentials_in(optional("WECOM_SECRET_ID"))
    if stated == "local":
        from scrm.wecom.archive.local_source import LocalSource  # noqa: PLC0415 - the local run alone needs it

        return LocalSource(required("WECOM_BASE_URL"), credentials)
    if stated == "library":
        from scrm.wecom.archive.library_source import LibrarySettings, LibrarySource  # noqa: PLC0415

        return LibrarySource(credentials, LibrarySettings(path=required("ARCHIVE_LIBRARY_PATH")), _library_ended)
    raise UnknownSourceError(stated)


@functools.cache
def private_keys() -> PrivateKeys:
    return SecretKeys(JsonSecret(session.client("secretsmanager"), required("ARCHIVE_KEYS_SECRET_ID")).read)


def _credentials_in(secret_id: str) -> "Callable[[], AppCredentials]":
    """Asked when a token is fetched, in the function that pulls; the one that only opens rows has no such secret."""
    if not secret_id:
        return _no_credentials
    from scrm.runtime.wiring.wecom import AppSecret  # noqa: PLC0415 - with it comes all that calls WeCom

    return AppSecret(JsonSecret(session.client("secretsmanager"), secret_id), ARCHIVE_APP).credentials


def _no_credentials() -> "AppCredentials":
    from scrm.wecom.transport import AppCredentials  # noqa: PLC0415 - as above

    return AppCredentials("none", "none")


def _library_ended(reason: str, output: str) -> None:
    """It crashed or hung; what it printed has its secrets cut out."""
    logger.error("WeCom's library ended", reason=reason, output=output)
    count("ArchiveLibraryEnded")


def reset() -> None:
    """Forget the source and the keys; for tests."""
    chat_source.cache_clear()
    private_keys.cache_clear()
