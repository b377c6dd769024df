"""The private keys of the archive, by the version that WeCom gave their public halves."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from scrm import clock
from scrm.archive.errors import KeyMissing, UndecryptableMessage

_NOT_DECRYPTED: Final = 10006
_LEAST_BITS: Final = 2048
_PAUSE: Final = timedelta(minutes=1)
_PADDING: Final = PKCS1v15()


class SecretKeys:
    """Implements `scrm.archive.ports.PrivateKeys` on ``{"1": PEM, "2": PEM, ...}``, PKCS#1 or PKCS#8.

    The secret is read when a key is first needed, and again, at most once a minute, for a version that it did not hold:
    a key that was added meanwhile is found, and rows of a version that never comes do not hammer the store.
    """

    def __init__(self, read: Callable[[], Mapping[str, Any]], now: Callable[[], datetime] = clock.now) -> None:
        self._read = read
        self._now = now
        self._stated: Mapping[str, Any] = {}
        self._keys: dict[int, RSAPrivateKey] = {}
        self._read_at: datetime | None = None

    def decrypt(self, key_version: int, encrypted: bytes) -> bytes:
        key = self._keys.get(key_version) or self._load(key_version)
        try:
            return key.decrypt(encrypted, _PADDING)
        except ValueError:  # another length, or the rare try at which a wrong key shows
            raise UndecryptableMessage(_NOT_DECRYPTED) from None

    def _load(self, key_version: int) -> RSAPrivateKey:
        name = str(key_version)
        if name not in self._stated and (self._read_at is None or self._now() >= self._read_at + _PAUSE):
            self._stated, self._read_at = self._read(), self._now()
        key = _parse(self._stated.get(name))
        if key is None:
            raise KeyMissing(key_version)
        self._keys[key_version] = key
        return key


def _parse(pem: Any) -> RSAPrivateKey | None:
    """None for what is no RSA key of 2048 bits; the reason could quote the key, so it is not told."""
    if not isinstance(pem, str):
        return None
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_BITS else None
