"""Rows are opened with the key of their version; a key that is missing is looked for again, but not for every row."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scrm.archive.errors import KeyMissing, UndecryptableMessage
from scrm.wecom.archive.keys import SecretKeys

FIRST, SECOND = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    text: str = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    return text


def sealed(key: rsa.RSAPrivateKey, text: bytes = b"random key") -> bytes:
    return key.public_key().encrypt(text, padding.PKCS1v15())


class Store:
    def __init__(self, **keys: Any) -> None:
        self.keys: dict[str, Any] = keys
        self.reads = 0
        self.now = datetime(2026, 11, 26, tzinfo=UTC)

    def read(self) -> dict[str, Any]:
        self.reads += 1
        return dict(self.keys)

    def opened(self) -> SecretKeys:
        return SecretKeys(self.read, lambda: self.now)


def test_each_version_has_its_own_key_in_either_form() -> None:
    store = Store(**{"1": pem(FIRST, PrivateFormat.TraditionalOpenSSL), "7": pem(SECOND)})
    keys = store.opened()

    assert keys.decrypt(1, sealed(FIRST)) == b"random key"
    assert keys.decrypt(7, sealed(SECOND)) == b"random key"
    assert store.reads == 1


def test_a_key_that_comes_later_is_found_and_asked_for_once_a_minute() -> None:
    store = Store(**{"1": pem(FIRST)})
    keys = store.opened()
    for _ in range(50):
        with pytest.raises(KeyMissing) as raised:
            keys.decrypt(2, sealed(SECOND))
    assert raised.value.version == 2
    assert store.reads == 1

    store.keys["2"] = pem(SECOND)
    store.now += timedelta(minutes=1)
    assert keys.decrypt(2, sealed(SECOND)) == b"random key"
    assert store.reads == 2


@pytest.mark.parametrize(
    "stated",
    ["no key", 5, None, pem(ec.generate_private_key(ec.SECP256R1())), pem(SECOND)[:200]],
    ids=["text", "number", "null", "elliptic", "cut"],
)
def test_what_is_no_rsa_key_counts_as_missing_and_is_not_quoted(stated: Any) -> None:
    with pytest.raises(KeyMissing) as raised:
        Store(**{"1": stated}).opened().decrypt(1, b"x" * 256)
    assert raised.value.args == (1,)


def test_bytes_that_the_key_cannot_have_made_are_told() -> None:
    with pytest.raises(UndecryptableMessage) as raised:
        Store(**{"1": pem(FIRST)}).opened().decrypt(1, b"short")
    assert raised.value.code == 10006


def test_another_key_gives_bytes_that_are_not_the_text_or_says_so() -> None:
    keys = Store(**{"1": pem(FIRST)}).opened()
    for _ in range(20):
        try:
            assert keys.decrypt(1, sealed(SECOND)) != b"random key"
        except UndecryptableMessage:
            continue
