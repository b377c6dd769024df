"""The cipher of the simulated archive (docs/simulator.md): its own. Tencent publishes none, and this is not theirs.

What can be observed from outside is as with the real one: a random key under RSA-2048 PKCS#1 v1.5, a text that
looks like base64, and a wrong key that shows only when the message is opened.
"""

import base64
import functools
import hashlib
import os
import secrets

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key

KEY_BITS = 2048
_LABEL = b"scrm-simulator-archive-1"
_NONCE_BYTES = 12
_KEY_CHARS = 32


class PublicKeyError(ValueError):
    """Not an RSA public key of 2048 bits in PEM."""


@functools.lru_cache(maxsize=8)
def public_key(pem: str) -> RSAPublicKey:
    """Raises: PublicKeyError."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise PublicKeyError("not a public key in PEM") from error
    if not isinstance(key, RSAPublicKey) or key.key_size != KEY_BITS:
        raise PublicKeyError("not an RSA key of 2048 bits")
    return key


def random_key() -> str:
    return secrets.token_hex(_KEY_CHARS // 2)


def seal_key(key: RSAPublicKey, text: str) -> str:
    """``encrypt_random_key``: base64 of the RSA encryption, 344 characters."""
    return base64.b64encode(key.encrypt(text.encode(), PKCS1v15())).decode()


def seal_message(key: str, message: bytes) -> str:
    """``encrypt_chat_msg``: base64 of a nonce and AES-256-GCM under SHA-256 of the random key."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(hashlib.sha256(key.encode()).digest()).encrypt(nonce, message, _LABEL)
    return base64.b64encode(nonce + sealed).decode()
