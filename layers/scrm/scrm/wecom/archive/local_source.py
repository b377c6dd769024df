"""The local run's source: the simulator's archive over HTTP, as WeCom's library would show it.

Its cipher is the simulator's own, described in docs/simulator.md and written here a second time. Codes, the token that
is kept though WeCom refuses it, errors that come as replies: all as with the library, so that nothing behind the port
can tell the two apart.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scrm.archive.errors import FailureKind, SourceFailure, UndecryptableMessage, failure
from scrm.archive.ports import MediaChunk
from scrm.wecom.archive.replies import tells_stale_token
from scrm.wecom.http_stack import requests
from scrm.wecom.transport import AppCredentials

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_TIMEOUT: Final = (3.0, 10.0)
_SERVER_ERROR: Final = 500
_BAD_ARGUMENT, _NETWORK, _MEDIA_REPLY, _BAD_FILE_ID, _NOT_OPENED, _TOO_OLD = 10000, 10001, 10003, 10005, 10008, 10010
_UNKNOWN_MEDIA: Final = 40007
_MOST_ROWS: Final = 1_000
_LEAST_TEXT: Final = 13
_NONCE: Final = 12
_LABEL: Final = b"scrm-simulator-archive-1"
_CHUNK: Final = 512 * 1024
_INDEX: Final = re.compile(r"Range:bytes=([0-9]{1,12})-([0-9]{1,12})")
_PART: Final = re.compile(r"bytes ([0-9]+)-(-?[0-9]+)/([0-9]+)")


class SourceRefusedError(Exception):
    """The local source is configured although the stack talks to the real WeCom."""


class LocalSource:
    """Implements `scrm.archive.ports.ChatSource`; ``credentials`` are those of the archive app."""

    def __init__(self, base_url: str, credentials: Callable[[], AppCredentials]) -> None:
        if urlsplit(base_url).hostname not in _LOOPBACK:
            raise SourceRefusedError(
                "ARCHIVE_SOURCE=local is for the local run: WECOM_BASE_URL must be a loopback address"
            )
        self._root = f"{base_url.rstrip('/')}/cgi-bin/"
        self._credentials = credentials
        self._session = requests.Session()
        self._session.trust_env = False
        self._token: str | None = None

    def get_chat_data(self, seq: int, limit: int) -> bytes:
        if not 1 <= limit <= _MOST_ROWS:
            raise failure(_BAD_ARGUMENT)
        body: bytes = self._post("message/getchatdata", {"seq": seq, "limit": limit, "version": 3}).content
        self._forget_stale_token(body)
        return body

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        if len(encrypted) < _LEAST_TEXT:
            raise UndecryptableMessage(_NOT_OPENED)
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            cipher = AESGCM(hashlib.sha256(random_key).digest())
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _LABEL)
        except (binascii.Error, ValueError, InvalidTag):
            raise UndecryptableMessage(_NOT_OPENED) from None

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        asked = _INDEX.fullmatch(index or f"Range:bytes=0-{_CHUNK - 1}")
        if not sdk_file_id or asked is None:
            raise failure(_BAD_ARGUMENT)
        file_id, auth_key = _named(sdk_file_id)
        body = {"fileid": file_id, "authkey": auth_key, "version": 3}
        reply = self._post("message/getchatmediadata", body, {"Range": f"bytes={asked[1]}-{asked[2]}"})
        part = _PART.fullmatch(reply.headers.get("Content-Range", ""))
        if part is None:
            raise self._media_failure(reply.content)
        following, size = int(part[2]) + 1, int(part[3])
        finished = following >= size
        return MediaChunk(
            reply.content, "" if finished else f"Range:bytes={following}-{following + _CHUNK - 1}", finished
        )

    def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        if self._token is None:
            self._token = self._fetch_token()
        return self._send("POST", path, {"access_token": self._token}, json.dumps(body), headers)

    def _fetch_token(self) -> str:
        """A refused secret shows as a network error, as the library has it."""
        known = self._credentials()
        reply = self._send("GET", "gettoken", {"corpid": known.corp_id, "corpsecret": known.secret})
        try:
            token = reply.json().get("access_token")
        except (ValueError, AttributeError):
            token = None
        if not isinstance(token, str) or not token:
            raise failure(_NETWORK)
        return token

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        url = self._root + path
        try:
            reply = self._session.request(
                method, url, params=query, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            )
        except requests.RequestException:  # its text holds the URL, and so the token
            raise failure(_NETWORK) from None
        if reply.status_code >= _SERVER_ERROR:
            raise failure(_NETWORK)
        return reply

    def _forget_stale_token(self, reply: bytes) -> bool:
        stale = tells_stale_token(reply)
        if stale:
            self._token = None
        return stale

    def _media_failure(self, reply: bytes) -> SourceFailure:
        try:
            errcode = json.loads(reply)["errcode"]
        except (ValueError, KeyError, TypeError):
            return failure(_MEDIA_REPLY)
        if self._forget_stale_token(reply):
            return SourceFailure(errcode, FailureKind.STALE_TOKEN)
        return failure({_UNKNOWN_MEDIA: _BAD_FILE_ID, _TOO_OLD: _TOO_OLD}.get(errcode, errcode))


def _named(sdk_file_id: str) -> tuple[str, str]:
    """File id and authorisation key: the first two strings of a protobuf message in base64."""
    try:
        encoded = base64.b64decode(sdk_file_id, validate=True)
        end = 2 + encoded[1]
        return encoded[2:end].decode(), encoded[end + 2 : end + 2 + encoded[end + 1]].decode()
    except (binascii.Error, IndexError, ValueError):
        raise failure(_BAD_FILE_ID) from None
