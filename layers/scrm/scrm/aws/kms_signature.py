"""The day's root, signed by a key in KMS that never leaves it; verified with its public half, also outside AWS."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_ALGORITHM: Final = "ECDSA_SHA_256"


class KmsSigner:
    """Implements `scrm.archive.certificate.Signer` with an ECC_NIST_P256 key."""

    def __init__(self, open_client: Callable[[], "KMSClient"], key_id: str) -> None:
        self._open_client = open_client
        self._key_id = key_id

    def sign(self, root: bytes) -> bytes:
        answer = self._open_client().sign(
            KeyId=self._key_id, Message=root, MessageType="RAW", SigningAlgorithm=_ALGORITHM
        )
        return answer["Signature"]


class PublicKeyVerifier:
    """Implements `scrm.archive.certificate.Verifier`; ``read_key`` gives the public key, DER, when it is needed."""

    def __init__(self, read_key: Callable[[], bytes]) -> None:
        self._read_key = functools.cache(read_key)

    def verifies(self, root: bytes, signature: bytes) -> bool:
        key = load_der_public_key(self._read_key())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        try:
            key.verify(signature, root, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def public_key(client: "KMSClient", key_id: str) -> bytes:
    """The public half, DER; whoever keeps it can verify for ever, without AWS."""
    return client.get_public_key(KeyId=key_id)["PublicKey"]
