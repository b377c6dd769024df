"""The seal of customers' links, with keys out of a secret.

The secret is ``{"current": "k2", "k2": "...", "k1": "..."}``: new links are sealed with the key that ``current`` names,
and what any of the keys sealed is opened. AES-SIV authenticates and hides in one step and needs no random number, which
may never repeat; the name of the key, the corp and what the links are for are bound to it as well.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from scrm.consent.links import LONGEST_TOKEN, LinkRejectedError

_KEY_NAME = re.compile(r"k[0-9]{1,4}")
_SHORTEST_KEY = 32
_MAX_AGE = timedelta(hours=1)
_REFRESH_PAUSE = timedelta(minutes=1)


class LinkKeysError(ValueError):
    """The secret lacks a key that ``current`` names, or has one that is too short; its values are not repeated."""


class KeyedSeal:
    """Implements `scrm.consent.links.LinkSeal`.

    Keys are read when first needed, once an hour, and when a token names a key that is not known at most once a minute.
    When a later reading fails with one of ``retain_on``, ``report`` is told and the known keys stay in use for a minute
    more; the first reading must succeed. Raises LinkKeysError where the secret is wrong.
    """

    def __init__(
        self,
        corp_id: str,
        purpose: str,
        read: Callable[[], Mapping[str, Any]],
        now: Callable[[], datetime],
        retain_on: tuple[type[Exception], ...] = (),
        report: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._bound = (purpose.encode(), corp_id.encode())
        self._read = read
        self._now = now
        self._retain_on = retain_on
        self._report = report
        self._current = ""
        self._ciphers: dict[str, AESSIV] = {}
        self._read_at = self._due_at = datetime.min.replace(tzinfo=UTC)

    def sealed(self, plain: bytes) -> str:
        self._refresh_if_due()
        name = self._current
        return f"{name}-{_text(self._ciphers[name].encrypt(plain, self._context(name)))}"

    def opened(self, token: str) -> bytes:
        name, _, text = token[:LONGEST_TOKEN].partition("-")
        cipher = self._cipher(name) if _KEY_NAME.fullmatch(name) else None
        if cipher is None or len(token) > LONGEST_TOKEN:
            raise LinkRejectedError
        try:
            return cipher.decrypt(_bytes(text), self._context(name))
        except (InvalidTag, ValueError):
            raise LinkRejectedError from None

    def _context(self, name: str) -> list[bytes]:
        return [*self._bound, name.encode()]

    def _cipher(self, name: str) -> AESSIV | None:
        self._refresh_if_due()
        if name not in self._ciphers and self._now() - self._read_at >= _REFRESH_PAUSE:
            self._reload()
        return self._ciphers.get(name)

    def _refresh_if_due(self) -> None:
        if not self._ciphers:
            self._load()
        elif self._now() >= self._due_at:
            self._reload()

    def _reload(self) -> None:
        try:
            self._load()
        except self._retain_on as error:
            self._report(error)
            self._due_at = self._now() + _REFRESH_PAUSE

    def _load(self) -> None:
        self._read_at = self._now()
        self._due_at = self._read_at + _MAX_AGE
        secret = self._read()
        ciphers = {name: _cipher_of(key) for name, key in secret.items() if _KEY_NAME.fullmatch(name)}
        if secret.get("current") not in ciphers:
            raise LinkKeysError("current names no key")
        self._current, self._ciphers = secret["current"], ciphers


def _cipher_of(key: str) -> AESSIV:
    if len(key) < _SHORTEST_KEY:
        raise LinkKeysError("a key is too short")
    return AESSIV(hmac.digest(key.encode(), b"scrm links", "sha512"))


def _text(sealed: bytes) -> str:
    """Base32 in lower case: no sign that a messenger takes for the end of a link, or a mail server changes."""
    return base64.b32encode(sealed).decode().rstrip("=").lower()


def _bytes(text: str) -> bytes:
    """Raises ValueError. One text for each token only: bits that nobody reads must be zero."""
    try:
        found = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except binascii.Error as error:
        raise ValueError from error
    if _text(found) != text:
        raise ValueError
    return found
