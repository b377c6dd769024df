"""Signing and encrypting callbacks as WeCom does (section 2.4); the simulator's own, apart from the product's."""

import base64
import hashlib
import os
import secrets
import struct
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # PKCS#7 here pads to 32 bytes, not to the cipher's 16
_RANDOM = 16
_KEY_TEXT_LENGTH = 43


class EncodingAesKeyError(ValueError):
    """Not 43 characters of the base64 alphabet."""


@dataclass(frozen=True, slots=True)
class SealedRequest:
    """One callback on the wire: the query string (no ``?``) and the body."""

    query: str
    body: bytes


def aes_key(encoding_aes_key: str) -> bytes:
    """The 32-byte key.

    Raises:
        EncodingAesKeyError: wrong length or alphabet.
    """
    if len(encoding_aes_key) != _KEY_TEXT_LENGTH or not encoding_aes_key.isalnum() or not encoding_aes_key.isascii():
        raise EncodingAesKeyError("an EncodingAESKey has 43 letters and digits")
    return base64.b64decode(encoding_aes_key + "=")


def encrypt(encoding_aes_key: str, message: bytes, receive_id: str, random16: bytes | None = None) -> str:
    """Base64 of AES-256-CBC over random16, length, message and receive id."""
    key = aes_key(encoding_aes_key)
    plain = (random16 or os.urandom(_RANDOM)) + struct.pack(">I", len(message)) + message + receive_id.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    plain += bytes([padding]) * padding
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_RANDOM])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def decrypt(encoding_aes_key: str, encrypted: str) -> tuple[bytes, str]:
    """Message and receive id; for the URL check and for tests."""
    key = aes_key(encoding_aes_key)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_RANDOM])).decryptor()
    plain = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
    plain = plain[: -plain[-1]]
    (length,) = struct.unpack(">I", plain[_RANDOM : _RANDOM + 4])
    start = _RANDOM + 4
    return plain[start : start + length], plain[start + length :].decode()


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    joined = "".join(sorted((token, timestamp, nonce, encrypted)))
    return hashlib.sha1(joined.encode()).hexdigest()  # noqa: S324 - the vendor's algorithm


def seal(
    token: str, encoding_aes_key: str, message: bytes, *, receive_id: str, agent_id: int, now: float
) -> SealedRequest:
    """An event POST: fresh nonce and random bytes, signed at ``now`` (epoch seconds)."""
    encrypted = encrypt(encoding_aes_key, message, receive_id)
    timestamp, nonce = str(int(now)), str(secrets.randbelow(10**10))
    body = (
        f"<xml><ToUserName><![CDATA[{receive_id}]]></ToUserName><AgentID><![CDATA[{agent_id}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    )
    query = {"msg_signature": signature(token, timestamp, nonce, encrypted), "timestamp": timestamp, "nonce": nonce}
    return SealedRequest(urlencode(query), body.encode())


def seal_echo(token: str, encoding_aes_key: str, echo: bytes, *, receive_id: str, now: float) -> str:
    """The query string of a URL check."""
    encrypted = encrypt(encoding_aes_key, echo, receive_id)
    timestamp, nonce = str(int(now)), str(secrets.randbelow(10**10))
    query = {
        "msg_signature": signature(token, timestamp, nonce, encrypted),
        "timestamp": timestamp,
        "nonce": nonce,
        "echostr": encrypted,
    }
    return urlencode(query)
