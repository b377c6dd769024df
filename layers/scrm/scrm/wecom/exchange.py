"""One HTTP request to WeCom and its answer, as a value: nothing here raises for what WeCom or the network does.

The token and the secret travel in the query, so no URL may get out: exceptions of the HTTP stack, which quote it, are
turned into values and dropped, redirects are not followed, and urllib3's debug log is off.
"""

import json
import logging
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from scrm.wecom.api.call import Call, Json
from scrm.wecom.errors import hint_of
from scrm.wecom.http_stack import HTTPAdapter, requests

DEFAULT_TIMEOUT: Final = (3.0, 10.0)
_UPLOAD_TIMEOUT: Final = (3.0, 60.0)  # 20 MB at 3 Mbit/s
_SERVER_ERROR: Final = 500


class Failure(StrEnum):
    """Why there is no business answer."""

    NOT_SENT = "not_sent"  # no connection: WeCom has seen nothing
    NO_ANSWER = "no_answer"  # sent, then silence or a broken connection
    UNREADABLE = "unreadable"  # 5xx, HTML, broken JSON


class Reply(NamedTuple):
    """``errcode`` is None exactly when there is a ``failure``. The body may hold a token and is never shown."""

    errcode: int | None = None
    hint: str = ""
    body: Json = {}  # noqa: RUF012 - never changed
    failure: Failure | None = None

    def __repr__(self) -> str:
        return f"Reply(errcode={self.errcode}, hint={self.hint!r}, failure={self.failure})"


class HttpExchange:
    """Keeps connections alive. ``base_url`` is without ``/cgi-bin``; ``timeout`` is to connect and to read, seconds."""

    def __init__(self, base_url: str, timeout: tuple[float, float] = DEFAULT_TIMEOUT) -> None:
        self._timeout = timeout
        self._root = f"{base_url.rstrip('/')}/cgi-bin/"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, netrc or certificate from the environment
        self._session.headers["User-Agent"] = "scrm"
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=8, max_retries=0)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # its debug line is the URL

    def send(self, call: Call, secret_query: Mapping[str, str], timeout: tuple[float, float] | None = None) -> Reply:
        """Send once. ``secret_query`` is the token, or for gettoken the corp's secret; ``timeout`` if it differs."""
        content, content_type = _content(call)
        try:
            response = self._session.request(
                "GET" if content is None else "POST",
                self._root + call.path,
                params={**(call.query or {}), **secret_query},
                data=content,
                headers={"Content-Type": content_type} if content_type else {},
                timeout=timeout or (_UPLOAD_TIMEOUT if call.file else self._timeout),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Reply(failure=Failure.NOT_SENT if _never_sent(error) else Failure.NO_ANSWER)
        if response.status_code >= _SERVER_ERROR:
            return Reply(failure=Failure.UNREADABLE)
        return _read(response.content)


def _content(call: Call) -> tuple[bytes | None, str]:
    """What is posted and its type; nothing for a GET."""
    if call.file is not None:
        boundary = secrets.token_hex(16)
        return call.file.form(boundary), f"multipart/form-data; boundary={boundary}"
    if call.body is None:
        return None, ""
    return json.dumps(call.body, ensure_ascii=False).encode(), "application/json; charset=utf-8"


def _read(content: bytes) -> Reply:
    """A business answer is a JSON object with a whole ``errcode``; WeCom always sends it (docs/wecom.md 1.1)."""
    try:
        body: Any = json.loads(content)
    except ValueError:
        return Reply(failure=Failure.UNREADABLE)
    errcode = body.get("errcode") if isinstance(body, dict) else None
    if not isinstance(errcode, int):
        return Reply(failure=Failure.UNREADABLE)
    return Reply(errcode, hint_of(body.get("errmsg")), body)


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, NameResolutionError))
