"""WeCom's callback cryptography: SHA-1 signature and AES-256-CBC sealing (docs/wecom.md 2.4).

A sealed message is ``16 random bytes | uint32 big-endian length | message | receive id``, padded to 32 bytes and
encoded as base64. CBC carries no integrity: callers check the signature before they open anything, and every length is
checked against the buffer, so that a wrong key is a clean error.
"""

import binascii
import hashlib
import hmac
import os
import re
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_KEY = re.compile(r"[A-Za-z0-9]{43}")
_RANDOM_BYTES = 16
_HEADER_BYTES = 20
_PAD_BLOCK = 32
_AES_BLOCK = 16
_LENGTH = struct.Struct(">I")
_PADDINGS = tuple(bytes([size]) * size for size in range(_PAD_BLOCK + 1))


class InvalidKeyError(ValueError):
    """The EncodingAESKey is not 43 letters and digits."""


class UnsealingError(Exception):
    """The text does not open with this key to a message for this receiver; `reason` is one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def signature(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    """The ``msg_signature`` of a callback: hex SHA-1 over the four sorted and joined texts."""
    joined = "".join(sorted((token, timestamp, nonce, sealed)))
    return hashlib.sha1(joined.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def is_signed(claimed: str, token: str, timestamp: str, nonce: str, sealed: str) -> bool:
    """Whether ``claimed`` is the signature, compared in constant time."""
    return claimed.isascii() and hmac.compare_digest(signature(token, timestamp, nonce, sealed), claimed)


class MessageSeal:
    """Opens and seals messages under one EncodingAESKey for one receiver (the corp id)."""

    __slots__ = ("_cipher", "_receive_id")

    def __init__(self, encoding_aes_key: str, receive_id: str) -> None:
        if not _KEY.fullmatch(encoding_aes_key):
            raise InvalidKeyError("an EncodingAESKey is 43 letters and digits")
        # 43 characters hold 258 bits: the last two need not be zero in keys that WeCom hands out, so no strict mode.
        key = binascii.a2b_base64(encoding_aes_key + "=")
        self._cipher = Cipher(AES(key), CBC(key[:_AES_BLOCK]))
        self._receive_id = receive_id.encode()

    def open(self, sealed: str) -> bytes:
        """The message inside ``sealed``; raises UnsealingError (encoding, padding, length, receiver)."""
        try:
            encrypted = binascii.a2b_base64(sealed, strict_mode=True)
        except ValueError:
            raise UnsealingError("encoding") from None
        if not encrypted or len(encrypted) % _AES_BLOCK:
            raise UnsealingError("encoding")
        decryptor = self._cipher.decryptor()
        return self._unwrap(_unpad(decryptor.update(encrypted) + decryptor.finalize()))

    def seal(self, message: bytes, random: bytes | None = None) -> str:
        """The inverse of `open`; ``random`` (16 bytes) is drawn unless given."""
        prefix = os.urandom(_RANDOM_BYTES) if random is None else random
        if len(prefix) != _RANDOM_BYTES:
            raise ValueError(f"the random prefix is {_RANDOM_BYTES} bytes")
        plain = prefix + _LENGTH.pack(len(message)) + message + self._receive_id
        encryptor = self._cipher.encryptor()
        encrypted = encryptor.update(plain + _PADDINGS[_PAD_BLOCK - len(plain) % _PAD_BLOCK]) + encryptor.finalize()
        return binascii.b2a_base64(encrypted, newline=False).decode()

    def _unwrap(self, plain: bytes) -> bytes:
        if len(plain) < _HEADER_BYTES:
            raise UnsealingError("length")
        end = _HEADER_BYTES + _LENGTH.unpack_from(plain, _RANDOM_BYTES)[0]
        if end > len(plain):
            raise UnsealingError("length")
        if not hmac.compare_digest(plain[end:], self._receive_id):
            raise UnsealingError("receiver")
        return plain[_HEADER_BYTES:end]


def _unpad(padded: bytes) -> bytes:
    """PKCS#7 to a block of 32: values 1..32, all of them checked. Base64 has made sure that there is a block."""
    size = padded[-1]
    if not 1 <= size <= _PAD_BLOCK or not padded.endswith(_PADDINGS[size]):
        raise UnsealingError("padding")
    return padded[:-size]
